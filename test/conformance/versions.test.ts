import { afterEach, expect, test } from "vitest";
import { compareVersions, IS_VERSIONS } from "../../src/config/versions.ts";
import type { Row } from "../../src/row.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { migrateTo511 } from "../support/wso2-migration.ts";
import { hasTwins } from "../support/wso2-migration-data.ts";
import { createTables, isMysqlLike } from "../support/wso2-tables.ts";
import { versionRows } from "./version-rows.ts";

const SOURCES = IS_VERSIONS.filter((version) => version !== "5.0.0" && version !== "5.11.0");
const TABLES = [
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
];

/** Two tenants with their LOCAL providers, one external provider; `uuid` where the release wants one. */
const parents = (uuid: boolean): string[] => [
  ...[
    ["7", "-1234", "LOCAL"],
    ["8", "1", "LOCAL"],
    ["9", "-1234", "GOOGLE"],
  ].map(
    ([id, tenant, name]) =>
      `INSERT INTO IDP (ID, TENANT_ID, NAME${uuid ? ", UUID" : ""}) VALUES (${id}, ${tenant}, '${name}'${uuid ? `, 'uuid-${id}'` : ""})`,
  ),
  ...["5", "6", "9"].map(
    (id) =>
      `INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (${id}, 'app ${id}', -1234)`,
  ),
];

