import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPlan } from "../../src/plan/build-plan.ts";
import type { Row } from "../../src/row.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { createTables, isMysqlLike } from "../support/wso2-tables.ts";

const AT = "IDN_OAUTH2_ACCESS_TOKEN";
const ATS = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";

/** Tokens of one application, user and scope: while they are ACTIVE only one of them can be there (CON_APP_KEY). */
const insertToken = (id: string, created: string, user = "ann", scopeHash = "scopes"): string[] => [
  `INSERT INTO ${AT} (TOKEN_ID, ACCESS_TOKEN, REFRESH_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, USER_TYPE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE, IDP_ID) VALUES ('${id}', 'at-${id}', 'rt-${id}', 1, '${user}', -1234, 'PRIMARY', 'APPLICATION_USER', '${created}', '${created}', 3600, '${scopeHash}', 'ACTIVE', 1)`,
  `INSERT INTO ${ATS} (TOKEN_ID, TOKEN_SCOPE, TENANT_ID) VALUES ('${id}', 'openid', -1234), ('${id}', 'email', -1234)`,
];

const EARLIER = "2021-03-04 05:06:07";
const LATER = "2021-03-04 05:06:08";

describeDialects("With conflictPolicy=newest", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: createTables(dialect.name, "5.11.0"),
      targetSchema: createTables(dialect.name, "5.11.0"),
      tables: [AT, ATS],
    });
    await pair.prepare();
    for (const side of [pair.source, pair.target]) {
      await side.test.exec(
        "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (1, 'app', -1234)",
      );
    }
  });
  afterAll(() => pair.close());
  beforeEach(async () => {
    await pair.source.test.exec(`DELETE FROM ${AT}`);
    await pair.run();
    await pair.target.test.exec(`DELETE FROM ${AT}`);
  });

  const run = (): Promise<void> => pair.run({ conflictPolicy: "newest" });
  const tokens = async (): Promise<readonly Row[]> =>
    await pair.target.test.query(`SELECT TOKEN_ID, TOKEN_STATE, REFRESH_TOKEN FROM ${AT} ORDER BY TOKEN_ID`);
  const stateId = async (id: string): Promise<unknown> =>
    (await pair.target.test.query(`SELECT TOKEN_STATE_ID FROM ${AT} WHERE TOKEN_ID = '${id}'`))[0]?.[
      "TOKEN_STATE_ID"
    ];
  const scopes = async (): Promise<readonly unknown[]> =>
    (await pair.target.test.query(`SELECT TOKEN_ID, TOKEN_SCOPE FROM ${ATS} ORDER BY 1, 2`)).map(
      (row) => `${row["TOKEN_ID"]} ${row["TOKEN_SCOPE"]}`,
    );
  const ALL_SCOPES = ["blue email", "blue openid", "green email", "green openid"];

  test("the source's token, when it is newer, stays ACTIVE and green's own becomes INACTIVE", async () => {
    await pair.target.test.exec(insertToken("green", EARLIER));
    await pair.source.test.exec(insertToken("blue", LATER));
    await run();
    expect(await tokens()).toEqual([
      { TOKEN_ID: "blue", TOKEN_STATE: "ACTIVE", REFRESH_TOKEN: "rt-blue" },
      { TOKEN_ID: "green", TOKEN_STATE: "INACTIVE", REFRESH_TOKEN: "rt-green" },
    ]);
    expect(await stateId("blue")).toBe("NONE");
    expect(await stateId("green")).toMatch(/^[0-9a-f]{32}$/);
    expect(await scopes()).toEqual(ALL_SCOPES);
  });

  test("green's own token, when it is newer, stays ACTIVE and the source's arrives INACTIVE", async () => {
    await pair.target.test.exec(insertToken("green", LATER));
    await pair.source.test.exec(insertToken("blue", EARLIER));
    await run();
    expect(await tokens()).toEqual([
      { TOKEN_ID: "blue", TOKEN_STATE: "INACTIVE", REFRESH_TOKEN: "rt-blue" },
      { TOKEN_ID: "green", TOKEN_STATE: "ACTIVE", REFRESH_TOKEN: "rt-green" },
    ]);
    expect(await scopes()).toEqual(ALL_SCOPES);
  });

  test("later changes of the losing token still arrive, and so does its end", async () => {
    await pair.target.test.exec(insertToken("green", LATER));
    await pair.source.test.exec(insertToken("blue", EARLIER));
    await run();
    const retired = await stateId("blue");
    await pair.source.test.exec(`UPDATE ${AT} SET REFRESH_TOKEN = 'touched' WHERE TOKEN_ID = 'blue'`);
    await run();
    expect(await tokens()).toEqual([
      { TOKEN_ID: "blue", TOKEN_STATE: "INACTIVE", REFRESH_TOKEN: "touched" },
      { TOKEN_ID: "green", TOKEN_STATE: "ACTIVE", REFRESH_TOKEN: "rt-green" },
    ]);
    expect(await stateId("blue")).toBe(retired);
    await pair.source.test.exec(
      `UPDATE ${AT} SET TOKEN_STATE = 'REVOKED', TOKEN_STATE_ID = 'by-ann' WHERE TOKEN_ID = 'blue'`,
    );
    await run();
    expect(await stateId("blue")).toBe("by-ann");
    await pair.source.test.exec(`DELETE FROM ${AT} WHERE TOKEN_ID = 'blue'`);
    await run();
    expect(await tokens()).toEqual([{ TOKEN_ID: "green", TOKEN_STATE: "ACTIVE", REFRESH_TOKEN: "rt-green" }]);
    expect(await scopes()).toEqual(["green email", "green openid"]);
  });

  test("a refresh on the source after the conflict makes the newest token the ACTIVE one", async () => {
    await pair.target.test.exec(insertToken("green", EARLIER));
    await pair.source.test.exec(insertToken("blue", EARLIER));
    await run();
    // Of two equally old tokens the one that green already serves stays.
    expect((await tokens()).map((row) => row["TOKEN_STATE"])).toEqual(["INACTIVE", "ACTIVE"]);
    await pair.source.test.exec([
      `UPDATE ${AT} SET TOKEN_STATE = 'INACTIVE', TOKEN_STATE_ID = 'old' WHERE TOKEN_ID = 'blue'`,
      ...insertToken("blue2", LATER),
    ]);
    await run();
    expect(
      (await tokens()).map(({ TOKEN_ID, TOKEN_STATE }) => `${String(TOKEN_ID)} ${String(TOKEN_STATE)}`),
    ).toEqual(["blue INACTIVE", "blue2 ACTIVE", "green INACTIVE"]);
  });

  test.runIf(isMysqlLike(dialect.name))(
    "a table whose primary key takes only the beginning of a column is refused by the plan",
    async () => {
      for (const side of [pair.source, pair.target])
        await side.test.exec(
          "CREATE TABLE SHORT_KEY (K VARCHAR(100) NOT NULL, PRIMARY KEY (K(5))) ENGINE INNODB",
        );
      const request = { schema: "identity", sourceVersion: "5.11.0", targetVersion: "5.11.0" } as const;
      await expect(
        buildPlan({ ...request, tables: ["SHORT_KEY"] }, pair.source, pair.target),
      ).rejects.toMatchObject({
        code: "PLAN_IMPOSSIBLE",
        message: expect.stringMatching(/SHORT_KEY.*its primary key has the beginning of a column/),
      });
    },
  );

  // A key that the catalogue's columns do not tell whole says nothing of who is in the way.
  describe.each(partialKeys(dialect.name))("a unique key $title", ({ make, drop, reason }) => {
    beforeAll(() => pair.target.test.exec([`DELETE FROM ${AT}`, make]));
    afterAll(() => pair.target.test.exec([`DELETE FROM ${AT}`, drop]));

    test("is known not to be whole, and the conflict is a dead letter that touches no other user's token", async () => {
      const { targetUniqueKeys } = await pair.table(AT);
      expect(targetUniqueKeys.find(({ name }) => name.toUpperCase() === "ONE_ACTIVE")).toMatchObject({
        partial: expect.stringMatching(reason),
      });
      expect(targetUniqueKeys.find(({ name }) => name.toUpperCase() === "CON_APP_KEY")?.partial).toBe(
        undefined,
      );
      await pair.target.test.exec([
        ...insertToken("alice", LATER, "alice", "1"),
        ...insertToken("green", "2021-01-01 00:00:00", "bob", "2"),
      ]);
      await pair.source.test.exec(insertToken("blue", EARLIER, "bob", "3"));
      for (const conflictPolicy of ["newest", "keep-target"] as const) {
        await expect(pair.run({ conflictPolicy })).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
        expect((await tokens()).map((row) => `${row["TOKEN_ID"]} ${row["TOKEN_STATE"]}`)).toEqual([
          "alice ACTIVE",
          "green ACTIVE",
        ]);
      }
    });
  });
});

