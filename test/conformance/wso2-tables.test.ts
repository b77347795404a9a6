import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { IS_VERSIONS } from "../../src/config/versions.ts";
import type { Row } from "../../src/row.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { migrateTo511 } from "../support/wso2-migration.ts";
import { scriptOf, WSO2_TABLES, wso2Shape } from "../support/wso2-shapes.ts";
import { createTables, isMysqlLike } from "../support/wso2-tables.ts";

const AT_1 =
  '{"hash":"47c3d868841d71811d91273d4de1b2894a9201e766090b8e40898f461d44dc72","algorithm":"SHA-256"}';
const RT_1 =
  '{"hash":"a33d8c625833429df4658aa6f6940675ca829051a620ed398517039d4a1fc7ec","algorithm":"SHA-256"}';
const AC_1 =
  '{"hash":"01aa10748bcea19d1d7237f3adf3d60cbec5cb1fe11dfdd609342cbe90172cca","algorithm":"SHA-256"}';

const IDPS = [
  "INSERT INTO IDP (ID, TENANT_ID, NAME) VALUES (7, -1234, 'LOCAL')",
  "INSERT INTO IDP (ID, TENANT_ID, NAME) VALUES (8, 1, 'LOCAL')",
];
const APPS = [
  "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (5, 'app', -1234)",
  "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (6, 'USER_PORTAL', -1234)",
  "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (9, 'USER_PORTAL_wso2.com', 1)",
];
const token = (columns: string, values: string) =>
  "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, CONSUMER_KEY_ID, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, " +
  `${columns}) VALUES (${values})`;
const TIMES = "'2020-01-02 03:04:05', '2020-01-02 03:04:05'";

/** The columns of a schema's tables, and those of the key CON_APP_KEY. */
const standard = (dialect: TestDialectName): readonly [string, string] => {
  const schema = ({ postgres: "public", mssql: "dbo" } as Record<string, string>)[dialect] ?? "<schema>";
  return [
    "SELECT UPPER(TABLE_NAME) AS T, UPPER(COLUMN_NAME) AS C, DATA_TYPE AS D, CHARACTER_MAXIMUM_LENGTH AS L, " +
      "IS_NULLABLE AS N, COLUMN_DEFAULT AS V FROM INFORMATION_SCHEMA.COLUMNS " +
      `WHERE TABLE_SCHEMA = '${schema}' ORDER BY 1, 2`,
    "SELECT k.COLUMN_NAME AS C FROM INFORMATION_SCHEMA.KEY_COLUMN_USAGE k " +
      `WHERE k.TABLE_SCHEMA = '${schema}' AND UPPER(k.CONSTRAINT_NAME) = 'CON_APP_KEY' ORDER BY k.ORDINAL_POSITION`,
  ];
};

const ORACLE: readonly [string, string] = [
  "SELECT TABLE_NAME AS T, COLUMN_NAME AS C, DATA_TYPE AS D, CHAR_LENGTH AS L, " +
    "CASE NULLABLE WHEN 'Y' THEN 'YES' ELSE 'NO' END AS N, DATA_DEFAULT AS V FROM USER_TAB_COLUMNS ORDER BY 1, 2",
  "SELECT COLUMN_NAME AS C FROM USER_CONS_COLUMNS WHERE CONSTRAINT_NAME = 'CON_APP_KEY' ORDER BY POSITION",
];

