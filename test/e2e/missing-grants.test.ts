import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { createUser, dropUser, enteredBy, granteeOf, userName } from "../support/database-users.ts";
import { describeDialects } from "../support/dialects.ts";
import { TEST_PASSWORD } from "../support/servers/database.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { runScript } from "../support/sql-client.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";

describeDialects(
  "A user that lacks a right",
  (dialect) => {
    let pair: CliPair;
    let blue: TestDatabase;
    let green: TestDatabase;
    let user: string;
    const isPostgres = dialect.name === "postgres";
    const spelt = (name: string) => (isPostgres ? name.toLowerCase() : name);
    const syncTool = (...args: readonly string[]) => runCli(args, pair.folder);
    const asAdmin = async (database: TestDatabase, ...statements: readonly string[]) => {
      const session = await database.session({ admin: true });
      await session.exec(statements).finally(() => session.close());
    };
    const configure = (source: TestDatabase, target: TestDatabase) =>
      writeConfigFiles(pair.folder, { source, target, sourceVersion: "5.7.0", syncTables: [TABLE] });
    const without = async (
      database: TestDatabase,
      privilege: string,
      table: string,
      work: () => Promise<void>,
    ): Promise<void> => {
      const to = granteeOf(database, user);
      await asAdmin(database, `REVOKE ${privilege} ON ${table} FROM ${to}`);
      try {
        await work();
      } finally {
        await asAdmin(database, `GRANT ${privilege} ON ${table} TO ${to}`);
      }
    };

    beforeAll(async () => {
      pair = await openMigrationPair(dialect, [TABLE]);
      ({ blue, green } = pair);
      user = userName("run", blue);
      await createUser(user, [blue, green]);
      expect((await syncTool("prepare")).code).toBe(0);
      expect((await syncTool("prepare", "--generate-ddl")).code).toBe(0);
      for (const [database, side] of [
        [blue, "source"],
        [green, "target"],
      ] as const) {
        const file = join(pair.folder, "dbscripts/sync-tool", `identity_${side}_grants.sql`);
        const text = await readFile(file, "utf8");
        await writeFile(file, text.replaceAll(database.settings.user, user));
        expect(await runScript(database, file, database.adminSettings)).toEqual({ code: 0, output: "" });
      }
      await blue.exec(
        `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, 'a', 'k', 'v')`,
      );
      await configure(enteredBy(user, blue), enteredBy(user, green));
    });
    afterAll(async () => {
      await dropUser(user, [blue, green]);
      await pair.close();
    });

    test.each([
      ["run", ["run", "--once"], "target", "INSERT", TABLE],
      ["verify", ["verify"], "source", "SELECT", TABLE],
      ["purge", ["purge", "--yes"], "source", "DELETE", `${TABLE}_S`],
    ] as const)("is told by %s which object and which privilege", async (_, args, side, privilege, table) => {
      if (args[0] === "purge") expect((await syncTool("run", "--until-drained")).code).toBe(0);
      const database = side === "source" ? blue : green;
      await without(database, privilege, spelt(table), async () => {
        const { code, stderr } = await syncTool(...args);
        expect({ code, stderr }).toEqual({
          code: 5,
          stderr: expect.stringMatching(
            new RegExp(
              `${side}: missing: .*${privilege} on .*${table}.*\\[GRANT_MISSING\\]\\nnext: Have a DBA give what is missing[^\\n]*\\n {2}on the ${side}: GRANT ${privilege} ON .*${table}.* TO `,
              "is",
            ),
          ),
        });
      });
    });

    test("is told by doctor that nothing is known of rights on tables that cannot be planned", async () => {
      await configure(enteredBy(user, blue), enteredBy(user, green));
      const { stdout } = await syncTool("doctor", "--json", "-D", "syncTables=IDN_NO_SUCH_TABLE");
      const checks = (JSON.parse(stdout) as { checks: { id: string; status: string }[] }).checks;
      for (const id of ["source.grants-run", "source.grants-prepare", "target.grants-run", "tables.keys"])
        expect(checks.find((one) => one.id === id)).toMatchObject({ status: "unknown" });
    });

    if (isPostgres) {
      test("is told that row-level security would hide rows from it, and nothing is deleted", async () => {
        await asAdmin(
          blue,
          `ALTER TABLE ${TABLE} ENABLE ROW LEVEL SECURITY`,
          `CREATE POLICY one ON ${TABLE} USING (TENANT_ID = 2)`,
        );
        const before = await green.query(`SELECT * FROM ${TABLE}`);
        expect(before).toHaveLength(1);
        for (const args of [["verify"], ["verify", "--repair", "--delete-extra", "--yes"]]) {
          const { code, stderr } = await syncTool(...args);
          expect(code).toBe(5);
          expect(stderr).toContain(
            `source: row-level security hides rows of ${TABLE.toLowerCase()} from ${user}`,
          );
        }
        expect(await green.query(`SELECT * FROM ${TABLE}`)).toEqual(before);
        const { stdout } = await syncTool("doctor");
        expect(stdout).toMatch(/^FAIL +identity source\.row-security: .*hides rows/m);
        expect(stdout).toContain(`on the source: ALTER ROLE "${user}" BYPASSRLS;`);
        await asAdmin(blue, `DROP POLICY one ON ${TABLE}`, `ALTER TABLE ${TABLE} DISABLE ROW LEVEL SECURITY`);
      });
      return;
    }

    test("gets its grants by the account that it logs in with, whatever the host's pattern", async () => {
      const own = userName("local", blue);
      const account = `'${own}'@'127.0.0.%'`;
      await asAdmin(
        blue,
        `CREATE USER ${account} IDENTIFIED BY '${TEST_PASSWORD}'`,
        `GRANT ALL ON ${blue.name}.* TO ${account}`,
        `GRANT SELECT ON ${green.name}.* TO ${account}`,
      );
      try {
        await configure(enteredBy(own, blue), enteredBy(own, green));
        expect((await syncTool("prepare", "--generate-ddl")).code).toBe(0);
        const file = join(pair.folder, "dbscripts/sync-tool/identity_target_grants.sql");
        const text = await readFile(file, "utf8");
        expect(text).toContain(` TO ${account}//`);
        expect(text).not.toContain("@'%'");
        expect(await runScript(green, file, green.adminSettings)).toEqual({ code: 0, output: "" });
        const { stdout } = await syncTool("doctor");
        expect(stdout).toMatch(/^ok +identity target\.grants-run/m);
        // What is open on blue cannot be named without PROCESS.
        expect(stdout).toMatch(/^warn +identity source\.holders: .*\n.*\n +on the source: GRANT PROCESS/m);
        expect(stdout).toContain(`GRANT PROCESS ON *.* TO ${account};`);
      } finally {
        await asAdmin(blue, `DROP USER ${account}`);
      }
    });
  },
  ["postgres", "mysql", "mariadb"],
);
