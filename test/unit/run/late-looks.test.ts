/** How often holes that were passed are looked at again: those of the last minutes every five seconds, all of them once a minute. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Position } from "../../../src/contract/change.ts";
import { passedText } from "../../../src/journal/passed-holes.ts";
import { createJournalReader } from "../../../src/journal/reader.ts";
import { createLateChanges } from "../../../src/run/late-changes.ts";
import { stateTable } from "../../../src/state/state.ts";
import { openPair, USERS } from "../../support/memory/pair.ts";

const NOW_SECONDS = 6_000_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: NOW_SECONDS * 1_000 });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Two holes that were passed: position 2 just now, position 1 ten minutes ago. */
async function open() {
  const pair = openPair({ schemas: [USERS] });
  const text = passedText([
    { since: NOW_SECONDS - 600, holes: [{ first: 1n, last: 1n }] },
    { since: NOW_SECONDS - 60, holes: [{ first: 2n, last: 2n }] },
  ]);
  pair.target.db.tables.set("SYNC_STATE", [
    { NAME: "passed/USERS", VALUE: JSON.stringify(text), UPDATED_AT: "" },
  ]);
  const clock = { ms: 1_000 };
  let applied: Position = 9n;
  const told: Position[] = [];
  const late = createLateChanges({
    source: pair.source,
    target: pair.target,
    state: stateTable(pair.target.dialect, pair.tables),
    table: pair.table("USERS"),
    reader: createJournalReader(pair.source, pair.table("USERS")),
    applied: () => applied,
    apply: async (changes) => changes.map(({ position }) => position),
    onLate: (_, position) => void told.push(position),
    now: () => clock.ms,
  });
  await late.open();
  return {
    late,
    told,
    kept: () => pair.rows("target", "SYNC_STATE").length,
    comes: (position: Position) => pair.write("USERS", "INSERT", { ID: `${position}`, NAME: "" }, position),
    appliedTo(position: Position) {
      applied = position;
    },
    async after(seconds: number) {
      clock.ms += seconds * 1_000;
      await late.look();
      return [...told];
    },
  };
}

test("the first look is at all of them", async () => {
  const { after, comes, kept } = await open();
  comes(1n);
  comes(2n);
  expect(await after(0)).toEqual([1n, 2n]);
  expect(kept()).toBe(0);
});

test("young ones are looked at after five seconds, old ones after a minute", async () => {
  const { after, comes } = await open();
  expect(await after(0)).toEqual([]);
  comes(1n);
  comes(2n);
  expect(await after(4.999)).toEqual([]);
  expect(await after(0.001)).toEqual([2n]);
  expect(await after(54.999)).toEqual([2n]);
  expect(await after(5)).toEqual([2n, 1n]);
});

test("before a run ends, all of them are looked at at once", async () => {
  const { after, comes, late, told } = await open();
  await after(0);
  comes(1n);
  await late.look(true);
  expect(told).toEqual([1n]);
});

test("a change that is still to be applied in its turn is no late one", async () => {
  const { after, comes, appliedTo } = await open();
  comes(1n);
  comes(2n);
  appliedTo(1n);
  expect(await after(0)).toEqual([1n]);
});
