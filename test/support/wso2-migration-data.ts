/** What WSO2's migration client does to the rows on the way to 5.11.0 when tokens are stored plain, as SQL. */

import { compareVersions, type IsVersion } from "../../src/config/versions.ts";
import type { TestDialectName } from "./env.ts";
import type { Wso2Table } from "./wso2-shapes.ts";

/** The columns with tokens and codes, and those with their hashes. */
const HASHED: readonly (readonly [table: Wso2Table, value: string, hash: string])[] = [
  ["IDN_OAUTH2_ACCESS_TOKEN", "ACCESS_TOKEN", "ACCESS_TOKEN_HASH"],
  ["IDN_OAUTH2_ACCESS_TOKEN", "REFRESH_TOKEN", "REFRESH_TOKEN_HASH"],
  ["IDN_OAUTH2_AUTHORIZATION_CODE", "AUTHORIZATION_CODE", "AUTHORIZATION_CODE_HASH"],
];

const JSON_START = `'{"hash":"'`;
const JSON_END = `'","algorithm":"SHA-256"}'`;

/** The few things that each database says in its own way. */
interface Words {
  concat(...parts: readonly string[]): string;
  /** The SHA-256 of a text's UTF-8, in lower-case hex. */
  sha256(column: string): string;
  /** Another one for each row. */
  readonly uuid: string;
  /** Condition: neither NULL nor empty. */
  isGiven(column: string): string;
}

const isGiven: Words["isGiven"] = (column) => `${column} <> ''`;

const MYSQL: Words = {
  concat: (...parts) => `CONCAT(${parts.join(", ")})`,
  sha256: (column) => `SHA2(CONVERT(${column} USING utf8mb4), 256)`,
  uuid: "UUID()",
  isGiven,
};

const POSTGRES: Words = {
  concat: (...parts) => parts.join(" || "),
  sha256: (column) => `encode(sha256(convert_to(${column}, 'UTF8')), 'hex')`,
  uuid: "CAST(CAST(md5(CAST(random() AS TEXT)) AS UUID) AS TEXT)",
  isGiven,
};

/** The collation of the tests' databases is one of UTF-8, so that these are the bytes of a VARCHAR. */
const MSSQL: Words = {
  concat: MYSQL.concat,
  sha256: (column) => `LOWER(CONVERT(varchar(64), HASHBYTES('SHA2_256', ${column}), 2))`,
  uuid: "LOWER(CONVERT(char(36), NEWID()))",
  isGiven,
};

/** The character set of Oracle Free is AL32UTF8, so that these are the bytes of a VARCHAR2. */
const ORACLE: Words = {
  concat: POSTGRES.concat,
  sha256: (column) => `LOWER(RAWTOHEX(STANDARD_HASH(${column}, 'SHA256')))`,
  uuid: "RAWTOHEX(SYS_GUID())",
  // An empty text is NULL, and no comparison with it is true.
  isGiven: (column) => `${column} IS NOT NULL`,
};

const WORDS: Readonly<Record<TestDialectName, Words>> = {
  ...{ mysql: MYSQL, mariadb: MYSQL, postgres: POSTGRES, mssql: MSSQL, oracle: ORACLE },
};

/**
 * The migration to 5.5.0 hashes what has no hash, the one to 5.7.0 wraps the bare hashes of 5.5.0 and 5.6.0. WSO2's
 * client also wraps a missing refresh token hash, into a JSON object that nothing can match; here NULL stays NULL.
 */
function hashTokens(words: Words, [table, value, hash]: (typeof HASHED)[number]): string[] {
  const json = (hex: string) => words.concat(JSON_START, hex, JSON_END);
  return [
    `UPDATE ${table} SET ${hash} = ${json(hash)} WHERE ${words.isGiven(hash)} AND ${hash} NOT LIKE '{%'`,
    `UPDATE ${table} SET ${hash} = ${json(words.sha256(value))} WHERE (${hash} IS NULL OR ${hash} = '') AND ${words.isGiven(value)}`,
  ];
}

