/** A table with a column of every type that matters, on each database, and rows at the edges of those types. */

export interface EveryType {
  /** On the source: with a column that the target lacks. */
  readonly source: readonly string[];
  /** On the target: with a column that has a default there. */
  readonly target: readonly string[];
  readonly writes: readonly string[];
  /** Lists the columns as text that shows every bit. */
  readonly select: string;
  /** What `select` must show of the fullest row and of the one at the lower limits. */
  readonly full: Readonly<Record<string, string>>;
  readonly low: Readonly<Record<string, string>>;
}

const FULL = {
  D: "12345678901234567890123456789012345.123456789012345678901234567890",
  BI: "9223372036854775807",
  V: 'it\'s \\ "?" 😀|',
  T: "\t\n %1$I $1 ?",
  SI: "-32768",
  G: "-32767",
};
const LOW = {
  D: "-0.000000000000000000000000000001",
  BI: "-9223372036854775808",
  V: "two  |",
  T: "",
};

const postgresTable = (own: string): string => `CREATE TABLE every_type (
  id bytea NOT NULL, part varchar(20) COLLATE any_case NOT NULL,
  c char(10), v varchar(50), t text, b bytea, d numeric(65,30), d0 numeric, bi bigint, si smallint, bo boolean,
  f real, dp double precision, ts timestamp, ts0 timestamp(0), tz timestamptz, da date, tm time(3), iv interval,
  j json, jb jsonb, u uuid, arr text[], bt bit(5), mood mood, own posint, ${own},
  g integer GENERATED ALWAYS AS (si + 1) STORED, PRIMARY KEY (id, part))`;
const POSTGRES_TYPES = [
  "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
  "CREATE TYPE mood AS ENUM ('sad', 'it''s ok')",
  "CREATE DOMAIN posint AS integer CHECK (VALUE > 0)",
];

const POSTGRES: EveryType = {
  full: FULL,
  low: LOW,
  source: [...POSTGRES_TYPES, postgresTable("source_only text DEFAULT 'gone'")],
  target: [...POSTGRES_TYPES, postgresTable("target_only varchar(10) NOT NULL DEFAULT 'it''s'")],
  writes: [
    `INSERT INTO every_type VALUES ('\\x00ff27', 'Ann', 'x', E'it''s \\\\ "?" 😀', E'\\t\\n %1$I $1 ?', '\\x00',
       12345678901234567890123456789012345.123456789012345678901234567890, 'NaN', 9223372036854775807, -32768, true,
       1.1754944e-38, 1.7976931348623157e308, '2021-03-28 02:30:00.123456', '2021-03-04 05:06:07', '2021-10-31 02:30:00+02',
       '0001-01-01', '23:59:59.999', '1 year 2 mons -3 days 04:05:06.789', '{"a" :  1}', '{"b": [1, null]}',
       'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{a,NULL,"b c"}', B'10101', 'it''s ok', 5)`,
    `INSERT INTO every_type (id, part) VALUES ('\\x', '')`,
    `INSERT INTO every_type (id, part, c, v, t, b, d, d0, bi, bo, f, dp, ts, tz, da, arr) VALUES ('\\x01', 'blank ', '', 'two  ', '', '',
       -0.000000000000000000000000000001, 1e40, -9223372036854775808, false, 'Infinity', '-0', '-infinity', 'infinity', '9999-12-31', '{}')`,
    `INSERT INTO every_type (id, part, v) VALUES ('\\x02', 'CASE', 'before')`,
    `UPDATE every_type SET part = 'Case', v = 'after' WHERE id = '\\x02'`,
  ],
  select:
    "id, part::text || '|' AS part, c, v || '|' AS v, t, b, d, d0, bi, si, bo, f, dp, ts, ts0, tz, da, tm, iv, j::text, jb, u, arr, bt, mood, own, g",
};

