/** Letters that are not simply tried again: late writes, rows whose key could not be read, rows that `copy` left behind. */
import { expect, test } from "vitest";
import { COPY_LETTER, type DeadLetter, keyDigest } from "../../../src/apply/dead-letter.ts";
import { OVERTAKEN } from "../../../src/apply/overtaken.ts";
import type { Change, Position } from "../../../src/contract/change.ts";
import type { LaneCheckpoints } from "../../../src/run/lane-checkpoints.ts";
import { laneChooser } from "../../../src/run/lanes.ts";
import { createLetterRetry } from "../../../src/run/retry-letters.ts";
import type { TableLetters } from "../../../src/run/table-letters.ts";
import { openPair, USERS } from "../../support/memory/pair.ts";

const pair = openPair({ schemas: [USERS] });
const table = pair.table("USERS");

const letter = (position: Position, key = `${position}`, code = "row"): DeadLetter => ({
  table: "USERS",
  id: key,
  digest: keyDigest([key]),
  key: JSON.stringify([key]),
  position,
  reason: "",
  code,
  attempts: 1,
  firstSeen: "",
  lastTried: "",
});
const change = (position: Position): Change => ({
  position,
  action: "INSERT",
  row: { ID: `${position}`, NAME: "n" },
});

interface Given {
  /** Positions of changes whose rows were changed again. */
  readonly outdated?: readonly Position[];
  /** Positions of changes that the target refuses once more. */
  readonly refused?: readonly Position[];
  readonly lanes?: number;
}

async function retry(due: readonly DeadLetter[], { outdated = [], refused = [], lanes = 1 }: Given = {}) {
  const seen = {
    asked: [] as Position[],
    tried: [] as Position[],
    held: [] as number[],
    remembered: [] as Position[],
    forgotten: [] as string[],
    postponed: [] as string[],
  };
  const { retry: run } = createLetterRetry({
    table,
    dialect: pair.target.dialect,
    reader: {
      mostAt: 100,
      at: async (positions) => {
        seen.asked.push(...positions);
        return positions.map(change).reverse();
      },
    },
    lanes: {
      all: () =>
        Array.from({ length: lanes }, (_, lane) => ({ lane, position: 99n, journalId: "j", digest: "" })),
    } as unknown as LaneCheckpoints,
    letters: {
      count: () => due.length - seen.forgotten.length,
      refresh: async () => undefined,
      due: () => due,
      forget: async ({ id }: DeadLetter) => void seen.forgotten.push(id),
      postpone: ({ id }: DeadLetter) => void seen.postponed.push(id),
    } as unknown as TableLetters,
    replay: {
      again: async (held, changes) => {
        seen.held.push(...held.map(({ lane }) => lane));
        seen.tried.push(...changes.map(({ position }) => position));
        return new Set(changes.filter(({ position }) => !refused.includes(position)));
      },
    },
    later: { has: async ({ after, key }) => outdated.includes(after) && key[0] === `${after}` },
    late: { remember: (changes) => void seen.remembered.push(...changes.map(({ position }) => position)) },
  });
  const left = await run(true, new AbortController().signal);
  return { ...seen, left };
}

test("a late write is never tried again: its guard brings users' row back, and it is left alone for a while", async () => {
  const seen = await retry([letter(1n, "1", OVERTAKEN), letter(2n)]);
  expect(seen).toMatchObject({ remembered: [1n], tried: [2n], postponed: ["1", "2"], forgotten: [] });
  const only = await retry([letter(1n, "1", OVERTAKEN)]);
  expect(only).toMatchObject({ remembered: [1n], tried: [], left: 1 });
});

test("they are tried in order of position, whichever waits longest", async () => {
  expect((await retry([letter(3n), letter(1n), letter(2n)])).tried).toEqual([1n, 2n, 3n]);
});

test("the journal is not asked for a row that `copy` left behind", async () => {
  expect(await retry([letter(COPY_LETTER, "a"), letter(5n)])).toMatchObject({ asked: [5n], tried: [5n] });
  expect(await retry([letter(COPY_LETTER, "a")])).toMatchObject({ asked: [], tried: [], postponed: ["a"] });
});

test("only lanes that have such a key are held", async () => {
  const laneOf = laneChooser(table, 8);
  const two = [1n, 2n];
  const wanted = [...new Set(two.map((position) => laneOf(change(position))))].sort();
  expect(
    (
      await retry(
        two.map((one) => letter(one)),
        { lanes: 8 },
      )
    ).held,
  ).toEqual(wanted);
});

test("a row whose key can be read by now is tried, and its letter goes once the target has the row", async () => {
  const sealed = [letter(1n, "sealed 1"), letter(2n, "sealed 2"), letter(3n)];
  expect(await retry(sealed, { refused: [2n] })).toMatchObject({
    tried: [1n, 2n, 3n],
    forgotten: ["sealed 1"],
    left: 2,
  });
});

test("such a letter goes untried when the row was changed again: that change has come or is to come", async () => {
  const sealed = [letter(1n, "sealed 1"), letter(2n)];
  expect(await retry(sealed, { outdated: [1n, 2n] })).toMatchObject({ tried: [2n], forgotten: ["sealed 1"] });
});