/** To 5.8.0: the id of the LOCAL provider of the row's own tenant, except for exactly FEDERATED (and NULL) domains. */
const setIdpId = (table: Wso2Table): string =>
  `UPDATE ${table} SET IDP_ID = (SELECT ID FROM IDP WHERE IDP.TENANT_ID = ${table}.TENANT_ID AND IDP.NAME = 'LOCAL') ` +
  "WHERE USER_DOMAIN <> 'FEDERATED'";

/**
 * To 5.8.0, PostgreSQL and Oracle only: the key of fresh installations before 5.8.0 holds TOKEN_ID and so never bites; tokens
 * that collide in the right key get a scope hash of their own. WSO2 draws it at random.
 */
const separateTwins = (
  dialect: TestDialectName,
): string => `UPDATE IDN_OAUTH2_ACCESS_TOKEN t SET TOKEN_SCOPE_HASH = ${dialect === "oracle" ? "LOWER(RAWTOHEX(STANDARD_HASH('twin ' || t.TOKEN_ID, 'MD5')))" : "md5('twin ' || t.TOKEN_ID)"}
  WHERE t.TOKEN_STATE = 'ACTIVE' AND EXISTS (SELECT 1 FROM IDN_OAUTH2_ACCESS_TOKEN o
    WHERE o.TOKEN_ID <> t.TOKEN_ID AND o.TOKEN_STATE = 'ACTIVE' AND o.CONSUMER_KEY_ID = t.CONSUMER_KEY_ID
      AND o.AUTHZ_USER = t.AUTHZ_USER AND o.USER_DOMAIN = t.USER_DOMAIN AND o.TENANT_ID = t.TENANT_ID
      AND o.TOKEN_SCOPE_HASH = t.TOKEN_SCOPE_HASH AND o.USER_TYPE = t.USER_TYPE)`;

/** Whether WSO2's script for the database had that key. */
export const hasTwins = (dialect: TestDialectName): boolean => dialect === "postgres" || dialect === "oracle";

/** To 5.11.0: the user portal's application becomes MY_ACCOUNT; those of other tenants go, with their tokens. */
const RENAME_USER_PORTAL = [
  "UPDATE IDN_OAUTH_CONSUMER_APPS SET CONSUMER_KEY = 'MY_ACCOUNT' WHERE CONSUMER_KEY = 'USER_PORTAL' AND TENANT_ID = -1234",
  "DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE CONSUMER_KEY LIKE 'USER!_PORTAL%.com' ESCAPE '!' AND TENANT_ID <> -1234",
];

/**
 * The statements for the rows of `tables`, once all columns of 5.11.0 are there and before keys and NOT NULL are.
 * A tenant without a LOCAL identity provider makes one of them fail, as it makes WSO2's client fail.
 */
export function migrateRows(
  dialect: TestDialectName,
  version: IsVersion,
  tables: readonly Wso2Table[],
): string[] {
  const words = WORDS[dialect];
  const has = (...names: readonly Wso2Table[]) => names.every((name) => tables.includes(name));
  const before = (step: IsVersion) => compareVersions(version, step) < 0;
  const withIdpId = (["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_AUTHORIZATION_CODE"] as const).filter((table) =>
    has(table),
  );
  return [
    ...(before("5.7.0")
      ? HASHED.filter(([table]) => has(table)).flatMap((column) => hashTokens(words, column))
      : []),
    ...(before("5.8.0") && has("IDP") ? withIdpId.map(setIdpId) : []),
    ...(before("5.8.0") && has("IDN_OAUTH2_ACCESS_TOKEN") && hasTwins(dialect)
      ? [separateTwins(dialect)]
      : []),
    ...(before("5.10.0")
      ? withIdpId.map((table) => `UPDATE ${table} SET IDP_ID = -1 WHERE IDP_ID IS NULL`)
      : []),
    ...(before("5.10.0") && has("IDP") ? [`UPDATE IDP SET UUID = ${words.uuid}`] : []),
    ...(before("5.10.0") && has("UM_USER") ? [`UPDATE UM_USER SET UM_USER_ID = ${words.uuid}`] : []),
    ...(before("5.11.0") && has("IDN_OAUTH_CONSUMER_APPS") ? RENAME_USER_PORTAL : []),
  ];
}
