import { afterEach, describe, expect, test } from "vitest";
import { compareVersions } from "../../src/config/versions.ts";
import type { Row } from "../../src/row.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { availableDialects, type TestDialect } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { createTables } from "../support/wso2-tables.ts";
import { versionRows } from "./version-rows.ts";

const COLUMNS = "ID, C, V, T, B, D, BI, BO, FLAG, TS, TS0, TZ, DA, F";
const row = (...values: (string | null)[]): Row =>
  Object.fromEntries(COLUMNS.split(", ").map((name, i) => [name, values[i] ?? null]));

/** What both databases must print, but for blanks that CHAR pads with, trailing zeros and the zero date. */
const FULL = row(
  "full",
  "ab",
  'it\'s \\ "?" 😀 𝒳 中',
  "\t\n%s $1 ?",
  "00ff275c",
  "-9999999999999999999999999999.0123456789",
  "-9223372036854775808",
  "1",
  "Y",
  "2021-03-28 02:30:00.123456",
  "2021-10-31 02:30:00",
  "2021-10-31 02:30:00.000001",
  "1000-01-01",
  "1.7976931348623157e+308",
);
const EMPTY = row("empty", "", "", "", "", "0.0000000000", "0", "0", "", null, null, null, null, "0");
const NULLS = row("nulls", "x");
const BLANKS = row("blanks", "x y", "two  ", " ", "20", "1.5000000000", "9223372036854775807");
/** What a database makes of a zero date. */
const zero = (time: string, date = time): Row =>
  row("zero", "z", ...Array<null>(7).fill(null), time, time, time, date);

/** How a database writes and prints the table of all the rows above. */
interface Words {
  readonly table: string;
  readonly zero: Row;
  /** For the session that writes: what must not matter, or what lets zero dates in. */
  readonly session: readonly string[];
  readonly literal: (value: string) => string;
  /** Of hex digits. */
  readonly bytes: (hex: string) => string;
  /** After a time: the session's own zone must not matter. */
  readonly zone: string;
  /** Where a driver's own reading loses what is there. */
  readonly select: string;
}

const quote = (value: string): string => `'${value.replaceAll("'", "''")}'`;