interface PartialKey {
  readonly title: string;
  readonly make: string;
  readonly drop: string;
  /** What the plan says of it. */
  readonly reason: RegExp;
}

/** Unique keys by which bob's tokens collide and alice's does not, though she shares every plain column of them. */
function partialKeys(name: TestDialectName): readonly PartialKey[] {
  const isMysql = isMysqlLike(name);
  const index = (title: string, columns: string, reason: RegExp): PartialKey => ({
    title,
    make: `CREATE UNIQUE INDEX ONE_ACTIVE ON ${AT} ${columns}`,
    drop: `DROP INDEX ONE_ACTIVE${isMysql ? ` ON ${AT}` : ""}`,
    reason,
  });
  const onExpression = index(
    "on an expression",
    "(CONSUMER_KEY_ID, (CASE WHEN TOKEN_STATE = 'ACTIVE' THEN LOWER(AUTHZ_USER) END))",
    /expression/,
  );
  const withCondition = index("with a condition", "(CONSUMER_KEY_ID) WHERE AUTHZ_USER = 'bob'", /condition/);
  const onBeginning = index("on the beginning of a column", "(CONSUMER_KEY_ID, AUTHZ_USER(2))", /beginning/);
  const onComputed: PartialKey = {
    title: "on a column that the database computes",
    make: `ALTER TABLE ${AT} ADD COLUMN ACTIVE_USER VARCHAR(100) GENERATED ALWAYS AS (LOWER(AUTHZ_USER)) STORED, ADD CONSTRAINT ONE_ACTIVE UNIQUE (CONSUMER_KEY_ID, ACTIVE_USER)`,
    drop: `ALTER TABLE ${AT} DROP ${isMysql ? "INDEX" : "CONSTRAINT"} ONE_ACTIVE, DROP COLUMN ACTIVE_USER`,
    reason: /ACTIVE_USER/i,
  };
  if (name === "postgres") return [onExpression, withCondition, onComputed];
  if (name === "mariadb") return [onBeginning, onComputed];
  return isMysql ? [onExpression, onBeginning, onComputed] : [];
}