const mysqlTable = (own: string): string => `CREATE TABLE EVERY_TYPE (
  ID VARBINARY(16) NOT NULL, PART VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci NOT NULL,
  C CHAR(10), V VARCHAR(50), T TEXT, LT LONGTEXT, B BLOB, BN BINARY(4), D DECIMAL(65,30), BI BIGINT, UB BIGINT UNSIGNED,
  SI SMALLINT, BO BOOLEAN, F FLOAT, DP DOUBLE, BT BIT(9), YR YEAR, DT DATETIME(6), DT0 DATETIME, TS TIMESTAMP(6) NULL,
  TS0 TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, DA DATE, TM TIME(3),
  L1 VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci, U3 VARCHAR(20) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin,
  E ENUM('a','it''s'), S SET('x','y'), J JSON, ${own}, G INT GENERATED ALWAYS AS (SI + 1) VIRTUAL,
  GS INT GENERATED ALWAYS AS (SI + 2) STORED, PRIMARY KEY (ID, PART)) CHARACTER SET utf8mb4`;

const MYSQL: EveryType = {
  full: FULL,
  low: LOW,
  source: [mysqlTable("SOURCE_ONLY VARCHAR(10) DEFAULT 'gone'")],
  target: [mysqlTable("TARGET_ONLY VARCHAR(10) NOT NULL DEFAULT 'it''s'")],
  writes: [
    "SET SESSION sql_mode = ''",
    `INSERT INTO EVERY_TYPE (ID, PART, C, V, T, LT, B, BN, D, BI, UB, SI, BO, F, DP, BT, YR, DT, DT0, TS, TS0, DA, TM, L1, U3, E, S, J) VALUES
       (X'00FF27', 'Ännchen', 'x  ', 'it''s \\\\ "?" 😀', '\\t\\n %1$I $1 ?', '\\Z', X'00', X'01', 12345678901234567890123456789012345.123456789012345678901234567890,
       9223372036854775807, 18446744073709551615, -32768, true, 16777217, 1.7976931348623157e308, b'100000001', 2155, '2021-03-28 02:30:00.123456',
       '9999-12-31 23:59:59', '2021-10-31 02:30:00.000001', '2038-01-19 03:14:07', '1000-01-01', '-838:59:59.000', 'Grüße €', 'Grüße ✓', 'it''s', 'x,y', '{"a": 1}')`,
    "INSERT INTO EVERY_TYPE (ID, PART, TS0) VALUES ('', '', '0000-00-00 00:00:00')",
    `INSERT INTO EVERY_TYPE (ID, PART, C, V, T, B, D, BI, UB, BO, F, DP, BT, YR, DT, DT0, TS, TS0, DA, TM, S) VALUES
       (X'01', 'blank ', '', 'two  ', '', '', -0.000000000000000000000000000001, -9223372036854775808, 0, false, 1.1754944e-38, 0.1, 0, 0,
       '0000-00-00 00:00:00', '2021-00-00 00:00:00', '0000-00-00 00:00:00', '2021-10-31 00:30:00', '0000-00-00', '00:00:00.001', '')`,
    "INSERT INTO EVERY_TYPE (ID, PART, V, TS0) VALUES (X'02', 'CASÉ', 'before', '2000-01-01 00:00:00')",
    "UPDATE EVERY_TYPE SET PART = 'casé', V = 'after', TS0 = TS0 WHERE ID = X'02'",
  ],
  // FLOAT prints six digits only, and text of another character set could hide what is stored.
  select:
    "ID, HEX(PART) AS PART, C, CONCAT(V, '|') AS V, T, LT, B, BN, D, BI, UB, SI, BO, F + 0e0 AS F, DP, HEX(BT) AS BT, YR, DT, DT0, TS, TS0, DA, TM, HEX(L1) AS L1, HEX(U3) AS U3, E + 0 AS E, S + 0 AS S, J, G, GS",
};

