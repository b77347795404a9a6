/** What conflictPolicy=keep-target gave up is counted on from what the target has, once its transaction is committed. */
import { expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import { createDropCount } from "../../../src/run/drop-count.ts";
import { readDropped } from "../../../src/state/dropped.ts";
import { stateTable } from "../../../src/state/state.ts";
import { openPair, USERS } from "../../support/memory/pair.ts";

const change = (position: bigint): Change => ({ position, action: "UPDATE", row: { ID: `${position}` } });

function open() {
  const pair = openPair({ schemas: [USERS] });
  const { db, dialect } = pair.target;
  const state = stateTable(dialect, pair.tables);
  const told: unknown[][] = [];
  const counter = () => createDropCount(db, state, pair.table("USERS"), (...facts) => void told.push(facts));
  return { db, told, counter, kept: () => readDropped(db, state, "USERS") };
}

test("it is told with the first position and the total, and kept with the last one", async () => {
  const { db, told, counter, kept } = open();
  const drops = counter();
  await drops.open();
  (await drops.add(db, [change(4n), change(9n)]))();
  expect(told).toEqual([["USERS", 2, 4n, 2]]);
  expect(await kept()).toEqual({ changes: 2, position: "9" });
  (await drops.add(db, [change(12n)]))();
  expect(told.at(-1)).toEqual(["USERS", 1, 12n, 3]);
  expect(await kept()).toEqual({ changes: 3, position: "12" });
});

test("another process counts on", async () => {
  const { db, told, counter } = open();
  (await counter().add(db, [change(4n)]))();
  const next = counter();
  await next.open();
  (await next.add(db, [change(5n)]))();
  expect(told.at(-1)).toEqual(["USERS", 1, 5n, 2]);
});

test("a transaction that was not committed counts for nothing", async () => {
  const { db, told, counter } = open();
  const drops = counter();
  await drops.add(db, [change(4n)]);
  expect(told).toEqual([]);
  (await drops.add(db, [change(4n)]))();
  expect(told).toEqual([["USERS", 1, 4n, 1]]);
});

test("nothing given up writes and tells nothing", async () => {
  const { db, told, counter, kept } = open();
  (await counter().add(db, []))();
  expect(told).toEqual([]);
  expect(await kept()).toBeUndefined();
});
