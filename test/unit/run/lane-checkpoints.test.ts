import { expect, test } from "vitest";
import type { Checkpoint } from "../../../src/checkpoint/checkpoint.ts";
import type { Dialect } from "../../../src/contract/dialect.ts";
import type { Database } from "../../../src/db/database.ts";
import { loadDialect } from "../../../src/dialect/registry.ts";
import { createLaneCheckpoints } from "../../../src/run/lane-checkpoints.ts";
import { openPair, USERS } from "../../support/memory/pair.ts";

const lane = (number: number, position: number): Checkpoint => ({
  lane: number,
  position: BigInt(position),
  journalId: "j",
  digest: `d${position}`,
});
const end = { position: 8n, digest: "d8" };
const notTold = (): void => undefined;
const parts = (...lanes: readonly number[]) => lanes.map((one) => ({ lane: one, changes: [] }));

/** No statement is sent by what is looked at here. */
async function openAt(...lanes: readonly Checkpoint[]) {
  const dialect: Dialect = await loadDialect("postgres");
  const checkpoints = createLaneCheckpoints({ dialect, db: {} as Database }, "C");
  expect(checkpoints.lowest().position).toBe(0n);
  await checkpoints.open(lanes, lanes.length, true);
  return checkpoints;
}

test("only lanes that have a part of a batch, and stand before its end, are moved there", async () => {
  const checkpoints = await openAt(lane(0, 3), lane(1, 8), lane(2, 5), lane(3, 9));
  expect(checkpoints.behind(parts(0, 1, 2, 3), end)).toEqual([lane(0, 3), lane(2, 5)]);
  expect(checkpoints.behind(parts(2, 1), end)).toEqual([lane(2, 5)]);
  expect(checkpoints.behind([], end)).toEqual([]);
});

test("a table is applied as far as its lowest lane, whichever moves", async () => {
  const checkpoints = await openAt(lane(0, 3), lane(1, 5));
  expect(checkpoints.lowest()).toEqual(lane(0, 3));
  expect(await checkpoints.writeShort(lane(0, 3), end, async () => true, notTold)).toBe(true);
  expect(checkpoints.all()).toEqual([lane(0, 8), lane(1, 5)]);
  expect(checkpoints.lowest()).toEqual(lane(1, 5));
});

test("a short write that cannot be leaves every lane where it stands", async () => {
  const checkpoints = await openAt(lane(0, 3));
  expect(await checkpoints.writeShort(lane(0, 3), end, async () => undefined, notTold)).toBe(false);
  expect(checkpoints.all()).toEqual([lane(0, 3)]);
});

test("a short write that finds the checkpoint moved ends with the other runner named, and moves nothing", async () => {
  const checkpoints = await openAt(lane(0, 3));
  await expect(checkpoints.writeShort(lane(0, 3), end, async () => false, notTold)).rejects.toMatchObject({
    code: "CHECKPOINT_MOVED",
    at: { table: "C", position: 3n },
  });
  expect(checkpoints.all()).toEqual([lane(0, 3)]);
});

/** Lanes that stand on a target in memory. */
async function standing(...lanes: readonly Checkpoint[]) {
  const pair = openPair({ schemas: [USERS] });
  const rows = lanes.map(({ lane: number, position, journalId, digest }) => ({
    LANE: number,
    SYNC_ID: position.toString(),
    JOURNAL_ID: journalId,
    DIGEST: digest,
  }));
  pair.target.db.tables.set("USERS_SV", rows);
  const checkpoints = createLaneCheckpoints(pair.target, "USERS_SV");
  await checkpoints.open(lanes, lanes.length, true);
  return { checkpoints, pair, stands: () => pair.positions("USERS") };
}

test("lanes move together with the work, on the target and here", async () => {
  const { checkpoints, stands } = await standing(lane(0, 3), lane(1, 5), lane(2, 9));
  const seen = await checkpoints.transaction([lane(0, 3), lane(1, 5)], end, async () => stands());
  expect(seen).toEqual(["8", "8", "9"]);
  expect(stands()).toEqual(["8", "8", "9"]);
  expect(checkpoints.all()).toEqual([lane(0, 8), lane(1, 8), lane(2, 9)]);
});

test("work that fails moves no lane, on the target nor here", async () => {
  const { checkpoints, stands } = await standing(lane(0, 3), lane(1, 5));
  const refused = new Error("refused");
  const fails = checkpoints.transaction([lane(0, 3), lane(1, 5)], end, async () => {
    throw refused;
  });
  await expect(fails).rejects.toBe(refused);
  expect([stands(), checkpoints.all()]).toEqual([
    ["3", "5"],
    [lane(0, 3), lane(1, 5)],
  ]);
});

test("a lane that another runner has moved ends the work before it begins", async () => {
  const { checkpoints, pair, stands } = await standing(lane(0, 3), lane(1, 5));
  Object.assign(pair.rows("target", "USERS_SV")[1] ?? {}, { SYNC_ID: "6" });
  let begun = 0;
  const work = async (): Promise<void> => {
    begun += 1;
  };
  const moved = { code: "CHECKPOINT_MOVED" };
  await expect(checkpoints.transaction([lane(0, 3), lane(1, 5)], end, work)).rejects.toMatchObject(moved);
  await expect(checkpoints.hold([lane(1, 5)], work)).rejects.toMatchObject(moved);
  expect([begun, stands(), checkpoints.all()]).toEqual([0, ["3", "6"], [lane(0, 3), lane(1, 5)]]);
});

test("lanes that are held stay where they are, and the work is done", async () => {
  const { checkpoints, stands } = await standing(lane(0, 3), lane(1, 5));
  expect(await checkpoints.hold([lane(0, 3)], async () => "done")).toBe("done");
  expect([stands(), checkpoints.all()]).toEqual([
    ["3", "5"],
    [lane(0, 3), lane(1, 5)],
  ]);
});
