import type { TableSchema } from "../contract/table-schema.ts";

/**
 * A table as it is told apart by: one without a primary key takes the first of its unique keys whose columns are never null
 * for it. WSO2's scripts leave some tables so: IDN_AUTH_USER_SESSION_MAPPING, IDN_OAUTH2_SCOPE_BINDING, UM_SHARED_USER_ROLE and others.
 */
export function withOwnKey(table: TableSchema): TableSchema {
  if (table.primaryKey.length > 0) return table;
  const isGiven = (name: string): boolean =>
    table.columns.some((column) => column.name === name && !column.nullable && !column.generated);
  const key = [...table.uniqueKeys]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .find(({ columns, partial }) => partial === undefined && columns.length > 0 && columns.every(isGiven));
  if (key === undefined) return table;
  return {
    ...table,
    primaryKey: key.columns,
    uniqueKeys: table.uniqueKeys.filter((other) => other !== key),
  };
}