const MYSQL: Words = {
  table: `CREATE TABLE MIXED (ID VARCHAR(20), C CHAR(5), V VARCHAR(50), T TEXT, B BLOB, D DECIMAL(38,10), BI BIGINT,
    BO BOOLEAN, FLAG CHAR(1), TS DATETIME(6), TS0 TIMESTAMP NULL, TZ TIMESTAMP(6) NULL, DA DATE, F DOUBLE, PRIMARY KEY (ID, C))
    CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
  zero: zero("0000-00-00 00:00:00", "0000-00-00"),
  session: ["SET SESSION sql_mode = ''"],
  literal: (value) => quote(value).replaceAll("\\", "\\\\"),
  bytes: (hex) => `X'${hex}'`,
  zone: "",
  select: COLUMNS,
};
const POSTGRES: Words = {
  table: `CREATE TABLE mixed (id varchar(20), c char(5), v varchar(50), t text, b bytea, d numeric(38,10), bi bigint,
    bo boolean, flag char(1), ts timestamp, ts0 timestamp(0), tz timestamptz, da date, f double precision, PRIMARY KEY (id, c))`,
  zero: zero("-infinity"),
  session: ["SET timezone = 'Asia/Kolkata'"],
  literal: quote,
  bytes: (hex) => `'\\x${hex}'`,
  zone: "+00",
  select: COLUMNS,
};
const MSSQL: Words = {
  table: `CREATE TABLE MIXED (ID VARCHAR(20), C CHAR(5), V VARCHAR(50), T VARCHAR(MAX), B VARBINARY(MAX), D DECIMAL(38,10), BI BIGINT,
    BO BIT, FLAG CHAR(1), TS DATETIME2(6), TS0 DATETIME2(0), TZ DATETIME2(6), DA DATE, F FLOAT(53), PRIMARY KEY (ID, C))`,
  zero: zero("0001-01-01 00:00:00", "0001-01-01"),
  session: [],
  literal: quote,
  bytes: (hex) => `0x${hex}`,
  zone: "",
  select: COLUMNS.replace(" D,", " CONVERT(varchar(50), D) AS D,").replace(
    "TS, TS0, TZ, DA,",
    "CONVERT(varchar(30), TS, 121) AS TS, CONVERT(varchar(30), TS0, 121) AS TS0, CONVERT(varchar(30), TZ, 121) AS TZ, CONVERT(varchar(10), DA, 23) AS DA,",
  ),
};
const WORDS: Partial<Record<TestDialectName, Words>> = { postgres: POSTGRES, mssql: MSSQL };
const wordsOf = (dialect: TestDialect): Words => WORDS[dialect.name] ?? MYSQL;

const isPostgres = (dialect: TestDialect): boolean => dialect.name === "postgres";
const insert = (dialect: TestDialect, table: string, own: Row): string => {
  const { bytes, literal } = wordsOf(dialect);
  const values = Object.entries(own).map(([name, value]) => {
    if (typeof value !== "string") return "NULL";
    return name === "B" ? bytes(value) : literal(value);
  });
  return `INSERT INTO ${table} (${Object.keys(own).join(", ")}) VALUES (${values.join(", ")})`;
};

/** As this database prints it, made equal to how the rows above are written. */
function plain(printed: Row): Row {
  return Object.fromEntries(
    Object.entries(printed).map(([name, value]) => {
      if (value instanceof Uint8Array) return [name, Buffer.from(value).toString("hex")];
      if (name === "C" || name === "FLAG") return [name, value === null ? null : value.trimEnd()];
      if (name === "TS" || name === "TZ")
        return [name, value?.replace(/(\.\d*?)0+$/, "$1").replace(/\.$|\+00$/, "") ?? null];
      return [name, value];
    }),
  );
}

const dialects = availableDialects();
const postgres = dialects.filter(isPostgres);
const others = dialects.filter((dialect) => !isPostgres(dialect));
const pairs = [
  ...postgres.flatMap((one) => others.flatMap((other) => [[one, other] as const, [other, one] as const])),
  ...others.flatMap((one) => others.filter((other) => other !== one).map((other) => [one, other] as const)),
];

if (pairs.length === 0) test.skip("skipped: it takes servers of two kinds", () => undefined);

describe.each(pairs.map(([source, target]) => ({ source, target, from: source.name, to: target.name })))(
  "From $from to $to",
  ({ source, target }) => {
    let pair: BlueGreen | undefined;
    afterEach(async () => {
      await pair?.close();
      pair = undefined;
    });

    test("values stay what they are, zero dates and trailing blanks included", async () => {
      pair = await openBlueGreen({
        source,
        target,
        sourceVersion: "5.11.0",
        sourceSchema: [wordsOf(source).table],
        targetSchema: [wordsOf(target).table],
        tables: ["MIXED"],
      });
      await pair.prepare();
      const gone = row("gone", "a");
      await pair.source.test.exec([
        ...wordsOf(source).session,
        ...[FULL, EMPTY, NULLS, BLANKS, gone, wordsOf(source).zero].map((own) =>
          insert(source, "MIXED", own).replace(".000001'", `.000001${wordsOf(source).zone}'`),
        ),
      ]);
      await pair.run();
      const read = async (): Promise<Row[]> =>
        (
          (await pair?.target.test.query(`SELECT ${wordsOf(target).select} FROM MIXED ORDER BY ID`)) ?? []
        ).map(plain);
      expect(await read()).toEqual([BLANKS, EMPTY, FULL, gone, NULLS, wordsOf(target).zero]);

      await pair.source.test.exec([
        "DELETE FROM MIXED WHERE ID = 'gone'",
        "UPDATE MIXED SET ID = 'moved', C = 'q' WHERE ID = 'nulls'",
        "UPDATE MIXED SET V = NULL WHERE ID = 'blanks'",
      ]);
      await pair.run({ batchSize: 1 });
      expect(await read()).toEqual([
        { ...BLANKS, V: null },
        EMPTY,
        FULL,
        { ...NULLS, ID: "moved", C: "q" },
        wordsOf(target).zero,
      ]);
    });

    test.each(["5.4.0", "5.6.0", "5.9.0"] as const)(
      "rows of WSO2's %s become those of 5.11.0",
      async (version) => {
        const parents = (dialect: TestDialect, uuid: boolean): string[] => [
          ...[
            ["7", "-1234", "LOCAL"],
            ["8", "1", "LOCAL"],
          ].map(([ID, TENANT_ID, NAME]) =>
            insert(dialect, "IDP", {
              ID: ID ?? "",
              TENANT_ID: TENANT_ID ?? "",
              NAME: NAME ?? "",
              ...(uuid ? { UUID: `uuid ${ID}` } : {}),
            }),
          ),
          ...["5", "6"].map((ID) =>
            insert(dialect, "IDN_OAUTH_CONSUMER_APPS", { ID, CONSUMER_KEY: `app ${ID}` }),
          ),
        ];
        const rows = versionRows(version);
        pair = await openBlueGreen({
          source,
          target,
          sourceVersion: version,
          sourceSchema: [
            ...createTables(source.name, version),
            ...parents(source, compareVersions(version, "5.10.0") >= 0),
          ],
          targetSchema: [...createTables(target.name, "5.11.0"), ...parents(target, true)],
          tables: [
            "IDN_OAUTH2_ACCESS_TOKEN",
            "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
            "IDN_OAUTH2_AUTHORIZATION_CODE",
          ],
        });
        await pair.prepare();
        await pair.source.test.exec([
          ...rows.tokens.map((own) => insert(source, "IDN_OAUTH2_ACCESS_TOKEN", own)),
          ...rows.codes.map((own) => insert(source, "IDN_OAUTH2_AUTHORIZATION_CODE", own)),
          "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE) VALUES ('a', 'openid')",
        ]);
        await pair.run({ batchSize: 4 });
        const read = async (table: string, key: string): Promise<Row[]> =>
          (await pair?.target.test.query(`SELECT * FROM ${table} ORDER BY ${key}`)) ?? [];
        expect(await read("IDN_OAUTH2_ACCESS_TOKEN", "TOKEN_ID")).toEqual(
          [...rows.expectedTokens].sort((a, b) => (String(a["TOKEN_ID"]) < String(b["TOKEN_ID"]) ? -1 : 1)),
        );
        expect(await read("IDN_OAUTH2_AUTHORIZATION_CODE", "CODE_ID")).toEqual(rows.expectedCodes);
        expect(await read("IDN_OAUTH2_ACCESS_TOKEN_SCOPE", "TOKEN_ID")).toEqual([
          { TOKEN_ID: "a", TOKEN_SCOPE: "openid", TENANT_ID: "-1" },
        ]);
      },
    );
  },
);
