/**
 * The shapes that WSO2's own scripts give the tables in a fresh installation of each release. The files in
 * wso2-schema/ hold one line per table and per release that changed it; the releases after it keep that shape.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareVersions, type IsVersion } from "../../src/config/versions.ts";
import type { TestDialectName } from "./env.ts";

/** Every table there is, parents first. UM_USER belongs to the user store, the others to the identity database. */
export const WSO2_TABLES = [
  "IDN_OAUTH_CONSUMER_APPS",
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
  "IDP",
  "UM_USER",
] as const;
export type Wso2Table = (typeof WSO2_TABLES)[number];

/** `mysql-5.7`: WSO2's separate script of 5.2.0 to 5.8.0, where timestamps are NOT NULL DEFAULT CURRENT_TIMESTAMP. */
export type Wso2Script = "postgres" | "mysql" | "mysql-5.7" | "mssql" | "oracle";

export interface Wso2Column {
  readonly name: string;
  /** As in the script: `VARCHAR(255)`, `TIMESTAMP`, ... */
  readonly type: string;
  readonly nullable: boolean;
  /** SQL text as in the script; undefined without one. */
  readonly default: string | undefined;
  readonly autoIncrement: boolean;
}

export interface Wso2Shape {
  readonly columns: readonly Wso2Column[];
  readonly primaryKey: readonly string[];
  readonly unique: readonly { readonly name: string | null; readonly columns: readonly string[] }[];
  readonly indexes: readonly { readonly name: string; readonly columns: readonly string[] }[];
  readonly foreignKeys: readonly {
    readonly columns: readonly string[];
    readonly refTable: string;
    readonly refColumns: readonly string[];
    readonly onDelete: string | null;
  }[];
}

/** A table as one release and a later one have it. */
export interface TableStep {
  readonly table: Wso2Table;
  readonly from: Wso2Shape;
  readonly to: Wso2Shape;
}

type ColumnLine = [
  name: string,
  type: string,
  nullable: "NULL" | "NOT NULL",
  byDefault?: string | null,
  auto?: "AUTO",
];

interface ShapeLine {
  columns: ColumnLine[];
  primaryKey: string[];
  unique: [name: string | null, columns: string[]][];
  indexes: [name: string, columns: string[], include?: string[]][];
  foreignKeys: [columns: string[], refTable: string, refColumns: string[], onDelete: string | null][];
}

type ScriptFile = Partial<Record<Wso2Table, Partial<Record<IsVersion, ShapeLine>>>>;

const files = new Map<Wso2Script, ScriptFile>();

function scriptFile(script: Wso2Script): ScriptFile {
  const known = files.get(script);
  if (known !== undefined) return known;
  const file = JSON.parse(readFileSync(join(import.meta.dirname, "wso2-schema", `${script}.json`), "utf8"));
  files.set(script, file);
  return file;
}

/** WSO2 has no script for MariaDB: installations on it use the one for MySQL. */
export const scriptOf = (dialect: TestDialectName): Wso2Script => (dialect === "mariadb" ? "mysql" : dialect);

/** The shape of a table in a release; undefined when that release does not have the table. */
export function wso2Shape(script: Wso2Script, version: IsVersion, table: Wso2Table): Wso2Shape | undefined {
  const lines = scriptFile(script)[table] ?? {};
  const since = (Object.keys(lines) as IsVersion[])
    .filter((changed) => compareVersions(changed, version) <= 0)
    .sort(compareVersions)
    .at(-1);
  const line = since === undefined ? undefined : lines[since];
  return (
    line && {
      columns: line.columns.map(([name, type, nullable, byDefault, auto]) => ({
        name,
        type,
        nullable: nullable === "NULL",
        default: byDefault ?? undefined,
        autoIncrement: auto === "AUTO",
      })),
      primaryKey: line.primaryKey,
      unique: line.unique.map(([name, columns]) => ({ name, columns })),
      indexes: line.indexes.map(([name, columns]) => ({ name, columns })),
      foreignKeys: line.foreignKeys.map(([columns, refTable, refColumns, onDelete]) => ({
        columns,
        refTable,
        refColumns,
        onDelete,
      })),
    }
  );
}
