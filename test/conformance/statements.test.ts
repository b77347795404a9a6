import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { createTables, isMysqlLike } from "../support/wso2-tables.ts";

const TABLES = ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN_SCOPE", "KEYED"];

const token = (id: string, app = 1): string =>
  "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, CONSUMER_KEY_ID, AUTHZ_USER, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED) " +
  `VALUES ('${id}', ${app}, '${id}', '2021-01-01 00:00:00', '2021-01-01 00:00:00')`;
const scope = (id: string, name: string): string =>
  `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE) VALUES ('${id}', '${name}')`;
const app = (id: number): string =>
  `INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY) VALUES (${id}, 'app ${id}')`;

/** What each test starts from, on both sides. */
const ROWS = [
  ...[app(1), app(2), token("a"), token("b"), token("c", 2), scope("a", "x"), scope("a", "y")],
  ...[
    scope("c", "x"),
    "INSERT INTO KEYED VALUES (1, 'Ann', 'u1', 0), (2, 'Bob', 'u2', 0), (3, 'Cid', 'u3', 0)",
  ],
];

interface Case {
  readonly does: string;
  readonly sql: readonly string[];
  /** KEYED afterwards: ID NAME CODE N. */
  readonly keyed?: readonly string[];
  /** Tokens and scopes afterwards. */
  readonly tokens?: string;
  readonly scopes?: string;
}

const EVERYWHERE: readonly Case[] = [
  {
    does: "multi-row INSERT and INSERT ... SELECT",
    sql: [
      "INSERT INTO KEYED VALUES (4, 'D', 'u4', 1), (5, 'E', 'u5', 1)",
      "INSERT INTO KEYED SELECT ID + 10, NAME, CONCAT(CODE, '+'), N FROM KEYED WHERE ID > 3",
    ],
    keyed: ["1 Ann u1 0", "2 Bob u2 0", "3 Cid u3 0", "4 D u4 1", "5 E u5 1", "14 D u4+ 1", "15 E u5+ 1"],
  },
  {
    does: "multi-row UPDATE",
    sql: ["UPDATE KEYED SET N = N + ID"],
    keyed: ["1 Ann u1 1", "2 Bob u2 2", "3 Cid u3 3"],
  },
  { does: "multi-row DELETE", sql: ["DELETE FROM KEYED WHERE ID > 1"], keyed: ["1 Ann u1 0"] },
  {
    does: "UPDATE of a key",
    sql: ["UPDATE KEYED SET ID = 9 WHERE ID = 1", "UPDATE KEYED SET ID = 1 WHERE ID = 2"],
    keyed: ["1 Bob u2 0", "3 Cid u3 0", "9 Ann u1 0"],
  },
  {
    does: "UPDATE of a key to the same value",
    sql: ["UPDATE KEYED SET ID = 1, N = 7 WHERE ID = 1"],
    keyed: ["1 Ann u1 7", "2 Bob u2 0", "3 Cid u3 0"],
  },
  {
    does: "UPDATE of a key by case alone",
    sql: ["UPDATE KEYED SET NAME = 'ANN' WHERE NAME = 'Ann'", "UPDATE KEYED SET NAME = 'bob' WHERE ID = 2"],
    keyed: ["1 ANN u1 0", "2 bob u2 0", "3 Cid u3 0"],
  },
  {
    does: "swap of keys and of unique values",
    sql: [
      "UPDATE KEYED SET ID = 0 WHERE ID = 1",
      "UPDATE KEYED SET ID = 1 WHERE ID = 2",
      "UPDATE KEYED SET ID = 2 WHERE ID = 0",
      "UPDATE KEYED SET CODE = 'tmp' WHERE ID = 3",
      "UPDATE KEYED SET CODE = 'u3' WHERE ID = 2",
      "UPDATE KEYED SET CODE = 'u1' WHERE ID = 3",
    ],
    keyed: ["1 Bob u2 0", "2 Ann u3 0", "3 Cid u1 0"],
  },
  {
    does: "DELETE and INSERT of the same key in one transaction, part of it rolled back",
    sql: [
      "BEGIN",
      "DELETE FROM KEYED WHERE ID = 1",
      "INSERT INTO KEYED VALUES (1, 'Ann', 'u1', 5)",
      "SAVEPOINT s",
      "DELETE FROM KEYED",
      "ROLLBACK TO SAVEPOINT s",
      "UPDATE KEYED SET N = 6 WHERE ID = 2",
      "COMMIT",
    ],
    keyed: ["1 Ann u1 5", "2 Bob u2 6", "3 Cid u3 0"],
  },
  {
    does: "DELETE that cascades over two levels from a table that is not synced",
    sql: ["DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE ID = 1"],
    tokens: "c",
    scopes: "c.x",
  },
  {
    does: "DELETE that cascades over one level",
    sql: ["DELETE FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID IN ('a', 'b')"],
    tokens: "c",
    scopes: "c.x",
  },
  {
    does: "cascade and a new row of the same key in one transaction",
    sql: [
      "BEGIN",
      "DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE ID = 2",
      app(2),
      token("c", 2),
      scope("c", "z"),
      "COMMIT",
    ],
    tokens: "a b c",
    scopes: "a.x a.y c.z",
  },
  {
    does: "DELETE of parents chosen by their children",
    sql: [
      "DELETE FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID IN (SELECT TOKEN_ID FROM IDN_OAUTH2_ACCESS_TOKEN_SCOPE WHERE TOKEN_SCOPE = 'y')",
      "DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE NOT EXISTS (SELECT 1 FROM IDN_OAUTH2_ACCESS_TOKEN t JOIN IDN_OAUTH2_ACCESS_TOKEN_SCOPE s ON s.TOKEN_ID = t.TOKEN_ID WHERE t.CONSUMER_KEY_ID = IDN_OAUTH_CONSUMER_APPS.ID)",
    ],
    tokens: "c",
    scopes: "c.x",
  },
];

