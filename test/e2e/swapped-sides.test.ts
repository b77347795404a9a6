import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { databaseObjects } from "../support/database-objects.ts";
import { describeDialects } from "../support/dialects.ts";
import { DDL_FOLDER } from "../support/reference-ddl.ts";
import { runScript } from "../support/sql-client.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const row = (user: string): string =>
  `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, '${user}', 'k', 'v')`;

/** Each with what it would need to do its worst. */
const COMMANDS = [
  ["prepare"],
  ["run", "--until-drained"],
  ["verify", "--repair", "--delete-extra", "--yes"],
  ["status"],
  ["purge", "--yes"],
  ["dead-letters", "discard", "--yes"],
  ["cleanup", "--yes", "--discard-pending"],
];

describeDialects(
  "With source and target swapped",
  (dialect) => {
    let pair: CliPair;
    const syncTool = (...args: readonly string[]) => runCli(args, pair.folder);
    const swapped = (...args: readonly string[]) =>
      syncTool(...args, "-D", "identitySchema=jdbc/GreenIdentityDB,jdbc/BlueIdentityDB");
    const everything = async (): Promise<unknown> => {
      const users = (database: CliPair["blue"]) =>
        database.query(`SELECT USER_NAME FROM ${TABLE} ORDER BY USER_NAME`);
      const { blue, green } = pair;
      return [
        await databaseObjects(blue),
        await users(blue),
        await databaseObjects(green),
        await users(green),
      ];
    };

    beforeAll(async () => {
      pair = await openCliPair(dialect);
      const { folder, blue, green } = pair;
      await blue.exec([...createTables(dialect.name, "5.11.0", [TABLE]), row("old")]);
      await green.exec([...createTables(dialect.name, "5.11.0", [TABLE]), row("old")]);
      await writeConfigFiles(folder, {
        source: blue,
        target: green,
        sourceVersion: "5.11.0",
        syncTables: [TABLE],
        // What waits for a run is waited for by verify, for some polls of one.
        properties: { syncInterval: "50" },
      });
    });
    afterAll(() => pair.close());

    test("verify repairs nothing before prepare has made what tells blue from green", async () => {
      await pair.green.exec([row("on green")]);
      const before = await everything();
      for (const verify of [syncTool, swapped]) {
        const { code, stderr } = await verify("verify", "--repair", "--delete-extra", "--yes");
        expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining("[NOT_PREPARED]") });
      }
      expect(await everything()).toEqual(before);
    });

    test("verify deletes extra rows only with --yes", async () => {
      const { code, stderr } = await syncTool("verify", "--repair", "--delete-extra");
      expect(code).toBe(2);
      expect(stderr).toMatch(/every row that only the target has.*\nnext: .*--yes/);
    });

    /** A journal that its database is known to have made, and one whose home is no longer the database's. */
    for (const where of ["where blue is as it was", "where blue has moved to another server since"]) {
      test(`every command refuses and changes neither side, ${where}`, async () => {
        if (where.includes("moved")) await moveHome();
        else {
          expect((await syncTool("prepare")).code).toBe(0);
          await pair.blue.exec([row("new")]);
        }
        const before = await everything();
        for (const command of where.includes("moved") ? COMMANDS.slice(1, 3) : COMMANDS) {
          const { code, stderr } = await swapped(...command);
          expect({ command, code, stderr }).toEqual({
            command,
            code: 5,
            stderr: expect.stringMatching(
              /error: Source and target are swapped: .*\[SIDES_SWAPPED\]\nnext: .*identitySchema/,
            ),
          });
        }
        const doctor = await swapped("doctor");
        expect(doctor.code).toBe(6);
        expect(doctor.stdout).toMatch(/^FAIL .*pair\.order: .*: Source and target are swapped/m);
        expect(await everything()).toEqual(before);
        expect((await syncTool("verify")).code).toBe(6);
      });
    }

    async function moveHome(): Promise<void> {
      const { blue } = pair;
      const journal = `${TABLE}_S`;
      const isPostgres = dialect.name === "postgres";
      const [found] = await blue.query(
        isPostgres
          ? `SELECT obj_description('${journal}'::regclass, 'pg_class') AS C`
          : `SELECT TABLE_COMMENT AS C FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${blue.name}' AND TABLE_NAME = '${journal}'`,
      );
      const comment = String(found?.["C"]).replace(/ \S+$/, " another");
      expect(comment).toMatch(/^sync-tool journal \S+ another$/);
      await blue.exec([
        isPostgres
          ? `COMMENT ON TABLE ${journal} IS '${comment}'`
          : `ALTER TABLE ${journal} COMMENT = '${comment}'`,
      ]);
    }
  },
  ["postgres", "mariadb", "mysql"],
);

describeDialects(
  "The target's script of ddl/",
  (dialect) => {
    let pair: CliPair;
    beforeEach(async () => {
      pair = await openCliPair(dialect);
      return () => pair.close();
    });

    test("stops in the source, whose journals were made there, and runs in the target", async () => {
      const { folder, blue, green } = pair;
      for (const database of [blue, green]) await database.exec(createTables(dialect.name, "5.9.0"));
      const syncTables = [
        "IDN_OAUTH2_ACCESS_TOKEN",
        "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
        "IDN_OAUTH2_AUTHORIZATION_CODE",
        TABLE,
      ];
      await writeConfigFiles(folder, { source: blue, target: green, sourceVersion: "5.9.0", syncTables });
      expect((await runCli(["prepare"], folder)).code).toBe(0);
      const script = join(DDL_FOLDER, dialect.name, "identity_target.sql");
      const before = await databaseObjects(blue);
      expect((await runScript(blue, script)).code).not.toBe(0);
      expect(await databaseObjects(blue)).toEqual(before);
      expect(await runScript(green, script)).toEqual({ code: 0, output: "" });
    });
  },
  ["postgres", "mariadb", "mysql"],
);
