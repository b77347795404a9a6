import { expect, test } from "vitest";
import { gapOf, judge } from "../../../src/capture/capture-gap.ts";
import type { CaptureState, Drift } from "../../../src/capture/capture-state.ts";
import type { Seen } from "../../../src/capture/seen.ts";
import type { Column } from "../../../src/contract/table-schema.ts";
import { describeGap } from "../../../src/state/gap.ts";

const column = (name: string) => ({ name, type: "text" }) as Column;
const trigger = { kind: "trigger", name: "T_IT", table: "T" } as const;

function state(changes: Partial<CaptureState> = {}): CaptureState {
  const table = { name: "T", sourceColumns: [{ name: "ID", source: column("ID") }] };
  return {
    table: table as unknown as CaptureState["table"],
    journalId: "j",
    missing: [],
    drifted: [],
    stamps: new Map([["TRIGGER T_IT", "2"]]),
    journalLacks: [],
    journalNarrow: [],
    journalLacksTime: false,
    isEmptied: false,
    foreign: [],
    ...changes,
  };
}

const seen = (stamp: string, journal = "j"): Seen => ({
  journal,
  stamps: { "TRIGGER T_IT": stamp },
  at: "2026-01-31T10:00:00.000Z",
});
const drift = (changes: Partial<Drift> = {}): Drift => ({ object: trigger, reason: "odd", ...changes });

test.each<[string, Partial<CaptureState>, { lost: number; broken: number }]>([
  ["whole", {}, { lost: 0, broken: 0 }],
  ["a trigger is missing", { missing: [trigger] }, { lost: 1, broken: 1 }],
  ["a trigger was altered", { drifted: [drift()] }, { lost: 1, broken: 1 }],
  ["a trigger of an older release", { drifted: [drift({ isOlder: true })] }, { lost: 0, broken: 0 }],
  ["what somebody did to the journal", { drifted: [drift({ isFault: true })] }, { lost: 0, broken: 1 }],
  ["the journal was emptied", { isEmptied: true }, { lost: 1, broken: 1 }],
  [
    "a column that the plan reads is new, and with it the triggers are others",
    { journalLacks: [column("ID")], drifted: [drift()] },
    { lost: 1, broken: 1 },
  ],
  [
    "a column that the plan does not read is new",
    { journalLacks: [column("OTHER")], drifted: [drift()] },
    { lost: 0, broken: 0 },
  ],
])("changes are not captured, or may not be: %s", (_what, changes, expected) => {
  const { lost, broken } = judge(state(changes), seen("2"));
  expect({ lost: lost.length, broken: broken.length }).toEqual(expected);
});

test("triggers were touched when their stamp is another one than was seen of the same journal", () => {
  expect(judge(state(), seen("2")).touched).toEqual([]);
  expect(judge(state(), seen("1")).touched).toEqual([
    "trigger t_it was made anew, changed or switched since 2026-01-31T10:00:00.000Z",
  ]);
  expect(judge(state(), seen("1", "another journal")).touched).toEqual([]);
  expect(judge(state(), undefined).touched).toEqual([]);
});

test("a gap that is noted stays one, and what was touched since joins it", () => {
  const look = { found: state(), seen: seen("1"), ...judge(state(), seen("1")) };
  const noted = { since: "2026-01-30T00:00:00.000Z", until: "2026-01-30T01:00:00.000Z", why: ["x"] };
  expect(gapOf({ ...look, touched: [], noted })).toEqual(noted);
  expect(gapOf({ ...look, touched: [], noted: undefined })).toBeUndefined();
  const both = gapOf({ ...look, noted });
  expect(both).toMatchObject({ since: noted.since, until: null, why: ["x", expect.any(String)] });
  expect(describeGap(noted)).toBe(
    "changes may be missing since 2026-01-30T00:00:00.000Z until 2026-01-30T01:00:00.000Z: x",
  );
});
