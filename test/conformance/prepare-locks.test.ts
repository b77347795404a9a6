import { afterAll, beforeAll, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitFor } from "../support/wait-for.ts";

/** Three tables, since a wait for the second must be over before the wait for the third begins. */
const TABLES = ["LOCK_A", "LOCK_B", "LOCK_C"] as const;
const SCHEMA = TABLES.map((table) => `CREATE TABLE ${table} (ID INTEGER NOT NULL PRIMARY KEY)`);

describeDialects(
  "prepare beside transactions that use several tables",
  (dialect) => {
    let pair: BlueGreen;

    beforeAll(async () => {
      pair = await openBlueGreen({
        source: dialect,
        sourceSchema: SCHEMA,
        targetSchema: SCHEMA,
        tables: TABLES,
      });
    });
    afterAll(() => pair.close());

    test("no transaction of the application becomes the victim of a deadlock with prepare", async () => {
      const { test: source } = pair.source;
      const [first, second] = [await source.session(), await source.session()];
      const waiting = async (mode: string): Promise<boolean> => {
        const rows = await source.query(`SELECT 1 FROM pg_locks WHERE NOT granted AND mode = '${mode}'`);
        return rows.length > 0;
      };
      await first.exec(["BEGIN", "INSERT INTO LOCK_C VALUES (1)"]);
      await second.exec(["BEGIN", "INSERT INTO LOCK_B VALUES (1)"]);
      const prepared = pair.prepare();
      await waitFor(() => waiting("ShareRowExclusiveLock"), { what: "prepare to wait for the second table" });
      // The first one has what prepare wants next, and wants what prepare may still hold.
      const writing = first.exec("INSERT INTO LOCK_A VALUES (1)");
      await second.exec("COMMIT");
      await writing;
      await first.exec("COMMIT");
      await prepared;
      expect(await pair.rows("source", "LOCK_A")).toEqual([{ ID: "1" }]);
    });
  },
  // Where DDL commits by itself, no lock outlives its statement.
  ["postgres"],
);
