/** The character sets, collations and letters of the matrix in charsets.test.ts. */

import type { TestDialect } from "./dialects.ts";
import { randomName } from "./servers/database.ts";
import type { TestServer } from "./servers/test-server.ts";

/** How a text column is declared, and whether its servers and databases must be special. */
export interface Charset {
  /** For people and table names: letters, digits and underscores. */
  readonly name: string;
  /** What comes after VARCHAR(n). */
  readonly declares: string;
  /** The name that the database has for the character set. */
  readonly charset: string;
  /** Played in every run, the others where SYNC_TEST_CHARSETS=all. */
  readonly isCommon?: true;
}

/** Letters of many scripts, and what conversions make of letters that they lose. */
export const WORDS: readonly string[] = [
  ...[
    "plain",
    "Plain2",
    "a?b",
    "?",
    "??",
    "????",
    "back\\slash",
    "quo'te",
    '"',
    "per%cent_",
    "$1 ?",
    "~tilde^",
  ],
  ...[
    "niña",
    "zoë",
    "Zoë2",
    "Straße",
    "Ýmir",
    "Œuvre",
    "€uro",
    "Ångström",
    "smörgås",
    "½ﬁ",
    "don’t",
    "a—b",
    "a―b",
  ],
  ...["Łódź", "Dvořák", "őű", "Šimon", "Čeněk", "Ţepeş", "Īlze", "Žemaitė"],
  ...["Иван", "Ёлка", "Ђорђе", "Їжак", "Ўзбек"],
  ...["محمد", "پدر", "שלום", "Σωκράτης", "άλφα", "İstanbul", "ısı", "Հայ", "საქართველო", "ไทย"],
  ...["日本語", "ソース", "表示", "ﾊﾝｶｸ", "〜波", "①", "功能", "許功蓋", "中国", "한국", "똠방", "繁體"],
  ...["😀", "😁", "𠮷野", "e\u0301", "é", "a\u00a0b", "ﷺ", "Ⅷ"],
];

const mysqlText = (charset: string, collation: string, isCommon?: true): Charset => ({
  name: collation,
  declares: `CHARACTER SET ${charset} COLLATE ${collation}`,
  charset,
  ...(isCommon === undefined ? {} : { isCommon }),
});

/** Those of a run that is to be short. */
const COMMON_WORDS = new Set([
  ...[
    "plain",
    "a?b",
    "??",
    "????",
    "back\\slash",
    "quo'te",
    "~tilde^",
    "niña",
    "zoë",
    "Zoë2",
    "€uro",
    "Łódź",
  ],
  ...["Иван", "שלום", "ｿｰｽ", "日本語", "表示", "許功蓋", "한국", "😀", "e\u0301", "é"],
]);

export const wordsOf = (all: boolean): readonly string[] =>
  all ? WORDS : WORDS.filter((word) => COMMON_WORDS.has(word));

/** Each character set with a collation that takes letters for equal and one that compares codes. */
const MYSQL_LIKE: readonly Charset[] = [
  mysqlText("latin1", "latin1_swedish_ci", true),
  mysqlText("latin1", "latin1_german2_ci"),
  mysqlText("latin1", "latin1_general_cs"),
  mysqlText("latin1", "latin1_bin"),
  mysqlText("latin2", "latin2_general_ci"),
  mysqlText("latin2", "latin2_bin"),
  ...[
    "cp1250",
    "cp1251",
    "cp1256",
    "cp1257",
    "greek",
    "hebrew",
    "koi8r",
    "cp850",
    "cp866",
    "macroman",
  ].flatMap((charset) => [mysqlText(charset, `${charset}_general_ci`), mysqlText(charset, `${charset}_bin`)]),
  mysqlText("latin5", "latin5_turkish_ci"),
  mysqlText("latin7", "latin7_general_ci"),
  mysqlText("tis620", "tis620_thai_ci"),
  mysqlText("swe7", "swe7_swedish_ci"),
  mysqlText("ascii", "ascii_general_ci"),
  mysqlText("ascii", "ascii_bin", true),
  mysqlText("sjis", "sjis_japanese_ci", true),
  ...["sjis", "cp932", "ujis", "eucjpms", "euckr", "gb2312", "gbk", "big5"].map((charset) =>
    mysqlText(charset, `${charset}_bin`),
  ),
  ...["cp932_japanese_ci", "ujis_japanese_ci", "euckr_korean_ci", "gbk_chinese_ci", "big5_chinese_ci"].map(
    (collation) => mysqlText(collation.replace(/_.*/, ""), collation),
  ),
  ...["ucs2", "utf16", "utf32", "utf8mb3", "utf8mb4"].flatMap((charset) => [
    mysqlText(charset, `${charset}_general_ci`),
    mysqlText(charset, `${charset}_unicode_ci`, charset === "utf16" ? true : undefined),
    mysqlText(charset, `${charset}_swedish_ci`),
    mysqlText(charset, `${charset}_bin`, undefined),
  ]),
  mysqlText("utf16le", "utf16le_general_ci"),
  { name: "binary", declares: "CHARACTER SET binary", charset: "binary", isCommon: true },
];

