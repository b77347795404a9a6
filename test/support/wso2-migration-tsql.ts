/** How SQL Server's tables of an older release get the shape of a later one: a statement changes one thing. */

import type { TableStep, Wso2Column, Wso2Shape } from "./wso2-shapes.ts";
import { columnDefinition } from "./wso2-tables.ts";

type Key = Wso2Shape["unique"][number] | Wso2Shape["indexes"][number];

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** WITH VALUES: without it the rows that are there keep NULL ("ALTER TABLE column_definition"). */
export function addTsqlColumn(table: string, column: Wso2Column): string {
  const withValues = column.nullable && column.default !== undefined ? " WITH VALUES" : "";
  return `ALTER TABLE ${table} ADD ${columnDefinition("mssql", column)}${withValues}`;
}

/** The server has named the default itself, and drops it only by its name. */
const dropDefault = (table: string, column: string): string =>
  `DECLARE @drop nvarchar(400) = (SELECT 'ALTER TABLE ${table} DROP CONSTRAINT ' + QUOTENAME(d.name) FROM sys.default_constraints d
  WHERE d.parent_object_id = OBJECT_ID('${table}') AND d.parent_column_id = COLUMNPROPERTY(OBJECT_ID('${table}'), '${column}', 'ColumnId'));
IF @drop IS NOT NULL EXEC (@drop)`;

function changeColumn(table: string, from: Wso2Column, to: Wso2Column): string[] {
  const { name } = to;
  const hasNewDefault = from.default !== to.default;
  return [
    ...(hasNewDefault && from.default !== undefined ? [dropDefault(table, name)] : []),
    ...(from.type === to.type && from.nullable === to.nullable
      ? []
      : [`ALTER TABLE ${table} ALTER COLUMN ${name} ${to.type}${to.nullable ? " NULL" : " NOT NULL"}`]),
    ...(hasNewDefault && to.default !== undefined
      ? [`ALTER TABLE ${table} ADD DEFAULT (${to.default}) FOR ${name}`]
      : []),
  ];
}

/**
 * Keys and indexes of the same name are replaced, an unnamed key of the old release stays. No column that is in an index may
 * change whether it takes NULL, so that its indexes go before and come back after.
 */
export function changeTsqlShape({ table, from, to }: TableStep): string[] {
  const changes = to.columns.flatMap((column) => {
    const old = from.columns.find(({ name }) => name === column.name);
    const added = { ...column, nullable: column.nullable || column.default === undefined };
    return same(old ?? added, column) ? [] : [{ column, from: old ?? added }];
  });
  const changed = new Set(changes.map(({ column }) => column.name));
  const stays = (key: Key, others: readonly Key[]): boolean =>
    others.some((other) => same(other, key)) && !key.columns.some((name) => changed.has(name));
  const goes = (key: Key): boolean =>
    key.name !== null && !stays(key, to.unique) && to.unique.some(({ name }) => name === key.name);
  return [
    ...from.unique.filter(goes).map(({ name }) => `ALTER TABLE ${table} DROP CONSTRAINT ${name}`),
    ...from.indexes
      .filter((index) => !stays(index, to.indexes))
      .map(({ name }) => `DROP INDEX ${name} ON ${table}`),
    ...changes.flatMap(({ column, from: old }) => changeColumn(table, old, column)),
    ...to.unique
      .filter((key) => !stays(key, from.unique))
      .map(
        ({ name, columns }) =>
          `ALTER TABLE ${table} ADD ${name === null ? "" : `CONSTRAINT ${name} `}UNIQUE (${columns.join(",")})`,
      ),
    ...to.indexes
      .filter((index) => !stays(index, from.indexes))
      .map(({ name, columns }) => `CREATE INDEX ${name} ON ${table} (${columns.join(",")})`),
  ];
}
