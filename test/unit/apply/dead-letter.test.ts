import { beforeEach, expect, test } from "vitest";
import {
  askForRetry,
  type DeadLetter,
  discard,
  forgetLetters,
  isSetAside,
  keyDigest,
  keyText,
  letterTable,
  listDeadLetters,
  removeLetters,
  retryPauseMs,
  writeLetters,
} from "../../../src/apply/dead-letter.ts";
import type { Key } from "../../../src/contract/change.ts";
import { createTableLetters } from "../../../src/run/table-letters.ts";
import { openPair, type Pair, USERS } from "../../support/memory/pair.ts";

let pair: Pair;
beforeEach(() => {
  pair = openPair({ schemas: [USERS] });
});
const store = () => ({ dialect: pair.target.dialect, name: "SYNC_DEAD_LETTERS" });

const letter = (table: string, key: Key, position: number): DeadLetter => ({
  table,
  id: keyDigest(key).slice(0, 12),
  digest: keyDigest(key),
  key: keyText(key),
  position: BigInt(position),
  reason: "too long",
  code: "22001",
  attempts: 3,
  firstSeen: "2026-01-01T00:00:00.000Z",
  lastTried: "2026-01-02T00:00:00.000Z",
});

async function filled(): Promise<readonly DeadLetter[]> {
  const letters = [letter("USERS", ["b"], 7), letter("USERS", ["a"], 3), letter("TOKENS", ["a"], 5)];
  await writeLetters(pair.target.db, store(), await letterTable(pair.target.db, store()), letters);
  return letters;
}
const positions = async (table?: string) =>
  (await listDeadLetters(pair.target.db, store(), table)).map(({ position }) => Number(position));

test("letters are listed as they were written, the oldest position first, of one table or of all", async () => {
  const [second, first] = await filled();
  expect(await positions()).toEqual([3, 5, 7]);
  expect(await listDeadLetters(pair.target.db, store(), "USERS")).toEqual([first, second]);
  await writeLetters(pair.target.db, store(), await letterTable(pair.target.db, store()), []);
  expect(await positions()).toHaveLength(3);
});

test("a target without the table is not prepared, and is asked again the next time", async () => {
  const other = store();
  const { server } = pair.target;
  const schemas = server.schemas;
  server.schemas = [];
  await expect(letterTable(pair.target.db, other)).rejects.toMatchObject({ code: "NOT_PREPARED" });
  server.schemas = schemas;
  const found = await letterTable(pair.target.db, other);
  expect(found.key.map(({ name }) => name)).toEqual(["TABLE_NAME", "ROW_KEY_DIGEST"]);
  expect(await letterTable(pair.target.db, other)).toBe(found);
});

test("a key of one table says nothing of the same key of another", async () => {
  await filled();
  expect(await isSetAside(pair.target.db, store(), "USERS", ["a"])).toBe(true);
  expect(await isSetAside(pair.target.db, store(), "USERS", ["c"])).toBe(false);
  await removeLetters(pair.target.db, store(), "USERS", [keyDigest(["a"]), keyDigest(["c"])]);
  expect(await positions()).toEqual([5, 7]);
  await forgetLetters(pair.target.db, store(), "USERS");
  expect(await positions()).toEqual([5]);
});

test("letters of more keys than one statement takes are all removed", async () => {
  const many = Array.from({ length: 1_100 }, (_, i) => letter("USERS", [String(i)], i + 1));
  await writeLetters(pair.target.db, store(), await letterTable(pair.target.db, store()), many);
  await removeLetters(
    pair.target.db,
    store(),
    "USERS",
    many.slice(0, 1_050).map(({ digest }) => digest),
  );
  expect(await positions()).toHaveLength(50);
});

test("a retry is asked for by an empty time of the last try; a discard is of this very letter", async () => {
  const [second, first] = await filled();
  if (first === undefined || second === undefined) throw new Error("none");
  expect(await askForRetry(pair.target.db, store(), [first])).toBe(1);
  expect((await listDeadLetters(pair.target.db, store())).map(({ lastTried }) => lastTried)).toEqual([
    "",
    "2026-01-02T00:00:00.000Z",
    "2026-01-02T00:00:00.000Z",
  ]);
  // Another change of the row has been set aside since.
  expect(await discard(pair.target.db, store(), [{ ...first, position: 2n }, second])).toBe(1);
  expect(await positions()).toEqual([3, 5]);
});