const MYSQL: readonly Case[] = [
  {
    does: "REPLACE by key and by another unique key",
    sql: ["REPLACE INTO KEYED VALUES (1, 'Ann', 'u1', 5), (8, 'New', 'u2', 6), (9, 'Nine', 'u9', 7)"],
    keyed: ["1 Ann u1 5", "3 Cid u3 0", "8 New u2 6", "9 Nine u9 7"],
  },
  {
    does: "INSERT ... ON DUPLICATE KEY UPDATE that inserts, updates and changes a key",
    sql: [
      "INSERT INTO KEYED VALUES (1, 'Ann', 'u1', 5), (6, 'Six', 'u6', 6) ON DUPLICATE KEY UPDATE N = 50",
      "INSERT INTO KEYED VALUES (7, 'x', 'u2', 0) ON DUPLICATE KEY UPDATE ID = 20, N = 1",
    ],
    keyed: ["1 Ann u1 50", "3 Cid u3 0", "6 Six u6 6", "20 Bob u2 1"],
  },
  {
    does: "INSERT IGNORE, UPDATE IGNORE and LIMIT",
    sql: [
      "INSERT IGNORE INTO KEYED VALUES (1, 'Ann', 'u1', 5), (6, 'Six', 'u6', 6)",
      "UPDATE IGNORE KEYED SET CODE = 'u6' WHERE ID = 1",
      "UPDATE KEYED SET N = 9 ORDER BY ID DESC LIMIT 1",
      "DELETE FROM KEYED ORDER BY ID LIMIT 1",
    ],
    keyed: ["2 Bob u2 0", "3 Cid u3 0", "6 Six u6 9"],
  },
  {
    does: "UPDATE and DELETE of several tables",
    sql: [
      "UPDATE KEYED k JOIN KEYED o ON o.ID = k.ID + 1 SET k.N = o.ID",
      "DELETE t, s FROM IDN_OAUTH2_ACCESS_TOKEN t JOIN IDN_OAUTH2_ACCESS_TOKEN_SCOPE s ON s.TOKEN_ID = t.TOKEN_ID WHERE t.TOKEN_ID = 'a'",
    ],
    keyed: ["1 Ann u1 2", "2 Bob u2 3", "3 Cid u3 0"],
    tokens: "b c",
    scopes: "c.x",
  },
  {
    does: "DELETE of a parent with foreign_key_checks=0, which leaves the children",
    sql: ["SET SESSION foreign_key_checks = 0", "DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE ID = 1"],
    tokens: "a b c",
    scopes: "a.x a.y c.x",
  },
  {
    does: "cascades under sql_select_limit",
    sql: ["SET SESSION sql_select_limit = 1", "DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE ID = 1"],
    tokens: "c",
    scopes: "c.x",
  },
];

