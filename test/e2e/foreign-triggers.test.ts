import { afterEach, beforeEach, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { describeDialects } from "../support/dialects.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";

describeDialects(
  "Triggers under our names that sync-tool did not make",
  (dialect) => {
    let pair: CliPair;
    const isPostgres = dialect.name === "postgres";
    const insert = (user: string): string =>
      `INSERT INTO ${TABLE} (USER_NAME, DATA_KEY, DATA_VALUE) VALUES ('${user}', 'k', 'v')`;
    const number = isPostgres ? "SYNC_ID SERIAL PRIMARY KEY" : "SYNC_ID INT AUTO_INCREMENT PRIMARY KEY";
    const columns = "USER_NAME VARCHAR(255), TENANT_ID INT, DATA_KEY VARCHAR(255), DATA_VALUE VARCHAR(255)";
    const work = `INSERT INTO ${TABLE}_S (USER_NAME, ACTION) VALUES (NEW.USER_NAME, 'INSERT');`;
    /** What WSO2's Java client leaves on the source: names and columns as ours. */
    const javaCapture = [
      `CREATE TABLE ${TABLE}_S (${columns}, ${number}, ACTION VARCHAR(20))`,
      ...(isPostgres
        ? [
            `CREATE FUNCTION ${TABLE}_IT() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${work} RETURN NEW; END $$`,
            `CREATE TRIGGER ${TABLE}_IT AFTER INSERT ON ${TABLE} FOR EACH ROW EXECUTE PROCEDURE ${TABLE}_IT()`,
          ]
        : [`CREATE TRIGGER ${TABLE}_IT AFTER INSERT ON ${TABLE} FOR EACH ROW ${work}`]),
    ];
    const syncTool = (...args: readonly string[]) => runCli(args, pair.folder);
    const captured = async () =>
      (await pair.blue.query(`SELECT USER_NAME AS U FROM ${TABLE}_S WHERE SYNC_ID > 0 ORDER BY SYNC_ID`)).map(
        (row) => row["U"],
      );

    beforeEach(async () => {
      pair = await openMigrationPair(dialect, [TABLE]);
    });
    afterEach(() => pair.close());

    test("keep their journal when cleanup is run", async () => {
      await pair.blue.exec(javaCapture);
      const { code, stderr } = await syncTool("cleanup", "--yes", "--discard-pending");
      expect({ code, stderr }).toEqual({
        code: 5,
        stderr: expect.stringMatching(new RegExp(`${TABLE}_IT[^]*\\[CAPTURE_DRIFT\\]`, "i")),
      });
      await pair.blue.exec([insert("ann")]);
      expect(await captured()).toEqual(["ann"]);
    });

    test("are not replaced by prepare", async () => {
      await pair.blue.exec(javaCapture);
      const { code, stderr } = await syncTool("prepare");
      expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining("[CAPTURE_DRIFT]") });
      await pair.blue.exec([insert("ann")]);
      expect(await captured()).toEqual(["ann"]);
    });

    test("keep their journal on the target when prepare removes what a dump carried along", async () => {
      await pair.green.exec(javaCapture);
      const { code, stderr } = await syncTool("prepare");
      expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining("[TARGET_LEFTOVERS]") });
      await pair.green.exec([insert("ann")]);
    });
  },
  ["postgres", "mysql", "mariadb"],
);
