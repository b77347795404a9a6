/** What is told of tables that wait for a transaction: since when, for how long it was, and each end once. */
import { expect, test } from "vitest";
import type { HolderFacts, Hole } from "../../../src/contract/dialect.ts";
import { createBlockedTables } from "../../../src/run/blocked-tables.ts";
import type { TableSync } from "../../../src/run/table-sync.ts";

const HOLE: Hole = { first: 3n, last: 4n };
const HOLDER = { id: "7" } as unknown as HolderFacts;

const tableOf = (name: string, holders: () => Promise<readonly HolderFacts[]>): TableSync =>
  ({ table: { name }, reader: { holders } }) as unknown as TableSync;

function open() {
  const told: unknown[][] = [];
  const clock = { ms: 10_000 };
  const blocked = createBlockedTables(
    {
      blocked: (...facts) => void told.push(["blocked", ...facts]),
      unblocked: (...facts) => void told.push(["unblocked", ...facts]),
    },
    () => clock.ms,
  );
  return { told, clock, blocked };
}

test("it is told how long a table has waited, and by whom it is held", async () => {
  const { told, blocked } = open();
  await blocked.tell(new Map([[tableOf("USERS", async () => [HOLDER]), HOLE]]), 7_000);
  expect(told).toEqual([["blocked", "USERS", HOLE, 3, [HOLDER]]]);
});

test("who holds it is left out where the source does not tell", async () => {
  const { told, blocked } = open();
  const table = tableOf("USERS", () => Promise.reject(new Error("no right to see it")));
  await blocked.tell(new Map([[table, HOLE]]), 7_000);
  expect(told).toEqual([["blocked", "USERS", HOLE, 3, []]]);
});

test("its end is told once, with the whole time since it was told of first", async () => {
  const { told, clock, blocked } = open();
  const [users, tokens] = [tableOf("USERS", async () => []), tableOf("TOKENS", async () => [])];
  const both = new Map([
    [users, HOLE],
    [tokens, HOLE],
  ]);
  await blocked.tell(both, 7_000);
  clock.ms = 15_000;
  // Of a later look, which knows of a later beginning.
  await blocked.tell(both, 14_000);
  told.length = 0;
  blocked.tellEnded(both);
  expect(told).toEqual([]);
  clock.ms = 20_000;
  blocked.tellEnded(new Map([[tokens, HOLE]]));
  blocked.tellEnded(new Map([[tokens, HOLE]]));
  expect(told).toEqual([["unblocked", "USERS", 13]]);
});

test("a table that waits again is told of from its new beginning", async () => {
  const { told, clock, blocked } = open();
  const users = tableOf("USERS", async () => []);
  await blocked.tell(new Map([[users, HOLE]]), 7_000);
  blocked.tellEnded(new Map());
  await blocked.tell(new Map([[users, HOLE]]), 9_500);
  clock.ms = 11_000;
  told.length = 0;
  blocked.tellEnded(new Map());
  expect(told).toEqual([["unblocked", "USERS", 1.5]]);
});