const REAL_MYSQL: readonly Case[] = [
  {
    // From 9.6 on the row is put back before its children would go; earlier versions delete them.
    does: "REPLACE of a parent, which spares the children",
    sql: ["REPLACE INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY) VALUES (1, 'app 1')"],
    tokens: "a b c",
    scopes: "a.x a.y c.x",
  },
];

const MARIADB: readonly Case[] = [
  {
    does: "REPLACE of a parent, which takes the children along",
    sql: ["REPLACE INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY) VALUES (1, 'app 1')"],
    tokens: "c",
    scopes: "c.x",
  },
];

const MSSQL: readonly Case[] = [
  {
    does: "MERGE with every action, UPDATE ... FROM and OUTPUT ... INTO",
    sql: [
      "MERGE INTO KEYED AS k USING (VALUES (1, 5), (2, NULL), (4, 6)) AS v (i, n) ON k.ID = v.i WHEN MATCHED AND v.n IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET N = v.n WHEN NOT MATCHED THEN INSERT VALUES (v.i, 'M', 'u4', v.n);",
      "UPDATE k SET N = o.ID FROM KEYED AS k INNER JOIN KEYED AS o ON o.ID = k.ID + 1",
      "DECLARE @gone TABLE (ID int); DELETE FROM KEYED OUTPUT deleted.ID INTO @gone WHERE ID = 4; INSERT INTO KEYED SELECT ID + 3, 'G', 'u7', 7 FROM @gone",
    ],
    keyed: ["1 Ann u1 5", "3 Cid u3 4", "7 G u7 7"],
  },
  {
    does: "MERGE whose actions hand a key on",
    sql: [
      "UPDATE KEYED SET N = ID",
      "MERGE INTO KEYED AS k USING (VALUES (1, 2), (2, NULL), (9, 1)) AS v (n, i) ON k.N = v.n WHEN MATCHED AND v.i IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET ID = v.i WHEN NOT MATCHED THEN INSERT VALUES (v.i, 'New', 'u9', v.n);",
    ],
    keyed: ["1 New u9 9", "2 Ann u1 1", "3 Cid u3 3"],
  },
  {
    does: "swap of keys in one statement",
    sql: ["UPDATE KEYED SET ID = CASE ID WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE ID END"],
    keyed: ["1 Bob u2 0", "2 Ann u1 0", "3 Cid u3 0"],
  },
  {
    does: "cascades and writes under SET ROWCOUNT",
    sql: ["SET ROWCOUNT 1", "DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE ID = 1", "UPDATE KEYED SET N = 9"],
    keyed: ["1 Ann u1 9", "2 Bob u2 0", "3 Cid u3 0"],
    tokens: "c",
    scopes: "c.x",
  },
];