test("many letters are retried and discarded by few statements", async () => {
  const many = Array.from({ length: 1_100 }, (_, i) => letter("USERS", [String(i)], i + 1));
  await writeLetters(pair.target.db, store(), await letterTable(pair.target.db, store()), many);
  let statements = 0;
  pair.target.db.onStatement = () => void statements++;
  expect(await askForRetry(pair.target.db, store(), many)).toBe(1_100);
  expect(await discard(pair.target.db, store(), many)).toBe(1_100);
  expect(statements).toBe(6);
});

test("a pause doubles from fifteen seconds to ten minutes", () => {
  expect([1, 2, 3, 6, 7, 60].map(retryPauseMs)).toEqual([15_000, 30_000, 60_000, 480_000, 600_000, 600_000]);
});

test("what a runner knows of letters is read again once a second at most, and only while there are some", async () => {
  let now = 0;
  const letters = createTableLetters(pair.target.db, store(), pair.table("USERS"), 1, () => now);
  await letters.reload();
  await filled();
  now = 5_000;
  await letters.refresh();
  expect(letters.count()).toBe(0);
  await letters.reload();
  expect([letters.count(), letters.has(keyDigest(["a"])), letters.has(keyDigest(["c"]))]).toEqual([
    2,
    true,
    false,
  ]);
  expect(letters.due(true).map(({ position }) => position)).toEqual([3n, 7n]);
  expect(() => letters.checkLimit()).toThrow(
    /2 changes are set aside, more than deadLetterLimit=1 .*position 7: too long/,
  );
  await discard(pair.target.db, store(), await listDeadLetters(pair.target.db, store(), "USERS"));
  now = 5_999;
  await letters.refresh();
  expect(letters.count()).toBe(2);
  now = 6_000;
  await letters.refresh();
  expect(letters.count()).toBe(0);
  letters.checkLimit();
});

test("a letter that is taken away is gone on the target and for the runner, and no other is", async () => {
  await filled();
  const letters = createTableLetters(pair.target.db, store(), pair.table("USERS"), 9);
  await letters.reload();
  const [first] = letters.due(true);
  if (first === undefined) throw new Error("no letter");
  await letters.forget(first);
  expect(letters.due(true).map(({ position }) => position)).toEqual([7n]);
  expect([letters.count(), letters.has(first.digest), await positions()]).toEqual([1, false, [5, 7]]);
});

test("an outcome is known to the runner only once it is committed", async () => {
  const letters = createTableLetters(
    pair.target.db,
    store(),
    pair.table("USERS"),
    9,
    () => 0,
    () => new Date(0),
  );
  await letters.reload();
  const change = (id: string, position: number) => ({
    position: BigInt(position),
    action: "UPDATE" as const,
    row: { ID: id },
  });
  const error = { class: "row" as const, code: "c", reason: "r" };
  const commit = await letters.record(pair.target.db, {
    settled: [],
    refused: [{ change: change("a", 4), error }],
  });
  expect(letters.count()).toBe(0);
  commit();
  expect(letters.due(true)).toMatchObject([
    { position: 4n, attempts: 1, firstSeen: "1970-01-01T00:00:00.000Z" },
  ]);
  expect([letters.areOf(change("a", 9), new Map()), letters.areOf(change("b", 9), new Map())]).toEqual([
    true,
    false,
  ]);
  (await letters.record(pair.target.db, { settled: [], refused: [{ change: change("a", 5), error }] }))();
  expect(letters.due(true)).toMatchObject([{ position: 5n, attempts: 2 }]);
  (await letters.record(pair.target.db, { settled: [change("a", 6), change("b", 7)], refused: [] }))();
  expect([letters.count(), await positions()]).toEqual([0, []]);
});

test("letters pour in for some seconds after a change was set aside, not after one was tried again in vain", async () => {
  let now = 0;
  const letters = createTableLetters(pair.target.db, store(), pair.table("USERS"), 9, () => now);
  await filled();
  await letters.reload();
  const refuse = async (id: string, position: number) => {
    const change = { position: BigInt(position), action: "UPDATE" as const, row: { ID: id } };
    const error = { class: "row" as const, code: "22001", reason: "too long" };
    (await letters.record(pair.target.db, { settled: [], refused: [{ change, error }] }))();
    return letters.arePouringIn();
  };
  expect(letters.arePouringIn()).toBe(false);
  expect(await refuse("a", 3)).toBe(false);
  expect(await refuse("a", 4)).toBe(true);
  now = 4_999;
  expect(letters.arePouringIn()).toBe(true);
  now = 5_000;
  expect([letters.arePouringIn(), await refuse("c", 9)]).toEqual([false, true]);
});
