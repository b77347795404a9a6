import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { createUser, dropUser, enteredBy, granteeOf, userName } from "../support/database-users.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLES = ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN_SCOPE"] as const;
const MAKES = ["SELECT", "CREATE", "DROP", "TRIGGER", "LOCK TABLES"];

const WRITES = [
  "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY) VALUES (1, 'app 1')",
  "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, CONSUMER_KEY_ID, AUTHZ_USER, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED) VALUES ('a', 1, 'a', '2021-01-01 00:00:00', '2021-01-01 00:00:00')",
  "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE) VALUES ('a', 'x')",
  "UPDATE IDN_OAUTH2_ACCESS_TOKEN SET TOKEN_STATE = 'EXPIRED'",
  "DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE ID = 1",
];

describeDialects(
  "A user who may make triggers and lacks what they need when they fire",
  (dialect) => {
    let pair: CliPair;
    const nameOn = (database: TestDatabase): string => userName("maker", database);
    const grant = async (database: TestDatabase, rights: readonly string[]) => {
      const admin = await database.session({ admin: true });
      const to = granteeOf(database, nameOn(database));
      await admin.exec([
        `GRANT SELECT ON ${database.name}.* TO ${to}`,
        `REVOKE ALL PRIVILEGES, GRANT OPTION FROM ${to}`,
        `GRANT ${rights.join(", ")} ON ${database.name}.* TO ${to}`,
      ]);
      await admin.close();
    };
    const triggers = () => pair.blue.query("SHOW TRIGGERS");

    beforeAll(async () => {
      pair = await openCliPair(dialect);
      await createUser(nameOn(pair.blue), [pair.blue]);
      await pair.blue.exec(createTables(dialect.name, "5.7.0", ["IDN_OAUTH_CONSUMER_APPS", ...TABLES]));
      await pair.green.exec(
        createTables(dialect.name, "5.11.0", ["IDN_OAUTH_CONSUMER_APPS", "IDP", ...TABLES]),
      );
      await writeConfigFiles(pair.folder, {
        source: enteredBy(nameOn(pair.blue), pair.blue),
        target: pair.green,
        sourceVersion: "5.7.0",
        syncTables: TABLES,
      });
    });
    afterAll(async () => {
      await dropUser(nameOn(pair.blue), [pair.blue]);
      await pair.close();
    });

    const LACKING = [
      { lacks: "INSERT on the journal", rights: [...MAKES, "UPDATE"] },
      // MariaDB 10.11 asks no more than SELECT for it.
      ...(dialect.name === "mysql"
        ? [
            {
              lacks: "the right to lock rows that a cascade deletes",
              rights: ["SELECT", "CREATE", "DROP", "TRIGGER", "INSERT"],
            },
          ]
        : []),
    ];
    test.each(LACKING)("is refused by prepare before a trigger is made: $lacks", async ({ rights }) => {
      await grant(pair.blue, rights);
      const { code, stderr } = await runCli(["prepare"], pair.folder);
      expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining("[GRANT_MISSING]") });
      expect(await triggers()).toEqual([]);
    });

    test.runIf(dialect.name === "mariadb")(
      "is refused by prepare when it has them by a role, which triggers do not take on",
      async () => {
        await grant(pair.blue, ["CREATE"]);
        const admin = await pair.blue.session({ admin: true });
        const to = granteeOf(pair.blue, nameOn(pair.blue));
        const role = `'${nameOn(pair.blue)}_role'`;
        await admin.exec([
          `CREATE ROLE ${role}`,
          `GRANT ALL PRIVILEGES ON ${pair.blue.name}.* TO ${role}`,
          `GRANT ${role} TO ${to}`,
          `SET DEFAULT ROLE ${role} FOR ${to}`,
        ]);
        const { code, stderr } = await runCli(["prepare"], pair.folder);
        const wrote = await pair.blue.exec(WRITES).then(
          () => "written",
          (error: unknown) => String(error),
        );
        await admin.exec([`DROP ROLE ${role}`]);
        await admin.close();
        expect({ code, stderr, wrote }).toEqual({
          code: 5,
          stderr: expect.stringContaining("[GRANT_MISSING]"),
          wrote: "written",
        });
      },
    );

    test("is let through with just what they need", async () => {
      await grant(pair.blue, [...MAKES, "INSERT"]);
      expect((await runCli(["prepare"], pair.folder)).code).toBe(0);
      await pair.blue.exec(WRITES);
      expect(
        await pair.blue.query(
          "SELECT ACTION AS A FROM IDN_OAUTH2_ACCESS_TOKEN_S WHERE SYNC_ID > 0 ORDER BY SYNC_ID",
        ),
      ).toEqual(["INSERT", "UPDATE", "DELETE"].map((A) => ({ A })));
    });
  },
  ["mysql", "mariadb"],
);