const ORACLE: readonly Case[] = [
  {
    does: "MERGE with every action, INSERT ALL and a direct-path INSERT",
    sql: [
      "MERGE INTO KEYED k USING (SELECT 1 AS I, 5 AS V FROM DUAL UNION ALL SELECT 2, NULL FROM DUAL UNION ALL SELECT 4, 6 FROM DUAL) v ON (k.ID = v.I) WHEN MATCHED THEN UPDATE SET k.N = v.V DELETE WHERE v.V IS NULL WHEN NOT MATCHED THEN INSERT VALUES (v.I, 'M', 'u4', v.V)",
      "INSERT ALL INTO KEYED VALUES (7, 'S', 'u7', 7) INTO KEYED VALUES (8, 'E', 'u8', 8) SELECT * FROM DUAL",
      "INSERT /*+ APPEND */ INTO KEYED SELECT ID + 20, NAME, CODE || 'd', N FROM KEYED WHERE ID < 3",
    ],
    keyed: ["1 Ann u1 5", "3 Cid u3 0", "4 M u4 6", "7 S u7 7", "8 E u8 8", "21 Ann u1d 5"],
  },
  {
    does: "keys that move along in one statement",
    sql: ["UPDATE KEYED SET NAME = 'x'", "UPDATE KEYED SET ID = ID + 1"],
    keyed: ["2 x u1 0", "3 x u2 0", "4 x u3 0"],
  },
  {
    does: "swap of keys in one statement",
    sql: [
      "UPDATE KEYED SET NAME = 'x'",
      "UPDATE KEYED SET ID = CASE ID WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE ID END",
    ],
    keyed: ["1 x u2 0", "2 x u1 0", "3 x u3 0"],
  },
  {
    does: "keys changed by FORALL",
    sql: [
      "DECLARE TYPE ids IS TABLE OF NUMBER; v ids := ids(1, 3); BEGIN FORALL i IN 1 .. v.COUNT UPDATE KEYED SET N = N + 10, ID = ID + 50 WHERE ID = v(i); DELETE FROM KEYED WHERE ID = 53; END;",
    ],
    keyed: ["2 Bob u2 0", "51 Ann u1 10"],
  },
  {
    does: "a key changed by case in a session that takes both for one",
    sql: [
      "ALTER SESSION SET NLS_COMP = LINGUISTIC",
      "ALTER SESSION SET NLS_SORT = BINARY_CI",
      "UPDATE KEYED SET NAME = 'ANN' WHERE ID = 1",
    ],
    keyed: ["1 ANN u1 0", "2 Bob u2 0", "3 Cid u3 0"],
  },
];

const POSTGRES: readonly Case[] = [
  {
    does: "INSERT ... ON CONFLICT",
    sql: [
      "INSERT INTO KEYED VALUES (1, 'Ann', 'u1', 5), (6, 'Six', 'u6', 6) ON CONFLICT (ID, NAME) DO UPDATE SET N = 50",
      "INSERT INTO KEYED VALUES (7, 'x', 'u2', 0) ON CONFLICT (CODE) DO UPDATE SET ID = 20",
      "INSERT INTO KEYED VALUES (3, 'Cid', 'u3', 99) ON CONFLICT DO NOTHING",
    ],
    keyed: ["1 Ann u1 50", "3 Cid u3 0", "6 Six u6 6", "20 Bob u2 0"],
  },
  {
    does: "COPY",
    sql: ["COPY KEYED FROM PROGRAM 'printf \"7\\tSeven\\tu7\\t7\\n8\\tEight\\tu8\\t8\\n\"'"],
    keyed: ["1 Ann u1 0", "2 Bob u2 0", "3 Cid u3 0", "7 Seven u7 7", "8 Eight u8 8"],
  },
  {
    does: "MERGE, UPDATE ... FROM and writing WITH",
    sql: [
      "MERGE INTO KEYED k USING (VALUES (1), (4)) v(i) ON k.ID = v.i WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (i, 'M', 'u4', 4)",
      "UPDATE KEYED k SET N = o.ID FROM KEYED o WHERE o.ID = k.ID + 1",
      "WITH gone AS (DELETE FROM KEYED WHERE ID = 2 RETURNING *) INSERT INTO KEYED SELECT ID + 5, NAME, CODE || 'w', N FROM gone",
    ],
    keyed: ["3 Cid u3 4", "4 M u4 4", "7 Bob u2w 3"],
  },
  {
    does: "cascades while triggers are switched off for replication",
    sql: [
      "SET session_replication_role = replica",
      "DELETE FROM IDN_OAUTH2_ACCESS_TOKEN_SCOPE WHERE TOKEN_ID = 'a'",
    ],
    scopes: "c.x",
  },
];