describeDialects("A source", (dialect) => {
  let pair: BlueGreen | undefined;
  afterEach(async () => {
    await pair?.close();
    pair = undefined;
  });

  /** Oracle has no empty texts. */
  const empty = dialect.name === "oracle" ? null : "";
  const held = (rows: readonly Row[]): Row[] =>
    rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, v]) => [name, v === "" ? empty : v])),
    );
  const insert = (table: string, row: Row): string => {
    const text = (value: Row[string]): string => {
      if (typeof value !== "string") return "NULL";
      const quoted = value.replaceAll("'", "''");
      return `'${isMysqlLike(dialect.name) ? quoted.replaceAll("\\", "\\\\") : quoted}'`;
    };
    return `INSERT INTO ${table} (${Object.keys(row).join(", ")}) VALUES (${Object.values(row).map(text).join(", ")})`;
  };
  const tokenRow = (id: string, app: string): Row => ({
    TOKEN_ID: id,
    ACCESS_TOKEN: `at-${id}`,
    CONSUMER_KEY_ID: app,
    AUTHZ_USER: id,
    TENANT_ID: "-1234",
    USER_DOMAIN: "PRIMARY",
    TIME_CREATED: "2020-01-01 00:00:00",
    REFRESH_TOKEN_TIME_CREATED: "2020-01-01 00:00:00",
  });
  const ordered = async (table: string): Promise<Row[]> => {
    const rows = await pair?.target.test.query(`SELECT * FROM ${table}`);
    return (rows ?? []).sort((a, b) => (Object.values(a).join() < Object.values(b).join() ? -1 : 1));
  };
  const byKey = (rows: readonly Row[], key: string): Row[] =>
    [...rows].sort((a, b) => (String(a[key]) < String(b[key]) ? -1 : 1));

  const cases = SOURCES.flatMap((version) =>
    (["fresh", "migrated"] as const).map((target) => [version, target] as const),
  );
  test.each(cases)("of %s fills a %s target as the migration would", async (version, kind) => {
    const hasUuid = compareVersions(version, "5.10.0") >= 0;
    const rows = versionRows(version);
    // What the dump carries: a token that is changed after it, one that is deleted, one that goes with its application.
    const restored = [
      ...parents(hasUuid),
      insert("IDN_OAUTH2_ACCESS_TOKEN", {
        ...rows.tokens[0],
        TOKEN_STATE: "ACTIVE",
        TOKEN_STATE_ID: "NONE",
      }),
      insert("IDN_OAUTH2_ACCESS_TOKEN", tokenRow("deleted", "5")),
      insert("IDN_OAUTH2_ACCESS_TOKEN", tokenRow("cascade", "9")),
      "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE) VALUES ('cascade', 'openid')",
    ];
    const tables = createTables(dialect.name, version);
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: version,
      sourceSchema: [...tables, ...restored],
      targetSchema:
        kind === "fresh"
          ? [...createTables(dialect.name, "5.11.0"), ...parents(true)]
          : [...tables, ...restored, ...migrateTo511(dialect.name, version)],
      tables: TABLES,
    });
    await pair.prepare();
    await pair.source.test.exec([
      "UPDATE IDN_OAUTH2_ACCESS_TOKEN SET TOKEN_STATE = 'INACTIVE', TOKEN_STATE_ID = 'moved on' WHERE TOKEN_ID = 'old'",
      "DELETE FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID = 'deleted'",
      ...rows.tokens.slice(1).map((row) => insert("IDN_OAUTH2_ACCESS_TOKEN", row)),
      ...rows.codes.map((row) => insert("IDN_OAUTH2_AUTHORIZATION_CODE", row)),
      "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE, TENANT_ID) VALUES ('a', 'openid', -1234)",
      "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE) VALUES ('b', 'email')",
      "INSERT INTO IDN_IDENTITY_USER_DATA VALUES (1, 'ann', 'http://wso2.org/claims/identity/failedLoginAttempts', '2')",
      "INSERT INTO IDN_IDENTITY_USER_DATA (USER_NAME, DATA_KEY) VALUES ('PRIMARY/bob', 'k')",
      "INSERT INTO IDN_IDENTITY_USER_DATA VALUES (-1234, 'eve', 'k', '')",
      "DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE ID = 9",
    ]);
    await pair.run({ batchSize: 3 });

    expect(byKey(await ordered("IDN_OAUTH2_ACCESS_TOKEN"), "TOKEN_ID")).toEqual(
      held(byKey(rows.expectedTokens, "TOKEN_ID")),
    );
    expect(byKey(await ordered("IDN_OAUTH2_AUTHORIZATION_CODE"), "CODE_ID")).toEqual(
      held(rows.expectedCodes),
    );
    expect(await ordered("IDN_OAUTH2_ACCESS_TOKEN_SCOPE")).toEqual([
      { TOKEN_ID: "a", TOKEN_SCOPE: "openid", TENANT_ID: "-1234" },
      { TOKEN_ID: "b", TOKEN_SCOPE: "email", TENANT_ID: "-1" },
    ]);
    expect(byKey(await ordered("IDN_IDENTITY_USER_DATA"), "USER_NAME")).toEqual([
      { TENANT_ID: "-1234", USER_NAME: "PRIMARY/bob", DATA_KEY: "k", DATA_VALUE: null },
      {
        TENANT_ID: "1",
        USER_NAME: "ann",
        DATA_KEY: "http://wso2.org/claims/identity/failedLoginAttempts",
        DATA_VALUE: "2",
      },
      { TENANT_ID: "-1234", USER_NAME: "eve", DATA_KEY: "k", DATA_VALUE: empty },
    ]);
  });

  test.runIf(hasTwins(dialect.name)).each(SOURCES.filter((v) => compareVersions(v, "5.8.0") < 0))(
    "of %s may hold twins that the corrected CON_APP_KEY separates by a scope hash of their own",
    async (version) => {
      const tables = createTables(dialect.name, version);
      pair = await openBlueGreen({
        source: dialect,
        sourceVersion: version,
        sourceSchema: [...tables, ...parents(false)],
        targetSchema: [...createTables(dialect.name, "5.11.0"), ...parents(true)],
        tables: TABLES,
      });
      await pair.prepare();
      const twin = (id: string): string =>
        insert("IDN_OAUTH2_ACCESS_TOKEN", {
          ...tokenRow(id, "5"),
          AUTHZ_USER: "ann",
          USER_TYPE: "APPLICATION_USER",
          TOKEN_SCOPE_HASH: "h",
        });
      await pair.source.test.exec([twin("t1"), twin("t2")]);
      await pair.run();
      await pair.source.test.exec(
        "UPDATE IDN_OAUTH2_ACCESS_TOKEN SET VALIDITY_PERIOD = 5 WHERE TOKEN_ID = 't2'",
      );
      await pair.run();
      expect(
        await pair.target.test.query(
          "SELECT TOKEN_ID, TOKEN_SCOPE_HASH AS H, VALIDITY_PERIOD AS V FROM IDN_OAUTH2_ACCESS_TOKEN ORDER BY 1",
        ),
      ).toEqual([
        { TOKEN_ID: "t1", H: "h", V: null },
        // printf %s t2:h | md5sum
        { TOKEN_ID: "t2", H: "a23b68cc6eebe537f406420bcd137381", V: "5" },
      ]);
    },
  );
});
