/**
 * Brings a database of an older release to 5.11.0, as a stand-in for WSO2's migration client: the shapes by comparing
 * the two releases, the rows by wso2-migration-data.ts.
 */

import { compareVersions, type IsVersion } from "../../src/config/versions.ts";
import type { TestDialectName } from "./env.ts";
import { migrateRows } from "./wso2-migration-data.ts";
import { addTsqlColumn, changeTsqlShape } from "./wso2-migration-tsql.ts";
import {
  scriptOf,
  type TableStep,
  WSO2_TABLES,
  type Wso2Column,
  type Wso2Script,
  type Wso2Table,
  wso2Shape,
} from "./wso2-shapes.ts";
import { columnDefinition, indexColumns, inLaxMode, isMysqlLike } from "./wso2-tables.ts";

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function addColumns(dialect: TestDialectName, { table, from, to }: TableStep): string[] {
  const known = new Set(from.columns.map((column) => column.name));
  return to.columns
    .filter((column) => !known.has(column.name))
    .map((column) => {
      // Rows need a value before such a column can refuse NULL.
      const first = column.default === undefined ? { ...column, nullable: true } : column;
      if (dialect === "mssql") return addTsqlColumn(table, first);
      const words = dialect === "oracle" ? "ADD" : "ADD COLUMN";
      return `ALTER TABLE ${table} ${words} ${columnDefinition(dialect, first)}`;
    });
}

function changeColumn(dialect: TestDialectName, from: Wso2Column, to: Wso2Column): string[] {
  if (isMysqlLike(dialect)) return [`MODIFY COLUMN ${columnDefinition(dialect, to)}`];
  if (dialect === "oracle") return [modifyColumn(from, to)];
  const alter = `ALTER COLUMN ${to.name}`;
  return [
    ...(from.type === to.type ? [] : [`${alter} TYPE ${to.type}`]),
    ...(from.default === to.default
      ? []
      : [`${alter} ${to.default === undefined ? "DROP DEFAULT" : `SET DEFAULT ${to.default}`}`]),
    ...(from.nullable === to.nullable ? [] : [`${alter} ${to.nullable ? "DROP" : "SET"} NOT NULL`]),
  ];
}

/** Oracle refuses a NULL or NOT NULL that the column has already, so that only what changes is said. */
function modifyColumn(from: Wso2Column, to: Wso2Column): string {
  const type = from.type === to.type ? "" : ` ${to.type}`;
  const byDefault = from.default === to.default ? "" : ` DEFAULT ${to.default ?? "NULL"}`;
  const nullable = from.nullable === to.nullable ? "" : to.nullable ? " NULL" : " NOT NULL";
  return `MODIFY ${to.name}${type}${byDefault}${nullable}`;
}

function changeColumns(dialect: TestDialectName, { from, to }: TableStep): string[] {
  return to.columns.flatMap((column) => {
    const old = from.columns.find(({ name }) => name === column.name);
    const added = { ...column, nullable: column.nullable || column.default === undefined };
    return same(old ?? added, column) ? [] : changeColumn(dialect, old ?? added, column);
  });
}

/** Keys and indexes of the same name are replaced; an unnamed key of the old release stays, as WSO2 leaves it. */
function changeShape(dialect: TestDialectName, step: TableStep): string[] {
  if (dialect === "mssql") return changeTsqlShape(step);
  const { table, from, to } = step;
  const mysql = isMysqlLike(dialect);
  const newUnique = to.unique.filter((key) => !from.unique.some((old) => same(old, key)));
  const oldUnique = from.unique.filter((key) =>
    newUnique.some(({ name }) => name !== null && name === key.name),
  );
  const newIndexes = to.indexes.filter((index) => !from.indexes.some((old) => same(old, index)));
  const oldIndexes = from.indexes.filter((index) => !to.indexes.some((kept) => same(kept, index)));
  // All at once: at no moment may InnoDB miss the index that a foreign key needs, or have one on a column that has
  // become too long for it.
  const parts = [
    ...changeColumns(dialect, step),
    ...oldUnique.map(({ name }) => (mysql ? `DROP INDEX ${name}` : `DROP CONSTRAINT ${name}`)),
    ...(mysql ? oldIndexes.map(({ name }) => `DROP INDEX ${name}`) : []),
    ...newUnique.map(
      ({ name, columns }) => `ADD ${name === null ? "" : `CONSTRAINT ${name} `}UNIQUE (${columns.join(",")})`,
    ),
    ...(mysql
      ? newIndexes.map(({ name, columns }) => `ADD INDEX ${name} (${indexColumns(dialect, to, columns)})`)
      : []),
  ];
  return [
    ...(parts.length === 0 ? [] : alterTable(dialect, table, parts)),
    ...(mysql ? [] : oldIndexes.map(({ name }) => `DROP INDEX ${name}`)),
    ...(mysql
      ? []
      : newIndexes.map(({ name, columns }) => `CREATE INDEX ${name} ON ${table} (${columns.join(",")})`)),
  ];
}

/** Oracle takes changes of columns and of constraints in statements of their own. */
function alterTable(dialect: TestDialectName, table: Wso2Table, parts: readonly string[]): string[] {
  if (dialect === "oracle") return parts.map((part) => `ALTER TABLE ${table} ${part}`);
  return [`ALTER TABLE ${table}\n  ${parts.join(",\n  ")}`];
}

/**
 * The statements that bring a database that `createTables` made (or a restored copy of it) to 5.11.0, in order, on one
 * connection. On MySQL a NULL in a timestamp that 5.9.0 makes NOT NULL becomes the zero date.
 *
 * @param tables those that the database has; default all of the release.
 * @throws Error for 5.0.0, whose migration makes new keys at random.
 */
export function migrateTo511(
  dialect: TestDialectName,
  version: IsVersion,
  tables: readonly Wso2Table[] = WSO2_TABLES,
  script: Wso2Script = scriptOf(dialect),
): string[] {
  if (compareVersions(version, "5.1.0") < 0)
    throw new Error("There is no stand-in for the migration of 5.0.0");
  const steps = WSO2_TABLES.filter((table) => tables.includes(table)).flatMap((table): TableStep[] => {
    const from = wso2Shape(script, version, table);
    const to = wso2Shape(scriptOf(dialect), "5.11.0", table);
    return from === undefined || to === undefined ? [] : [{ table, from, to }];
  });
  const each = (change: (dialect: TestDialectName, step: TableStep) => string[]) =>
    steps.flatMap((step) => change(dialect, step));
  const rows = migrateRows(
    dialect,
    version,
    steps.map(({ table }) => table),
  );
  if (!isMysqlLike(dialect)) return [...each(addColumns), ...rows, ...each(changeShape)];
  return inLaxMode([
    ...each(addColumns),
    // Outside the strict mode a NULL for an IDP_ID that may not be NULL would become 0.
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES'",
    ...rows,
    "SET SESSION sql_mode = ''",
    ...each(changeShape),
  ]);
}