const other = <T extends { readonly batchSize: number }>(one: T): T => ({
  ...one,
  batchSize: one.batchSize === 1 ? 100 : 1,
});

describeDialects("Capture of", (dialect) => {
  const keyed = !isMysqlLike(dialect.name)
    ? "CREATE TABLE KEYED (ID INT, NAME VARCHAR(20), CODE VARCHAR(20) UNIQUE, N INT, PRIMARY KEY (ID, NAME))"
    : "CREATE TABLE KEYED (ID INT, NAME VARCHAR(20) COLLATE utf8mb4_general_ci, CODE VARCHAR(20) UNIQUE, N INT, PRIMARY KEY (ID), UNIQUE (NAME, ID)) CHARACTER SET utf8mb4";
  const schema = [...createTables(dialect.name, "5.11.0"), keyed];
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: schema,
      targetSchema: schema,
      tables: TABLES,
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());

  beforeEach(async () => {
    for (const side of [pair.source, pair.target]) {
      await side.test.exec(["DELETE FROM IDN_OAUTH_CONSUMER_APPS", "DELETE FROM KEYED"]);
      await side.test.exec("DELETE FROM IDN_OAUTH2_ACCESS_TOKEN");
    }
    await pair.source.test.exec(ROWS);
    await pair.target.test.exec([app(1), app(2)]);
    await pair.run();
  });

  const state = async (side: "source" | "target") => ({
    keyed: (
      await pair[side].test.query(
        "SELECT CONCAT(ID, ' ', NAME, ' ', CODE, ' ', N) AS R FROM KEYED ORDER BY ID",
      )
    ).map((row) => row["R"]),
    tokens: (await pair[side].test.query("SELECT TOKEN_ID AS T FROM IDN_OAUTH2_ACCESS_TOKEN ORDER BY 1"))
      .map((row) => row["T"])
      .join(" "),
    scopes: (
      await pair[side].test.query(
        "SELECT CONCAT(TOKEN_ID, '.', TOKEN_SCOPE) AS S FROM IDN_OAUTH2_ACCESS_TOKEN_SCOPE ORDER BY 1",
      )
    )
      .map((row) => row["S"])
      .join(" "),
  });

  const own = {
    ...{ postgres: POSTGRES, mysql: [...MYSQL, ...REAL_MYSQL], mariadb: [...MYSQL, ...MARIADB] },
    ...{ mssql: MSSQL, oracle: ORACLE },
  }[dialect.name];
  // Netted and one by one: whichever a case does not take, the other kinds of change take.
  const cases = [...EVERYWHERE, ...own].map((one, i) => ({ ...one, batchSize: i % 2 === 0 ? 100 : 1 }));
  test.each([...cases, ...cases.filter(({ does }) => /key/.test(does)).map(other)])(
    "$does, applied $batchSize at a time",
    async ({ sql, batchSize, keyed: wanted, tokens = "a b c", scopes = "a.x a.y c.x" }) => {
      const needsAdmin = sql.some((statement) => /PROGRAM|replication_role/.test(statement));
      const writer = await pair.source.test.session({ admin: needsAdmin });
      await writer.exec(sql);
      await writer.close();
      await pair.run({ batchSize });
      const expected = { keyed: wanted ?? ["1 Ann u1 0", "2 Bob u2 0", "3 Cid u3 0"], tokens, scopes };
      expect(await state("source")).toEqual(expected);
      expect(await state("target")).toEqual(expected);
    },
  );
});
