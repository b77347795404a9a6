import { expect, test } from "vitest";
import { copyPlacesIn } from "../../../src/state/copy-place.ts";
import { copyFacts, copyProblem } from "../../../src/status/copy-facts.ts";

const WRITTEN = "2026-01-01 00:00:00.000";
const at = (seconds: number): number => Date.parse("2026-01-01T00:00:00Z") + seconds * 1_000;

function factsOf(value: object, nowMs = at(45)) {
  const entries = [{ key: "copy/T", value, updatedAt: WRITTEN }];
  return copyFacts(entries, copyPlacesIn(entries), "T", nowMs);
}

const part = { rows: 3_000, written: 2_900, refused: 7, total: 9_000, perSecond: 1_000, isDone: false };

test("a copy that moves is told with its rate and the time that is left", () => {
  const facts = factsOf(part);
  expect(facts).toEqual({
    rows: 3_000,
    total: 9_000,
    written: 2_900,
    refused: 7,
    rowsPerSecond: 1_000,
    secondsLeft: 6,
  });
  expect(copyProblem(facts)).toEqual([
    "its copy is not finished: 3,000 of about 9,000 rows read, 2,900 written, 1,000 rows/s, 6 s left",
  ]);
});

test("one that has not moved for 45 seconds has neither: who reads it is told to go on with it", () => {
  const facts = factsOf(part, at(45.001));
  expect(facts).toMatchObject({ rows: 3_000, rowsPerSecond: null, secondsLeft: null });
  expect(copyProblem(facts)).toEqual([
    "its copy is not finished: 3,000 of about 9,000 rows read, 2,900 written; `sync-tool copy` goes on with it",
  ]);
});

test.each([
  ["without a total", { ...part, total: undefined }],
  ["beyond what the statistics knew", { ...part, total: 3_000 }],
  ["while none is looked at", { ...part, perSecond: 0 }],
  ["as an older release kept it", { ...part, perSecond: undefined }],
])("nothing is said of the time left %s", (_, value) => {
  expect(factsOf(value)?.secondsLeft).toBeNull();
});

test("a time left of less than a second is not told as none", () => {
  expect(copyProblem(factsOf({ ...part, total: 3_001 }))[0]).toMatch(/, 1 s left$/);
});

test.each([
  ["is done", { ...part, isDone: true }],
  ["was never begun", undefined],
])("a copy that %s is none", (_, value) => {
  const facts = value === undefined ? copyFacts([], new Map(), "T", at(0)) : factsOf(value);
  expect(facts).toBeNull();
  expect(copyProblem(facts)).toEqual([]);
});
