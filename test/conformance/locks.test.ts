import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { acquireLock } from "../../src/dialect/acquire-lock.ts";
import type { BlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { openTokenPair, TOKEN_TABLES } from "../support/token-rows.ts";
import { waitFor } from "../support/wait-for.ts";

describeDialects("A connection with locks", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openTokenPair(dialect, [TOKEN_TABLES[0]]);
    await prepareTarget(pair.target.db, pair.target.dialect, planTables(await pair.plan()), new Map());
  });
  afterAll(() => pair.close());

  const open = () => pair.target.dialect.openLocks(pair.target.db);

  test("holds a hundred at once, which no other connection gets, and knows them", async () => {
    const [one, other] = [await open(), await open()];
    const names = Array.from({ length: 100 }, (_, i) => `home/GROUP_${i}`);
    for (const name of names) expect(await one.take(name)).toBe(true);
    expect(await one.held(names)).toEqual(new Set(names));
    expect(await one.held([...names, "home/ELSE"])).toEqual(new Set(names));
    for (const name of names.slice(0, 3)) expect(await other.take(name)).toBe(false);
    expect(await other.held(names)).toEqual(new Set());
    await one.close();
    // A server takes a moment to notice that a connection has gone.
    await waitFor(() => other.take("home/GROUP_0"), { what: "the lock of a connection that was closed" });
    await other.close();
  });

  test("gives one back and keeps the others", async () => {
    const [one, other] = [await open(), await open()];
    for (const name of ["a", "b", "c"]) await one.take(name);
    await one.give("b");
    expect(await one.held(["a", "b", "c"])).toEqual(new Set(["a", "c"]));
    expect(await other.take("b")).toBe(true);
    expect(await other.take("a")).toBe(false);
    expect(await one.take("b")).toBe(false);
    expect(await one.held(["a", "b", "c"])).toEqual(new Set(["a", "c"]));
    await one.close();
    await other.close();
  });

  test("may be opened for one lock alone", async () => {
    const lock = await acquireLock(pair.target.dialect, pair.target.db, "single");
    expect(await lock?.isHeld()).toBe(true);
    expect(await acquireLock(pair.target.dialect, pair.target.db, "single")).toBeUndefined();
    await lock?.release();
    const again = await acquireLock(pair.target.dialect, pair.target.db, "single");
    expect(again).toBeDefined();
    await again?.release();
  });
});
