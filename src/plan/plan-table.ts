import type { Dialect } from "../contract/dialect.ts";
import { objectNames } from "../contract/object-names.ts";
import type { ParentLink, PlanColumn, SourceColumn, TablePlan } from "../contract/sync-plan.ts";
import type { Column, TableSchema, UniqueKey } from "../contract/table-schema.ts";
import type { Rekeyed } from "./rekeyed-tables.ts";

/** Names that the journal needs for itself. */
const JOURNAL_COLUMNS = ["SYNC_ID", "ACTION", "CAPTURED_AT"];

export interface TableRequest {
  /** Upper case. */
  readonly name: string;
  readonly source: TableSchema;
  readonly target: TableSchema;
  /** Every synced table, upper case. */
  readonly synced: readonly string[];
  readonly from: Dialect;
  readonly to: Dialect;
  readonly rekeyed: Rekeyed | undefined;
  /** Columns of the target alone that the transformation fills. */
  readonly makes: readonly string[];
  /** Columns that the transformation reads though the target may lack them. */
  readonly reads: readonly string[];
}

/** Plans one table from its two shapes; what makes it impossible, and what an operator should read, is added to the lists. */
export function planTable(request: TableRequest, notes: string[], problems: string[]): TablePlan {
  const { name, source, target, synced, from, to, rekeyed, makes } = request;
  for (const [side, table] of [
    ["source", source],
    ["target", target],
  ] as const) {
    if (table.unsupported !== undefined) problems.push(`${name}: on the ${side} ${table.unsupported}`);
  }
  // The source's own shape stands in for a target that is still to be restored.
  if (target.changesKeys !== undefined)
    (target === source ? notes : problems).push(`${name}: on the target ${target.changesKeys}`);
  const byName = (columns: readonly Column[]): Map<string, Column> =>
    new Map(columns.map((c) => [c.name.toUpperCase(), c]));
  const sourceColumns = byName(source.columns);
  const targetColumns = byName(target.columns);
  const columns: PlanColumn[] = [];
  for (const [column, onSource] of sourceColumns) {
    const onTarget = targetColumns.get(column);
    if (onTarget === undefined || onTarget.generated || onSource.generated) continue;
    columns.push({ name: column, source: onSource, target: onTarget });
    if (!isCompatible(onSource, onTarget, from.name === to.name)) {
      problems.push(
        `${name}.${column}: ${onSource.type} on the source cannot become ${onTarget.type} on the target`,
      );
    }
  }
  const key =
    rekeyed === undefined
      ? target.primaryKey.flatMap((column) => columns.filter((c) => c.name === column.toUpperCase()))
      : rekeyedColumns(rekeyed, sourceColumns, targetColumns);
  // Where only the source has one, the restore is not finished, which the caller says.
  if (target.primaryKey.length === 0) {
    if (source.primaryKey.length === 0)
      problems.push(
        `${name}: the target's table has no primary key, nor a unique key of columns that are never null`,
      );
  } else if (rekeyed !== undefined && (key.length === 0 || sourceColumns.has(rekeyed.key))) {
    problems.push(`${name}: the source does not have the shape of its sourceVersion`);
  } else if (key.length < target.primaryKey.length) {
    const missing = target.primaryKey.filter((column) => !sourceColumns.has(column.toUpperCase()));
    problems.push(`${name}: the source lacks ${missing.join(", ")}, the target's primary key`);
  }
  for (const [side, table] of [
    ["source", source],
    ["target", target],
  ] as const) {
    for (const twins of twinsAmong(table.columns))
      problems.push(`${name}: on the ${side} its columns ${twins} differ in case alone`);
  }
  for (const reserved of JOURNAL_COLUMNS) {
    if (sourceColumns.has(reserved))
      problems.push(`${name}: it has a column ${reserved}, a name that the journal needs`);
  }
  const reads = [...(rekeyed?.reads ?? []), ...request.reads].filter((column) => !targetColumns.has(column));
  const sourceOnly = [...sourceColumns.keys()].filter(
    (column) => !targetColumns.has(column) && !reads.includes(column),
  );
  const targetOnly = [...targetColumns.keys()].filter((column) => !sourceColumns.has(column));
  if (sourceOnly.length > 0)
    notes.push(`${name}: dropped, since only the source has it: ${sourceOnly.join(", ")}`);
  for (const column of targetOnly) {
    const onTarget = targetColumns.get(column);
    const isMade = column === rekeyed?.key || makes.includes(column);
    if (!isMade && onTarget?.nullable === false && onTarget.default === null && !onTarget.generated) {
      problems.push(
        `${name}.${column}: only the target has it, it must not be null and has no default: no row could be written`,
      );
    }
  }
  for (const { name: column, source: onSource, target: onTarget } of key) {
    if (onSource.equality === "exact" && onTarget.equality === "insensitive") {
      notes.push(
        `${name}.${column}: the source tells keys apart by case or accents, the target does not: such rows become one`,
      );
    }
  }
  return {
    name,
    source,
    target,
    columns,
    sourceColumns: [...columns, ...reads.flatMap((column) => sourceColumn(column, sourceColumns))],
    targetColumns: writable(target),
    key,
    ...(rekeyed === undefined ? {} : { isRekeyed: true }),
    targetOnly,
    sourceOnly,
    targetUniqueKeys: uniqueKeysOf(target),
    parents: parentLinks(target, synced),
    takesAlong: [],
    cascades: [],
    children: [],
    names: objectNames(source.name),
    targetNames: objectNames(target.name),
  };
}

