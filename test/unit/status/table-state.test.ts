import { expect, test } from "vitest";
import { STILL_SECONDS } from "../../../src/status/arrival.ts";
import { pendingText, stateOf } from "../../../src/status/table-state.ts";
import type { TableStatus } from "../../../src/status/table-status.ts";
import { tableStatus } from "../../support/table-status.ts";

const runner = (movedSecondsAgo: number) => ({ host: "h", pid: 1, since: null, movedSecondsAgo });

/** What a table can be in, what wants a person most first: each with nothing of the ones before it. */
const STATES: readonly (readonly [Partial<TableStatus>, string, string, number])[] = [
  [{ stopped: { since: "", code: "SCHEMA_CHANGED", why: "" } }, "stopped", "stopped", 2],
  [{ captured: false }, "not captured", "no trig.", 2],
  [{ gap: "a gap" }, "changes may be missing", "gap", 2],
  [{ throttle: { kind: "pause", reason: "paused", since: "" } }, "held back", "held", 1],
  [{ openHole: { first: "3", last: "4" } }, "waits for a transaction", "waits", 1],
  [{ deadLetters: 1 }, "dead letters", "letters", 1],
];

test.each(STATES)("a table with %j is shown as %s", (about, words, short, wants) => {
  expect(stateOf(tableStatus(about))).toEqual({ words, short, wants });
  expect(stateOf(tableStatus({ ...about, pending: 5, runner: runner(1) }))).toEqual({ words, short, wants });
});

test("of several matters the one that wants a person most is shown", () => {
  for (let i = 0; i < STATES.length; i++) {
    const about = Object.assign({}, ...STATES.slice(i).map(([one]) => one));
    expect(stateOf(tableStatus(about)).words).toBe(STATES[i]?.[1]);
  }
});

test("a table with nothing pending, or nothing known of it, is in step, whoever works", () => {
  for (const pending of [0, null])
    expect(stateOf(tableStatus({ pending }))).toEqual({ words: "in step", short: "in step", wants: 0 });
});

test("changes that are pending are being applied, wait for parents, or nobody applies them", () => {
  const of = (about: Partial<TableStatus>) => stateOf(tableStatus({ pending: 1, ...about }));
  const nobody = { words: "nobody applies", short: "nobody", wants: 1 };
  expect(of({ runner: null })).toEqual(nobody);
  expect(of({ runner: runner(STILL_SECONDS + 1) })).toEqual(nobody);
  expect(of({ runner: runner(STILL_SECONDS) })).toEqual({ words: "running", short: "running", wants: 0 });
  expect(of({ runner: runner(1), waitsFor: ["USERS"] })).toEqual({
    words: "waits for its parents",
    short: "parents",
    wants: 0,
  });
});

test("a run that has just been started is told as such where nobody is known to work, and hides nothing else", () => {
  const begins = { words: "the run begins", short: "begins", wants: 0 };
  expect(stateOf(tableStatus({ pending: 1 }), true)).toEqual(begins);
  expect(stateOf(tableStatus({ pending: 0 }), true).words).toBe("in step");
  for (const [about, words] of STATES) expect(stateOf(tableStatus(about), true).words).toBe(words);
});

test("how many are pending is written with thousands, an estimate as such, and what is not known as a dash", () => {
  const text = (pending: number | null, pendingIsEstimate = false) =>
    pendingText(tableStatus({ pending, pendingIsEstimate }));
  expect([text(1234), text(100_000, true), text(0), text(null, true)]).toEqual([
    "1,234",
    "~100,000",
    "0",
    "-",
  ]);
});
