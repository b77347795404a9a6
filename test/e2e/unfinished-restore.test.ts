import { afterAll, beforeAll, expect, test } from "vitest";
import { readCatalogue } from "../support/catalogue.ts";
import { runCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const OTHER = "X_NOTE";
const put = (name: string): string =>
  `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, '${name}', 'k', 'v')`;
const WITHOUT_KEY = `CREATE TABLE ${TABLE} (TENANT_ID INTEGER, USER_NAME VARCHAR(255) NOT NULL, DATA_KEY VARCHAR(255) NOT NULL, DATA_VALUE VARCHAR(255))`;

describeDialects(
  "A restore that is not finished",
  (dialect) => {
    let pair: CliPair;
    const isPostgres = dialect.name === "postgres";
    const syncTool = (...args: readonly string[]) => runCli(args, pair.folder);

    beforeAll(async () => {
      pair = await openCliPair(dialect);
      await pair.blue.exec(createTables(dialect.name, "5.9.0", [TABLE]));
      await writeConfigFiles(pair.folder, {
        source: pair.blue,
        target: pair.green,
        sourceVersion: "5.9.0",
        syncTables: [TABLE],
      });
      expect((await syncTool("prepare")).code).toBe(0);
      await pair.blue.exec([put("ann"), put("bob")]);
      // A restore makes the tables, fills them, and makes their keys at the end.
      await pair.green.exec(WITHOUT_KEY);
    });
    afterAll(() => pair.close());

    test("is known by the keys that are missing: nobody is sent to take the table out of syncTables", async () => {
      for (const command of [["run", "--once"], ["drain"], ["verify"]]) {
        const { code, stderr } = await syncTool(...command);
        expect(code).toBe(5);
        expect(stderr).toContain(
          `${TABLE}: the target's table has no primary key, which the source's has: is the restore still at work? [PLAN_IMPOSSIBLE]\nnext: Wait until the restore has ended`,
        );
      }
    });

    test("keeps nobody from seeing what is pending on blue", async () => {
      const { code, stdout } = await syncTool("status", "--json");
      expect(code).toBe(0);
      const report = JSON.parse(stdout);
      expect(report.tables[0]).toMatchObject({ table: TABLE, captured: true, pending: 2 });
      expect(report.safeToSwitch).toBe(false);
    });

    test("is left alone by prepare, which says that it is needed again", async () => {
      const before = await readCatalogue(pair.green);
      const { code, stdout } = await syncTool("prepare");
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining(
          `The restore of the target is not finished: there, or with its primary key, is not yet ${TABLE}.`,
        ),
      });
      expect(await readCatalogue(pair.green)).toEqual(before);
      const { stdout: examined } = await syncTool("doctor");
      expect(examined).toMatch(/^FAIL +identity tables\.match: .*or without their primary keys: IDN/m);
    });

    test("is known by one table that is there and one that is not", async () => {
      await pair.blue.exec(`CREATE TABLE ${OTHER} (ID INTEGER PRIMARY KEY)`);
      await pair.green.exec([`DROP TABLE ${TABLE}`, ...createTables(dialect.name, "5.9.0", [TABLE])]);
      const before = await readCatalogue(pair.green);
      const { code, stdout } = await syncTool("prepare", "-D", `syncTables=${TABLE},${OTHER}`);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining(`is not yet ${OTHER}. Give`),
      });
      expect(await readCatalogue(pair.green)).toEqual(before);
    });

    test("is known by its session, and nothing is taken away under it", async () => {
      const restore = await pair.green.session();
      const admin = await pair.green.session({ admin: true });
      const before = await readCatalogue(pair.green);
      let ended: Promise<unknown> = Promise.resolve();
      if (isPostgres) await restore.exec("SET application_name = 'pg_restore'");
      else {
        const [row] = await restore.query("SELECT CONNECTION_ID() AS ID");
        ended = restore
          .exec(`INSERT INTO \`${TABLE}\` VALUES (1, 'a', 'k', SLEEP(100))`)
          .catch(() => undefined)
          .then(() => row);
        await waitFor(
          async () =>
            (
              await admin.query(
                "SELECT 1 AS X FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT INTO%SLEEP%'",
              )
            ).length > 0,
          { what: "the restore to be at work" },
        );
      }
      try {
        const { code, stderr } = await syncTool("prepare");
        expect({ code, stderr }).toEqual({
          code: 5,
          stderr: expect.stringMatching(
            /error: The target is still being restored: (pg_restore \(backend|a dump's INSERT \(connection) \d+ of \w+\) is at work there \[RESTORE_UNDER_WAY\]\nnext: Wait until/,
          ),
        });
        expect(await readCatalogue(pair.green)).toEqual(before);
      } finally {
        if (!isPostgres) {
          const [row] = await admin.query(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'INSERT INTO%SLEEP%' AND ID <> CONNECTION_ID()",
          );
          await admin.exec(`KILL ${String(row?.["ID"])}`);
        }
        await ended;
        await restore.close().catch(() => undefined);
        await admin.close();
      }
      expect((await syncTool("prepare")).code).toBe(0);
    });
  },
  ["postgres", "mysql", "mariadb"],
);