const MARIADB: readonly Charset[] = [
  ...MYSQL_LIKE,
  mysqlText("latin1", "latin1_swedish_nopad_ci"),
  mysqlText("latin1", "latin1_nopad_bin"),
  mysqlText("utf8mb4", "utf8mb4_general_nopad_ci"),
];

const MYSQL: readonly Charset[] = [
  ...MYSQL_LIKE,
  mysqlText("utf8mb4", "utf8mb4_0900_ai_ci", true),
  mysqlText("utf8mb4", "utf8mb4_0900_as_cs"),
  mysqlText("utf8mb4", "utf8mb4_0900_bin"),
  mysqlText("utf8mb4", "utf8mb4_ja_0900_as_cs_ks"),
  mysqlText("gb18030", "gb18030_chinese_ci"),
];

/** Collations that a database of any encoding has here. */
const POSTGRES: readonly Charset[] = [
  { name: "dflt", declares: "", charset: "", isCommon: true },
  { name: "codes", declares: 'COLLATE "C"', charset: "" },
  { name: "no_case", declares: "COLLATE no_case", charset: "", isCommon: true },
  { name: "no_accent", declares: "COLLATE no_accent", charset: "" },
];

/** Made first in a PostgreSQL database. */
export const POSTGRES_COLLATIONS = [
  "CREATE COLLATION no_case (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false)",
  "CREATE COLLATION no_accent (PROVIDER = icu, LOCALE = 'und-u-ks-level1', DETERMINISTIC = false)",
];

/** Encodings of PostgreSQL databases; MySQL and MariaDB have theirs in each column. */
const ENCODINGS = ["UTF8", "LATIN1", "LATIN2", "WIN1251", "EUC_JP"] as const;

export const encodingsOf = (dialect: TestDialect, all: boolean): readonly string[] => {
  if (dialect.name !== "postgres") return ["any"];
  return all ? ENCODINGS : ["LATIN1", "EUC_JP"];
};

export function charsetsOf(dialect: TestDialect, all: boolean): readonly Charset[] {
  const every = { postgres: POSTGRES, mariadb: MARIADB, mysql: MYSQL }[dialect.name as string] ?? [];
  return all ? every : every.filter(({ isCommon }) => isCommon);
}

/** The same PostgreSQL server, whose databases have this encoding. */
export const withEncoding = (dialect: TestDialect, encoding: string): TestDialect =>
  withLocale(dialect, `ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C'`);

/** The same PostgreSQL server, whose databases are made with these words. */
export function withLocale(dialect: TestDialect, words: string): TestDialect {
  return {
    ...dialect,
    async server(): Promise<TestServer> {
      const server = await dialect.server();
      return {
        ...server,
        async createDatabase(name = randomName()) {
          const database = await server.createDatabase(name);
          const foothold = await server.createDatabase();
          const admin = await foothold.session({ admin: true });
          await admin.exec([
            `DROP DATABASE ${name}`,
            `CREATE DATABASE ${name} OWNER ${name} TEMPLATE template0 ${words}`,
          ]);
          await admin.close();
          await foothold.drop();
          return database;
        },
      };
    },
  };
}