/** Names that are one when nobody looks at their case, in quotes: `"a" and "A"`. */
export function twinsAmong(named: readonly { readonly name: string }[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const { name } of named)
    groups.set(name.toUpperCase(), [...(groups.get(name.toUpperCase()) ?? []), name]);
  return [...groups.values()]
    .filter((names) => names.length > 1)
    .map((names) => names.map((name) => `"${name}"`).join(" and "));
}

/** Whether a table has a column, by its upper-case name. */
export function has(table: TableSchema, column: string): boolean {
  return table.columns.some(({ name }) => name.toUpperCase() === column);
}

function sourceColumn(name: string, columns: ReadonlyMap<string, Column>): readonly SourceColumn[] {
  const source = columns.get(name);
  return source === undefined ? [] : [{ name, source }];
}

/** The columns of a target that rows can be written with. */
export function writable(table: TableSchema): TablePlan["targetColumns"] {
  return table.columns
    .filter((column) => !column.generated)
    .map((column) => ({ name: column.name.toUpperCase(), target: column }));
}

/** The unique keys that rows can collide on. A column that no row is written with makes a key partial. */
export function uniqueKeysOf(table: TableSchema): readonly UniqueKey[] {
  const names = new Set(writable(table).map(({ name }) => name));
  return table.uniqueKeys.map((key) => {
    const computed = key.columns.filter((name) => !names.has(name.toUpperCase()));
    if (key.partial !== undefined || computed.length === 0) return key;
    return { ...key, partial: `a column that the database computes: ${computed.join(", ")}` };
  });
}

function rekeyedColumns(
  { key, sourceKey }: Rekeyed,
  sourceColumns: ReadonlyMap<string, Column>,
  targetColumns: ReadonlyMap<string, Column>,
): readonly PlanColumn[] {
  const [source, target] = [sourceColumns.get(sourceKey), targetColumns.get(key)];
  return source === undefined || target === undefined ? [] : [{ name: key, source, target }];
}

const NUMBERS = new Set(["integer", "decimal", "boolean", "float"]);

function isCompatible(source: Column, target: Column, sameDatabaseType: boolean): boolean {
  if (source.kind === "other" || target.kind === "other")
    return sameDatabaseType && source.kind === target.kind;
  if (source.kind === target.kind) return true;
  // A flag is CHAR(1) in one database and a number or BOOLEAN in another; its text is the same.
  return (
    (NUMBERS.has(source.kind) || source.kind === "text") &&
    (NUMBERS.has(target.kind) || target.kind === "text")
  );
}

function parentLinks(table: TableSchema, synced: readonly string[]): readonly ParentLink[] {
  return table.foreignKeys.map((link) => ({
    columns: link.columns.map((column) => column.toUpperCase()),
    parent: link.refTable,
    parentColumns: link.refColumns.map((column) => column.toUpperCase()),
    synced: synced.includes(link.refTable.toUpperCase()),
  }));
}