/** For PostgreSQL, or for MySQL and MariaDB. */
const mssqlTable = (own: string): string => `CREATE TABLE EVERY_TYPE (
  ID varbinary(16) NOT NULL, PART varchar(20) COLLATE SQL_Latin1_General_CP1_CI_AS NOT NULL,
  C char(10), NC nchar(10), V varchar(50) COLLATE Latin1_General_CI_AS, NV nvarchar(50), T varchar(max), NVM nvarchar(max),
  BN binary(4), BM varbinary(max), D decimal(38,10), M money, SM smallmoney, BI bigint, SI smallint, TI tinyint, BO bit,
  F real, DP float, DT datetime, SD smalldatetime, D2 datetime2(7), D0 datetime2(0), DO datetimeoffset(3), DA date, TM time(3),
  U uniqueidentifier, X xml, RV rowversion, ${own}, G AS (SI + 1) PERSISTED, PRIMARY KEY (ID, PART))`;

const MSSQL: EveryType = {
  full: {
    ...FULL,
    D: "1234567890123456789012345678.0123456789",
    V: 'it\'s \\ "?" €|',
    T: "%1$I ?",
    DT: "2021-03-28 02:30:00.997",
  },
  low: { ...LOW, D: "-0.0000000001" },
  source: [mssqlTable("SOURCE_ONLY varchar(10) DEFAULT 'gone'")],
  target: [mssqlTable("TARGET_ONLY varchar(10) NOT NULL DEFAULT 'it''s'")],
  writes: [
    `INSERT INTO EVERY_TYPE (ID, PART, C, NC, V, NV, T, NVM, BN, BM, D, M, SM, BI, SI, TI, BO, F, DP, DT, SD, D2, D0, DO, DA, TM, U, X) VALUES
       (0x00FF27, 'Ann', 'x', N'é', 'it''s \\ "?" €', N'😀', '%1$I ?', N'😀', 0x01, 0x00, 1234567890123456789012345678.0123456789, 922337203685477.5807,
       -214748.3648, 9223372036854775807, -32768, 255, 1, 1.17549435E-38, 1.7976931348623157E308, '2021-03-28T02:30:00.997', '2021-03-28T02:30:00',
       '2021-03-28T02:30:00.1234567', '2021-03-28T02:30:00', '2021-03-28T02:30:00.123+05:30', '0001-01-02', '23:59:59.999',
       'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '<a>b</a>')`,
    "INSERT INTO EVERY_TYPE (ID, PART) VALUES (0x, '')",
    "INSERT INTO EVERY_TYPE (ID, PART, C, V, T, D, BI, BO, DP, D2) VALUES (0x01, 'blank', '', 'two  ', '', -0.0000000001, -9223372036854775808, 0, 0.1, '9999-12-31T23:59:59.9999999')",
    "INSERT INTO EVERY_TYPE (ID, PART, V) VALUES (0x02, 'CASE', 'before')",
    "UPDATE EVERY_TYPE SET PART = 'Case', V = 'after' WHERE ID = 0x02",
  ],
  select: `ID, PART + '|' AS PART, C, NC, V + '|' AS V, NV, T, NVM, BN, BM, CONVERT(varchar(50), D) AS D, CONVERT(varchar(50), M, 2) AS M,
    CONVERT(varchar(50), SM, 2) AS SM, CONVERT(varchar(30), BI) AS BI, SI, TI, BO, CONVERT(varchar(50), F, 3) AS F, CONVERT(varchar(50), DP, 3) AS DP,
    CONVERT(varchar(40), DT, 121) AS DT, CONVERT(varchar(40), SD, 121) AS SD, CONVERT(varchar(40), D2, 121) AS D2, CONVERT(varchar(40), D0, 121) AS D0,
    CONVERT(varchar(40), DO, 121) AS DO, CONVERT(varchar(10), DA, 23) AS DA, CONVERT(varchar(20), TM, 121) AS TM, U, CONVERT(nvarchar(max), X) AS X, G`,
};

const oracleTable = (own: string): string => `CREATE TABLE EVERY_TYPE (
  ID RAW(16) NOT NULL, PART VARCHAR2(20 CHAR) NOT NULL, C CHAR(10), NC NCHAR(10), V VARCHAR2(50 CHAR), NV NVARCHAR2(50), T CLOB,
  NT NCLOB, BN RAW(4), B BLOB, D NUMBER(38,10), NU NUMBER, BI NUMBER(19), SI NUMBER(5), BO NUMBER(1), F BINARY_FLOAT, DP BINARY_DOUBLE,
  FL FLOAT, DA DATE, TS TIMESTAMP(9), T0 TIMESTAMP(0), TZ TIMESTAMP(3) WITH TIME ZONE, TL TIMESTAMP(6) WITH LOCAL TIME ZONE, ${own},
  G NUMBER GENERATED ALWAYS AS (SI + 1) VIRTUAL, PRIMARY KEY (ID, PART))`;

