import { beforeEach, expect, test } from "vitest";
import {
  beginAt,
  lockLanes,
  moveCheckpoint,
  readCheckpoint,
  readLanes,
  setLanes,
  startCheckpoint,
} from "../../../src/checkpoint/checkpoint.ts";
import { requireCheckpoints } from "../../../src/checkpoint/require-checkpoints.ts";
import { openPair, type Pair } from "../../support/memory/pair.ts";

const NAME = "USERS_SV";
let pair: Pair;
beforeEach(() => {
  pair = openPair();
});

/** Lanes at these positions. */
function stand(...positions: readonly number[]): void {
  const lanes = positions.map((position, lane) => ({
    LANE: lane,
    SYNC_ID: String(position),
    JOURNAL_ID: "j",
    DIGEST: `d${position}`,
  }));
  // As a database may give them.
  pair.target.db.tables.set(NAME, lanes.reverse());
}
const lanes = () => readLanes(pair.target.db, pair.target.dialect, NAME);
const positions = async () => (await lanes()).map(({ position }) => Number(position));

test("a table is applied as far as its lowest lane, and lanes are in order", async () => {
  stand(9, 4, 7);
  expect(await positions()).toEqual([9, 4, 7]);
  expect(await readCheckpoint(pair.target.db, pair.target.dialect, NAME)).toEqual({
    lane: 1,
    position: 4n,
    journalId: "j",
    digest: "d4",
    ageSeconds: 0,
  });
  stand();
  expect(await readCheckpoint(pair.target.db, pair.target.dialect, NAME)).toBeUndefined();
});

test("a checkpoint begins on the journal's first row", async () => {
  stand();
  const begun = { lane: 0, position: 0n, journalId: "id", digest: "first" };
  const journal = { id: "id", digest: "first" };
  expect(await startCheckpoint(pair.target.db, pair.target.dialect, NAME, journal)).toEqual(begun);
  expect(await lanes()).toEqual([{ ...begun, ageSeconds: 0 }]);
});

test("more lanes or fewer begin where the lowest stood, and as many as there are stay", async () => {
  const set = async (count: number, mayLead = true) =>
    (await setLanes(pair.target.db, pair.target.dialect, NAME, await lanes(), count, mayLead)).length;
  stand(9, 4);
  expect([await set(2), await positions()]).toEqual([2, [9, 4]]);
  expect([await set(2, false), await positions()]).toEqual([2, [4, 4]]);
  stand(9, 4);
  expect([await set(4), await positions()]).toEqual([4, [4, 4, 4, 4]]);
  stand(9, 4, 7);
  expect([await set(1), await positions()]).toEqual([1, [4]]);
});

test("who finds a lane moved by another writes nothing", async () => {
  stand(4, 4);
  const [first] = await lanes();
  if (first === undefined) throw new Error("no lane");
  const to = { position: 5n, journalId: "j", digest: "d5" };
  await moveCheckpoint(pair.target.db, pair.target.dialect, NAME, first, to);
  expect(await positions()).toEqual([5, 4]);
  await expect(moveCheckpoint(pair.target.db, pair.target.dialect, NAME, first, to)).rejects.toMatchObject({
    code: "CHECKPOINT_MOVED",
    at: { table: NAME, position: 4n },
  });
});

test("a checkpoint is made to stand elsewhere in one lane", async () => {
  stand(9, 4);
  await beginAt(pair.target.db, pair.target.dialect, NAME, { position: 12n, digest: "d" });
  expect(await lanes()).toMatchObject([{ lane: 0, position: 12n, journalId: "j", digest: "d" }]);
  stand();
  await expect(
    beginAt(pair.target.db, pair.target.dialect, NAME, { position: 1n, digest: "" }),
  ).rejects.toThrow("was not begun");
});

test("lanes whose number changes while they are waited for are locked again", async () => {
  stand(1, 2);
  let updates = 0;
  pair.target.db.onStatement = (sql) => {
    if (!sql.startsWith("UPDATE")) return;
    updates += 1;
    if (updates === 1) stand(1, 1, 1);
  };
  expect(await lockLanes(pair.target.db, pair.target.dialect, NAME)).toHaveLength(3);
  expect(updates).toBe(5);
});

test("checkpoints are wanted of every table, of its own journal; one that was not begun is passed over", async () => {
  const journal = { id: "j", digest: "" };
  const journals = new Map([
    ["USERS", journal],
    ["TOKENS", journal],
  ]);
  const wanted = () => requireCheckpoints(pair.target, pair.tables, journals);
  stand(3);
  expect([...(await wanted())].map(([table, { position }]) => [table, position])).toEqual([
    ["USERS", 3n],
    ["TOKENS", 0n],
  ]);
  stand();
  expect([...(await wanted()).keys()]).toEqual(["TOKENS"]);
  journals.set("TOKENS", { id: "other", digest: "" });
  await expect(wanted()).rejects.toMatchObject({ code: "JOURNAL_REPLACED", at: { table: "TOKENS" } });
  pair.target.db.tables.delete(NAME);
  await expect(wanted()).rejects.toMatchObject({
    code: "NOT_PREPARED",
    message: "Checkpoints on the target are missing: USERS_SV",
  });
});
