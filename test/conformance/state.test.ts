import { afterAll, beforeAll, expect, test } from "vitest";
import { findRemovable, uninstall } from "../../src/capture/uninstall.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { deleteState, forgetJournal, readState, stateTable, writeState } from "../../src/state/state.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";

const SCHEMA = ["CREATE TABLE ROWS_OF (ID INT PRIMARY KEY, V VARCHAR(20))"];

describeDialects("What commands remember for each other", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceSchema: SCHEMA,
      targetSchema: SCHEMA,
      tables: ["ROWS_OF"],
    });
  });
  afterAll(() => pair?.close());

  const tables = async () => planTables(await pair.plan());
  const state = async () => stateTable(pair.target.dialect, await tables());
  const entries = async (prefix?: string) =>
    (await readState(pair.target.db, await state(), prefix)).map(({ key, value }) => [key, value]);

  test("is nothing before the target is prepared", async () => {
    expect(await entries()).toEqual([]);
  });

  test("is written, overwritten, found by its kind and removed", async () => {
    await pair.prepare();
    const { db } = pair.target;
    const at = await state();
    const text = `é😀'"\\ ${"x".repeat(3_800)}`;
    await writeState(db, at, "gap/ROWS_OF", { why: text });
    await writeState(db, at, "gap/rows_of", 1);
    await writeState(db, at, "gapless", null);
    await writeState(db, at, "passed/ROWS_OF", [1]);
    await writeState(db, at, "passed/ROWS_OF", [2, "?"]);
    expect(await entries("gap/")).toEqual([
      ["gap/ROWS_OF", { why: text }],
      ["gap/rows_of", 1],
    ]);
    expect(await entries("passed/")).toEqual([["passed/ROWS_OF", [2, "?"]]]);
    for (const name of ["ÜBER ~ 日本語", "日".repeat(128)]) {
      await writeState(db, at, `gap/${name}`, name);
      expect(await entries(`gap/${name}`)).toEqual([[`gap/${name}`, name]]);
      await forgetJournal(db, at, name);
      expect(await entries(`gap/${name}`)).toEqual([]);
    }
    expect((await readState(db, at))[0]?.updatedAt).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/);
    await deleteState(db, at, "gapless", "gap/rows_of", "not there");
    expect((await entries()).map(([key]) => key)).toEqual(["gap/ROWS_OF", "passed/ROWS_OF"]);
    await forgetJournal(db, at, "ROWS_OF");
    expect(await entries()).toEqual([]);
    await expect(writeState(db, at, "long", "x".repeat(4_000))).rejects.toThrow(/too many/);
  });

  test("is written by many at once, and with its transaction or not at all", async () => {
    const { db } = pair.target;
    const at = await state();
    await Promise.all([1, 2, 3, 4].map((n) => writeState(db, at, "runner/G", n)));
    expect(await entries()).toEqual([["runner/G", expect.any(Number)]]);
    const failing = db.transaction(async (tx) => {
      await writeState(tx, at, "runner/G", "other");
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await entries()).toEqual([["runner/G", expect.any(Number)]]);
  });

  test("is removed by cleanup", async () => {
    const found = await findRemovable("target", pair.target, await tables());
    expect(found.map(({ object: { kind } }) => kind)).toContain("state");
    await uninstall(found);
    expect(await findRemovable("target", pair.target, await tables())).toEqual([]);
  });
});
