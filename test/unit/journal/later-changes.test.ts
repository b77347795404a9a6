import { expect, test } from "vitest";
import type { Action } from "../../../src/contract/change.ts";
import { createLaterChanges, type LaterOptions } from "../../../src/journal/later-changes.ts";
import { column, openPair, type Pair, schema } from "../../support/memory/pair.ts";

/** One change of a row after the other, from position 1. */
function journal(...changes: readonly (readonly [string, Action?])[]): Pair {
  const pair = openPair({ schemas: [schema("T", [column("ID", { equality: "insensitive" }), column("V")])] });
  for (const [id, action = "UPDATE"] of changes) pair.write("T", action, { ID: id, V: "v" });
  return pair;
}

/** Answers, and how many statements each way of asking took. */
function asker(pair: Pair, options?: LaterOptions) {
  const later = createLaterChanges(pair.source, pair.table("T"), options);
  let statements = 0;
  pair.source.db.onStatement = () => {
    statements += 1;
  };
  const question = ([after, id]: readonly [number, string]) => ({ after: BigInt(after), key: [id] });
  return {
    later,
    has: async (after: number, id: string) => await later.has(question([after, id])),
    prepare: (...asked: readonly (readonly [number, string])[]) => later.prepare(asked.map(question)),
    count: (): number => statements,
  };
}

test.each([
  ["each searched for", { searches: 100 }],
  ["by the keys of the backlog", { searches: 0 }],
  ["by a part of the backlog, for more rows than are kept in mind", { searches: 0, maxRows: 2 }],
])("a later change of the row is found, %s", async (_, options) => {
  const ask = asker(journal(["a"], ["b"], ["a"], ["c", "DELETE"], ["d"], ["e"], ["b"]), options);
  const asked = [
    [1, "a", true],
    [3, "a", false],
    [2, "b", true],
    [7, "b", false],
    [3, "c", true],
    [4, "c", false],
    [1, "e", true],
    [0, "never", false],
  ] as const;
  await ask.prepare(...asked.map(([after, id]) => [after, id] as const));
  for (const [after, id, answer] of asked)
    expect([after, id, await ask.has(after, id)]).toEqual([after, id, answer]);
  // Said again without a statement.
  const before = ask.count();
  for (const [after, id, answer] of asked) expect(await ask.has(after, id)).toBe(answer);
  expect(ask.count() - before).toBeLessThanOrEqual(options.searches === 0 && "maxRows" in options ? 8 : 0);
});

test("what stands for no change of a row is none", async () => {
  for (const searches of [0, 100]) {
    const ask = asker(journal(["a"], ["a", "RESPELLED"], ["a", "PURGE"]), { searches });
    await ask.prepare([1, "a"]);
    expect(await ask.has(1, "a")).toBe(false);
  }
});

test("rows that only the database can tell apart are asked about, not guessed", async () => {
  for (const searches of [0, 100]) {
    const ask = asker(journal(["x"], ["Ann"], ["ann"], ["a-nn"]), { searches });
    await ask.prepare([1, "Ann"], [1, "ANN"]);
    expect([await ask.has(1, "Ann"), await ask.has(1, "ANN"), await ask.has(3, "ann")]).toEqual([
      true,
      true,
      false,
    ]);
  }
});

test("the backlog is read once for many refused changes, and on from where it was read", async () => {
  const pair = journal(...Array.from({ length: 300 }, (_, i) => [`row ${i}`] as const));
  const ask = asker(pair);
  for (let i = 0; i < 8; i++) await ask.has(i, `row ${i}`);
  const searched = ask.count();
  expect(searched).toBe(8);
  const questions = Array.from({ length: 200 }, (_, i) => [i + 1, `row ${i}`] as const);
  await ask.prepare(...questions);
  for (const [after, id] of questions) expect(await ask.has(after, id)).toBe(false);
  expect(ask.count() - searched).toBe(1);
  pair.write("T", "UPDATE", { ID: "row 5", V: "w" });
  await ask.prepare([6, "row 5"]);
  expect(await ask.has(6, "row 5")).toBe(true);
});

test("what was found out is forgotten", async () => {
  const pair = journal(["a"], ["b"]);
  const ask = asker(pair, { searches: 0 });
  await ask.prepare([1, "a"]);
  expect(await ask.has(1, "a")).toBe(false);
  pair.write("T", "UPDATE", { ID: "a", V: "w" });
  ask.later.forget();
  expect(await ask.has(1, "a")).toBe(true);
});

test("an answer lasts no longer than until the next questions", async () => {
  const pair = journal(["a"]);
  const ask = asker(pair, { searches: 100 });
  await ask.prepare([1, "a"]);
  expect(await ask.has(1, "a")).toBe(false);
  pair.write("T", "UPDATE", { ID: "a", V: "w" });
  expect(await ask.has(1, "a")).toBe(false);
  await ask.prepare([1, "a"]);
  expect(await ask.has(1, "a")).toBe(true);
});
