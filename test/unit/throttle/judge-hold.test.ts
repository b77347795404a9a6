import { expect, test } from "vitest";
import {
  FAILING_MS,
  type HoldState,
  judgeHold,
  NOT_HELD,
  type Seen,
} from "../../../src/throttle/judge-hold.ts";

const AT = "2026-01-31T23:59:59.123Z";
const LATER = "2026-01-31T23:59:59.999Z";
const seen = (about: Partial<Seen> = {}): Seen => ({ pause: undefined, answers: {}, ...about });
const held = (state: HoldState) => state.held;

test("a value above 0 holds back, keeps its first moment, and lapses by itself", () => {
  const first = judgeHold(NOT_HELD, seen({ answers: { source: { value: 12 } } }), 0, AT);
  expect(held(first)).toEqual({
    kind: "query",
    reason: "throttleQuery.source is above 0",
    value: 12,
    since: AT,
  });
  const second = judgeHold(first, seen({ answers: { source: { value: 30 } } }), 1_000, LATER);
  expect(held(second)).toEqual(held(first));
  for (const value of [0, -3])
    expect(held(judgeHold(second, seen({ answers: { source: { value } } }), 2_000, LATER))).toBeUndefined();
});

test("the operator's pause comes before what a query says, in his words", () => {
  const pause = { reason: "backup", since: AT, host: "db1" };
  const answers = { target: { value: 1 } };
  const paused = judgeHold(NOT_HELD, seen({ pause, answers }), 0, LATER);
  expect(held(paused)).toEqual({ kind: "pause", reason: "paused by db1: backup", since: AT });
  const resumed = judgeHold(paused, seen({ answers }), 0, LATER);
  expect(held(resumed)).toMatchObject({ reason: "throttleQuery.target is above 0", since: LATER });
});

test("a query that fails holds back for a minute, then work goes on without it, until it fails anew", () => {
  const failing = seen({ answers: { target: { failed: "no such table" } } });
  const first = judgeHold(NOT_HELD, failing, 1_000, AT);
  expect(held(first)?.reason).toBe("throttleQuery.target fails; after a minute work goes on without it");
  const last = judgeHold(first, failing, 1_000 + FAILING_MS - 1, LATER);
  expect(held(last)).toEqual(held(first));
  const over = judgeHold(last, failing, 1_000 + FAILING_MS, LATER);
  expect(held(over)).toBeUndefined();
  const well = judgeHold(over, seen({ answers: { target: { value: 0 } } }), 100_000, LATER);
  expect(held(judgeHold(well, failing, 101_000, LATER))).toBeDefined();
});

test("a query that fails for long does not hide that the other one holds back", () => {
  const failing = { source: { failed: "no such table" } };
  const first = judgeHold(NOT_HELD, seen({ answers: failing }), 0, AT);
  const answers = { ...failing, target: { value: 1 } };
  expect(held(judgeHold(first, seen({ answers }), FAILING_MS, LATER))?.reason).toBe(
    "throttleQuery.target is above 0",
  );
});