describeDialects("WSO2's tables", (dialect) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await (await dialect.server()).createDatabase();
  });
  afterEach(() => database.drop());

  const [columns, key] = dialect.name === "oracle" ? ORACLE : standard(dialect.name);
  const catalogue = async () =>
    // Oracle keeps the text of a default with the blanks that follow it.
    (await database.query(columns.replaceAll("<schema>", database.name))).map((row) => ({
      ...row,
      V: typeof row["V"] === "string" ? row["V"].trim() : row["V"],
    })) as Row[];
  const uniqueKeys = async () =>
    (await database.query(key.replaceAll("<schema>", database.name))).map((row) =>
      String(row["C"]).toUpperCase(),
    );

  test.each(IS_VERSIONS)("load for %s with every column of the release", async (version) => {
    await database.exec(createTables(dialect.name, version));
    // Before MySQL 8 and MariaDB 10.10 a TIMESTAMP is NOT NULL unless it says otherwise.
    const timestamps = new Set<string>();
    const expected = WSO2_TABLES.flatMap((table) =>
      (wso2Shape(scriptOf(dialect.name), version, table)?.columns ?? []).map((column) => {
        if (column.type === "TIMESTAMP") timestamps.add(`${table}.${column.name}`);
        return `${table}.${column.name} ${column.type === "TIMESTAMP" ? "?" : column.nullable ? "YES" : "NO"}`;
      }),
    );
    const found = (await catalogue()).map((row) => {
      const name = `${row["T"]}.${row["C"]}`;
      return `${name} ${timestamps.has(name) ? "?" : row["N"]}`;
    });
    expect(found.sort()).toEqual(expected.sort());
  });

  if (isMysqlLike(dialect.name)) {
    test("load from the separate script for MySQL 5.7", async () => {
      await database.exec(createTables(dialect.name, "5.7.0", undefined, "mysql-5.7"));
      expect((await catalogue()).filter((row) => row["C"] === "REFRESH_TOKEN_TIME_CREATED")).toMatchObject([
        { N: "NO", V: expect.stringMatching(/^current_timestamp(\(\))?$/i) },
      ]);
    });
  }

  test.each(IS_VERSIONS.filter((version) => version !== "5.0.0"))(
    "have the shape of 5.11.0 after the migration from %s",
    async (version) => {
      await database.exec(createTables(dialect.name, "5.11.0"));
      const fresh = await catalogue();
      const freshKey = await uniqueKeys();
      await database.drop();
      database = await (await dialect.server()).createDatabase();
      await database.exec(createTables(dialect.name, version));
      await database.exec(migrateTo511(dialect.name, version));
      expect(await catalogue()).toEqual(fresh);
      expect(await uniqueKeys()).toEqual(freshKey);
      expect(freshKey).toHaveLength(10);
    },
  );

  describe("migrated to 5.11.0", () => {
    test("have hashes, provider ids by tenant and the default binding for tokens of 5.1.0", async () => {
      await database.exec([
        ...createTables(dialect.name, "5.1.0"),
        ...IDPS,
        ...APPS,
        token(
          "ACCESS_TOKEN, REFRESH_TOKEN, TENANT_ID, USER_DOMAIN",
          `'a', 5, ${TIMES}, 'at-1', 'rt-1', 1, 'PRIMARY'`,
        ),
        token("ACCESS_TOKEN, TENANT_ID, USER_DOMAIN", `'b', 5, ${TIMES}, 'at-1', -1234, 'FEDERATED'`),
        token("ACCESS_TOKEN, TENANT_ID, USER_DOMAIN", `'c', 5, ${TIMES}, '', -1234, NULL`),
        token("ACCESS_TOKEN, TENANT_ID, USER_DOMAIN", `'d', 5, ${TIMES}, NULL, -1234, 'FEDERATED:GOOGLE'`),
        token("ACCESS_TOKEN, TENANT_ID, USER_DOMAIN", `'e', 9, ${TIMES}, 'at-1', 1, 'PRIMARY'`),
        "INSERT INTO IDN_OAUTH2_AUTHORIZATION_CODE (CODE_ID, AUTHORIZATION_CODE, CONSUMER_KEY_ID, TENANT_ID, " +
          "USER_DOMAIN, TIME_CREATED) VALUES ('x', 'ac-1', 5, -1234, 'PRIMARY', '2020-01-02 03:04:05')",
        ...migrateTo511(dialect.name, "5.1.0"),
      ]);
      expect(
        await database.query(
          "SELECT TOKEN_ID, ACCESS_TOKEN_HASH AS A, REFRESH_TOKEN_HASH AS R, IDP_ID, TOKEN_BINDING_REF AS B " +
            "FROM IDN_OAUTH2_ACCESS_TOKEN ORDER BY TOKEN_ID",
        ),
      ).toEqual([
        { TOKEN_ID: "a", A: AT_1, R: RT_1, IDP_ID: "8", B: "NONE" },
        { TOKEN_ID: "b", A: AT_1, R: null, IDP_ID: "-1", B: "NONE" },
        { TOKEN_ID: "c", A: null, R: null, IDP_ID: "-1", B: "NONE" },
        { TOKEN_ID: "d", A: null, R: null, IDP_ID: "7", B: "NONE" },
      ]);
      expect(
        await database.query(
          "SELECT CODE_ID, AUTHORIZATION_CODE_HASH AS A, IDP_ID FROM IDN_OAUTH2_AUTHORIZATION_CODE",
        ),
      ).toEqual([{ CODE_ID: "x", A: AC_1, IDP_ID: "7" }]);
      expect(
        await database.query("SELECT ID, CONSUMER_KEY AS K FROM IDN_OAUTH_CONSUMER_APPS ORDER BY ID"),
      ).toEqual([
        { ID: "5", K: "app" },
        { ID: "6", K: "MY_ACCOUNT" },
      ]);
    });

    test("wrap the bare hashes of 5.6.0 and leave those of 5.7.0 as they are", async () => {
      const bare = "47c3d868841d71811d91273d4de1b2894a9201e766090b8e40898f461d44dc72";
      for (const [version, stored, expected] of [
        ["5.6.0", bare, AT_1],
        ["5.7.0", bare, bare],
        ["5.7.0", AT_1, AT_1],
      ] as const) {
        const own = await (await dialect.server()).createDatabase();
        await own.exec([
          ...createTables(dialect.name, version),
          ...IDPS,
          ...APPS,
          token("ACCESS_TOKEN, ACCESS_TOKEN_HASH", `'a', 5, ${TIMES}, 'at-1', '${stored}'`),
          ...migrateTo511(dialect.name, version),
        ]);
        expect(await own.query("SELECT ACCESS_TOKEN_HASH AS A FROM IDN_OAUTH2_ACCESS_TOKEN")).toEqual([
          { A: expected },
        ]);
        await own.drop();
      }
    });

    test("give -1 to the tokens of 5.8.0 without a provider and keep the others' provider", async () => {
      await database.exec([
        ...createTables(dialect.name, "5.8.0"),
        ...IDPS,
        ...APPS,
        token("USER_DOMAIN, TENANT_ID, IDP_ID", `'a', 5, ${TIMES}, 'PRIMARY', 1, NULL`),
        token("USER_DOMAIN, TENANT_ID, IDP_ID", `'b', 5, ${TIMES}, 'FEDERATED', 1, 3`),
        ...migrateTo511(dialect.name, "5.8.0"),
      ]);
      expect(await database.query("SELECT TOKEN_ID, IDP_ID FROM IDN_OAUTH2_ACCESS_TOKEN ORDER BY 1")).toEqual(
        [
          { TOKEN_ID: "a", IDP_ID: "-1" },
          { TOKEN_ID: "b", IDP_ID: "3" },
        ],
      );
    });

    test("fail for a tenant that has no LOCAL identity provider", async () => {
      await database.exec([
        ...createTables(dialect.name, "5.7.0"),
        ...APPS,
        token("USER_DOMAIN, TENANT_ID", `'a', 5, ${TIMES}, 'PRIMARY', 1`),
      ]);
      await expect(database.exec(migrateTo511(dialect.name, "5.7.0"))).rejects.toThrow(/null/i);
    });
  });
});
