/** SQL that makes WSO2's tables as a fresh installation of a release has them, on each database. */

import type { IsVersion } from "../../src/config/versions.ts";
import type { TestDialectName } from "./env.ts";
import {
  scriptOf,
  WSO2_TABLES,
  type Wso2Column,
  type Wso2Script,
  type Wso2Shape,
  type Wso2Table,
  wso2Shape,
} from "./wso2-shapes.ts";

/** InnoDB indexes 3072 bytes of a column at most; WSO2's migration indexes 191 characters of the long ones. */
const LONGEST_INDEXED = 3072 / 4;
const INDEX_PREFIX = 191;

/** Everything that the scripts' tables differ in follows from this; numbered columns are plain ones elsewhere. */
export function isMysqlLike(dialect: TestDialectName): boolean {
  return dialect === "mysql" || dialect === "mariadb";
}

/** `NAME TYPE DEFAULT ... NOT NULL`, as in CREATE TABLE, ADD COLUMN and MySQL's MODIFY COLUMN. */
export function columnDefinition(dialect: TestDialectName, column: Wso2Column): string {
  const byDefault = column.default === undefined ? "" : ` DEFAULT ${column.default}`;
  const auto = column.autoIncrement && isMysqlLike(dialect) ? " AUTO_INCREMENT" : "";
  // The tests number all rows but users themselves, which SQL Server refuses for a column that it numbers.
  if (dialect === "mssql" && column.name === "UM_ID")
    return `${column.name} ${column.type} IDENTITY NOT NULL`;
  return `${column.name} ${column.type}${byDefault}${column.nullable ? "" : " NOT NULL"}${auto}`;
}

/** `A,B(191)`: the columns of an index; MySQL cannot index a long column as a whole. */
export function indexColumns(dialect: TestDialectName, shape: Wso2Shape, names: readonly string[]): string {
  if (!isMysqlLike(dialect)) return names.join(",");
  return names
    .map((name) => {
      const type = shape.columns.find((column) => column.name === name)?.type ?? "";
      const length = Number(/^VARCHAR\((\d+)\)$/.exec(type)?.[1] ?? 0);
      return length > LONGEST_INDEXED ? `${name}(${INDEX_PREFIX})` : name;
    })
    .join(",");
}

function createTable(dialect: TestDialectName, table: Wso2Table, shape: Wso2Shape): string[] {
  const parts = [
    ...shape.columns.map((column) => columnDefinition(dialect, column)),
    `PRIMARY KEY (${shape.primaryKey.join(",")})`,
    ...shape.unique.map(
      ({ name, columns }) => `${name === null ? "" : `CONSTRAINT ${name} `}UNIQUE (${columns.join(",")})`,
    ),
    ...shape.foreignKeys.map(
      ({ columns, refTable, refColumns, onDelete }) =>
        `FOREIGN KEY (${columns.join(",")}) REFERENCES ${refTable}(${refColumns.join(",")})` +
        (onDelete === null ? "" : ` ON DELETE ${onDelete}`),
    ),
  ];
  const sequences = shape.columns.flatMap(
    (column) => /^NEXTVAL\('(\w+)'\)$/.exec(column.default ?? "")?.slice(1, 2) ?? [],
  );
  return [
    ...sequences.map((sequence) => `CREATE SEQUENCE ${sequence}`),
    `CREATE TABLE ${table} (\n  ${parts.join(",\n  ")}\n)${isMysqlLike(dialect) ? " ENGINE INNODB" : ""}`,
    ...shape.indexes.map(
      ({ name, columns }) => `CREATE INDEX ${name} ON ${table} (${indexColumns(dialect, shape, columns)})`,
    ),
  ];
}

/**
 * The statements that make the tables of a release, in order. They must run on one connection: on MySQL the first
 * and the last set `sql_mode`, because the old scripts have timestamps with DEFAULT 0.
 *
 * @param tables default: all of {@link WSO2_TABLES}; one that the release does not have is left out.
 * @param script default: the dialect's own; `mysql-5.7` exists for 5.2.0 to 5.8.0.
 */
export function createTables(
  dialect: TestDialectName,
  version: IsVersion,
  tables: readonly Wso2Table[] = WSO2_TABLES,
  script: Wso2Script = scriptOf(dialect),
): string[] {
  const statements = WSO2_TABLES.filter((table) => tables.includes(table)).flatMap((table) => {
    const shape = wso2Shape(script, version, table);
    return shape === undefined ? [] : createTable(dialect, table, shape);
  });
  return isMysqlLike(dialect) ? inLaxMode(statements) : statements;
}

/** MySQL's strict modes refuse zero dates, as a default and in the rows of a table that is altered. */
export function inLaxMode(statements: readonly string[]): string[] {
  return ["SET SESSION sql_mode = ''", ...statements, "SET SESSION sql_mode = DEFAULT"];
}
