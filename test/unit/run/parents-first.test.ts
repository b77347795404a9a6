/** Rows that stand still because those that they refer to come first are told of, and no others. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  column,
  openPair,
  type Pair,
  reference,
  run,
  schema,
  TOKENS,
  USERS,
} from "../../support/memory/pair.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A user's manager is a user; OTHERS refer to nobody. */
const PEOPLE = schema("USERS", [column("ID"), column("NAME"), column("MANAGER")], {
  foreignKeys: [reference("MANAGER", "USERS", "restrict")],
});
const OTHERS = schema("OTHERS", [column("ID")]);

async function toldWhen(pair: Pair, waitMs: number): Promise<readonly unknown[]> {
  let hasWaited = false;
  pair.target.db.onStatement = () => {
    // The first row of the parent is on its way to the target.
    if (hasWaited || pair.rows("target", "USERS").length === 0) return;
    hasWaited = true;
    vi.advanceTimersByTime(waitMs);
  };
  const { told, error } = await run(pair, { until: "one pass", batchSize: 1 });
  expect([error, hasWaited]).toEqual([undefined, true]);
  return told.filter(([name]) => name === "parentsFirst");
}

function filled(...others: readonly string[]): Pair {
  const pair = openPair({ schemas: [PEOPLE, TOKENS, OTHERS] });
  for (const id of ["1", "2"]) pair.write("USERS", "INSERT", { ID: id, NAME: id, MANAGER: null });
  for (const name of others) pair.write(name, "INSERT", { ID: "a", USER_ID: "1", VALUE: "v" });
  return pair;
}

test("children that have waited for five seconds are told with their parent", async () => {
  expect(await toldWhen(filled("TOKENS", "OTHERS"), 5_000)).toEqual([["parentsFirst", "TOKENS", "USERS"]]);
});

test("shorter waits are not told, nor children with nothing to be applied", async () => {
  expect(await toldWhen(filled("TOKENS", "OTHERS"), 4_999)).toEqual([]);
  expect(await toldWhen(filled("OTHERS"), 60_000)).toEqual([]);
});

test("a parent that was done in time is told of no more when its children's turn has come", async () => {
  const pair = openPair({ schemas: [USERS, TOKENS] });
  pair.write("USERS", "INSERT", { ID: "1", NAME: "1" });
  for (const id of ["a", "b"]) pair.write("TOKENS", "INSERT", { ID: id, USER_ID: "1", VALUE: "v" });
  pair.target.db.onStatement = () => {
    if (pair.rows("target", "TOKENS").length === 1) vi.advanceTimersByTime(60_000);
  };
  const { told } = await run(pair, { until: "one pass", batchSize: 1 });
  expect(told.filter(([name]) => name === "parentsFirst")).toEqual([]);
});
