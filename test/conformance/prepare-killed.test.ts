import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCaptureState } from "../../src/capture/capture-state.ts";
import { installCapture } from "../../src/capture/install.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { databaseObjects } from "../support/database-objects.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";

const SCHEMA = [
  "CREATE TABLE PARENT (ID INT PRIMARY KEY, V VARCHAR(20))",
  "CREATE TABLE CHILD (ID INT PRIMARY KEY, P INT, FOREIGN KEY (P) REFERENCES PARENT (ID) ON DELETE CASCADE)",
];
const CHILD = join(import.meta.dirname, "prepare-child.ts");

describeDialects("prepare", (dialect) => {
  let pair: BlueGreen;
  let untouched: string[];

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: SCHEMA,
      targetSchema: SCHEMA,
      tables: ["PARENT", "CHILD"],
    });
    untouched = await databaseObjects(pair.source.test);
  });
  afterAll(() => pair.close());

  const state = async () =>
    await readCaptureState(pair.source.db, pair.source.dialect, planTables(await pair.plan()));

  /** Null when the process was killed, else its exit code. */
  const prepareInChild = (failpoint: string | undefined): Promise<number | null> =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ["--import", "tsx", CHILD], {
        env: {
          ...process.env,
          PREPARE_SETTINGS: JSON.stringify(pair.source.test.settings),
          PREPARE_TABLES: "PARENT,CHILD",
          ...(failpoint === undefined ? {} : { SYNC_TOOL_FAILPOINT: failpoint }),
        },
        stdio: ["ignore", "inherit", "inherit"],
      });
      child.once("error", reject);
      child.once("close", (code) => resolve(code));
    });

  async function removeCapture(): Promise<void> {
    const { dialect: source, db } = pair.source;
    const steps = planTables(await pair.plan()).flatMap((table) => source.ddl.capture(table));
    // Triggers before journals: no write may find its journal gone.
    for (const step of [...steps].reverse())
      if (step.object.kind === "trigger")
        for (const sql of source.ddl.drop(step.object)) await db.execute(sql);
    for (const step of steps)
      if (step.object.kind !== "trigger")
        for (const sql of source.ddl.drop(step.object)) await db.execute(sql);
    expect(await databaseObjects(pair.source.test)).toEqual(untouched);
  }

  /** After which of so many statements: the first, the last, some between them, and one more than there are. */
  const killPoints = (statements: number): readonly number[] => {
    const all = Array.from({ length: statements + 1 }, (_, i) => i + 1);
    const wanted = Math.min(testEnv.prepareKills(), statements);
    const spread = Array.from(
      { length: wanted },
      (_, i) => 1 + Math.round((i * (statements - 1)) / (wanted - 1)),
    );
    return all.filter((n) => spread.includes(n) || n > statements);
  };

  test("killed between any two statements is completed by the next one, and writes go on meanwhile", {
    timeout: 600_000,
  }, async () => {
    const { test: source, db, dialect: product } = pair.source;
    const tables = planTables(await pair.plan());
    const statements = tables.flatMap((table) => product.ddl.capture(table)).flatMap(({ sql }) => sql).length;
    let objects: string[] | undefined;
    for (const n of killPoints(statements)) {
      // Fewer or more would mean that the failpoint no longer stands between the statements.
      expect(await prepareInChild(`install:${n}`)).toBe(n > statements ? 0 : null);
      await source.exec([
        `INSERT INTO PARENT VALUES (${n}, 'after kill ${n}')`,
        `INSERT INTO CHILD VALUES (${n}, ${n})`,
        `UPDATE PARENT SET V = 'again' WHERE ID = ${n}`,
      ]);
      const { journals } = await installCapture(db, product, tables);
      expect([...journals.keys()].sort()).toEqual(["CHILD", "PARENT"]);
      for (const one of await state())
        expect(one).toMatchObject({ missing: [], drifted: [], journalLacks: [], foreign: [] });
      objects ??= await databaseObjects(source);
      expect(await databaseObjects(source)).toEqual(objects);
      await source.exec("DELETE FROM PARENT");
      const [captured] = await source.query("SELECT COUNT(*) AS N FROM CHILD_S WHERE ACTION = 'DELETE'");
      expect(captured).toEqual({ N: "1" });
      await removeCapture();
    }
  });
});
