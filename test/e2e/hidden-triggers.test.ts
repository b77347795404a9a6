import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { createUser, dropUser, enteredBy, granteeOf, userName } from "../support/database-users.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";

describeDialects(
  "A user who may drop tables and does not see triggers",
  (dialect) => {
    let pair: CliPair;
    const name = (database: TestDatabase): string => userName("half", database);
    const asUser = (database: TestDatabase): TestDatabase => enteredBy(name(database), database);
    const configure = (source: TestDatabase, target: TestDatabase) =>
      writeConfigFiles(pair.folder, { source, target, sourceVersion: "5.7.0", syncTables: [TABLE] });
    const syncTool = (...args: readonly string[]) => runCli(args, pair.folder);
    const lastLogin = (user: string): string =>
      `INSERT INTO ${TABLE} (USER_NAME, DATA_KEY, DATA_VALUE) VALUES ('${user}', 'k', 'v')`;

    beforeAll(async () => {
      pair = await openMigrationPair(dialect, [TABLE]);
      for (const database of [pair.blue, pair.green]) {
        const user = name(database);
        await createUser(user, [database]);
        const admin = await database.session({ admin: true });
        await admin.exec([
          `GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP ON ${database.name}.* TO ${granteeOf(database, user)}`,
        ]);
        await admin.close();
      }
    });
    afterAll(async () => {
      for (const database of [pair.blue, pair.green]) await dropUser(name(database), [database]);
      await pair.close();
    });

    test("takes no journal from a trigger by cleanup", async () => {
      await configure(pair.blue, pair.green);
      expect((await syncTool("prepare")).code).toBe(0);
      await configure(asUser(pair.blue), asUser(pair.green));
      const { code, stderr } = await syncTool("cleanup", "--yes");
      expect({ code, stderr }).toEqual({
        code: 5,
        stderr: expect.stringContaining(`trigger ${TABLE}_IT could not be removed`),
      });
      expect(stderr).toContain("[GRANT_MISSING]\nnext: ");
      await pair.blue.exec([lastLogin("ann")]);
    });

    test("takes no copy of a journal from the copy of its trigger by prepare", async () => {
      const [row] = await pair.blue.query(`SHOW CREATE TABLE ${TABLE}_S`);
      const [trigger] = await pair.blue.query(`SHOW CREATE TRIGGER ${TABLE}_IT`);
      await pair.green.exec([
        String(row?.["CREATE TABLE"]),
        String(trigger?.["SQL ORIGINAL STATEMENT"]).replace(/DEFINER=\S+ /, ""),
      ]);
      await configure(pair.blue, asUser(pair.green));
      const { stdout } = await syncTool("doctor");
      expect(stdout).toMatch(
        new RegExp(`DROP TRIGGER IF EXISTS .${TABLE}_IT.;[^]*DROP TABLE IF EXISTS .${TABLE}_S.;`),
      );
      const { code, stderr } = await syncTool("prepare");
      expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining("[GRANT_MISSING]") });
      await pair.green.exec([lastLogin("bob")]);
      await configure(pair.blue, pair.green);
      expect((await syncTool("prepare")).code).toBe(0);
      await pair.green.exec([lastLogin("eve")]);
      expect(await pair.green.query(`SHOW TRIGGERS LIKE '${TABLE}'`)).toEqual([]);
    });
  },
  ["mysql", "mariadb"],
);