const long = (bytes: number): string => `TO_CLOB(RPAD('é', 2000, 'x')) || RPAD('y', ${bytes - 2_000}, 'z')`;

/** An empty text is NULL there, so that a key has none. */
const ORACLE: EveryType = {
  full: {
    ...FULL,
    D: "1234567890123456789012345678.0123456789",
    T: "%1$I $1 ?",
    TS: "2021-03-28 02:30:00.123456789",
  },
  low: { D: "-0.0000000001", BI: LOW.BI, V: LOW.V },
  source: [oracleTable("SOURCE_ONLY VARCHAR2(10) DEFAULT 'gone'")],
  target: [oracleTable("TARGET_ONLY VARCHAR2(10) DEFAULT 'it''s' NOT NULL")],
  writes: [
    `INSERT INTO EVERY_TYPE (ID, PART, C, NC, V, NV, T, NT, BN, B, D, NU, BI, SI, BO, F, DP, FL, DA, TS, T0, TZ, TL) VALUES
       (HEXTORAW('00FF27'), 'Ann', 'x', N'é', 'it''s \\ "?" 😀', N'😀', '%1$I $1 ?', N'😀', HEXTORAW('01'), HEXTORAW('00'),
       1234567890123456789012345678.0123456789, 1E-120, 9223372036854775807, -32768, 1, 1.17549435E-38F, 1.7976931348623157E308D, 0.1,
       TO_DATE('2021-03-28 02:30:00', 'YYYY-MM-DD HH24:MI:SS'), TIMESTAMP '2021-03-28 02:30:00.123456789', TIMESTAMP '2021-03-28 02:30:00',
       TIMESTAMP '2021-03-28 02:30:00.123 +05:30', TIMESTAMP '2021-10-31 00:30:00.5')`,
    "INSERT INTO EVERY_TYPE (ID, PART) VALUES (HEXTORAW('00'), ' ')",
    `INSERT INTO EVERY_TYPE (ID, PART, V, NT, D, BI, BO, DP, TS) SELECT HEXTORAW('01'), 'blank ', 'two  ', ${long(3_900)}, -0.0000000001,
       -9223372036854775808, 0, 0.1, TIMESTAMP '9999-12-31 23:59:59.999999999' FROM DUAL`,
    "INSERT INTO EVERY_TYPE (ID, PART, V) VALUES (HEXTORAW('02'), 'CASE', 'before')",
    "UPDATE EVERY_TYPE SET PART = 'Case', V = 'after' WHERE ID = HEXTORAW('02')",
  ],
  select: `ID, PART || '|' AS PART, C, NC, NVL2(V, V || '|', NULL) AS V, NV, T, NT, BN, B, TO_CHAR(D, 'FM9999999999999999999999999990.0000000000') AS D,
    TO_CHAR(NU, 'TME') AS NU, TO_CHAR(BI) AS BI, SI, BO, TO_CHAR(F, 'TME') AS F, TO_CHAR(DP, 'TME') AS DP, FL, TO_CHAR(DA, 'YYYY-MM-DD HH24:MI:SS') AS DA,
    TO_CHAR(TS, 'YYYY-MM-DD HH24:MI:SS.FF9') AS TS, TO_CHAR(T0, 'YYYY-MM-DD HH24:MI:SS') AS T0, TO_CHAR(TZ, 'YYYY-MM-DD HH24:MI:SS.FF3 TZR') AS TZ,
    TO_CHAR(TL AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.FF6') AS TL, G`,
};

const TYPES: Readonly<Record<string, EveryType>> = { postgres: POSTGRES, mssql: MSSQL, oracle: ORACLE };

export const everyType = (dialect: string): EveryType => TYPES[dialect] ?? MYSQL;
