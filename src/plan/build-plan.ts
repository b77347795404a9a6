import type { IsVersion } from "../config/versions.ts";
import type { Queryable } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";
import type { Column, TableSchema } from "../dialect/table-schema.ts";
import { SyncError } from "../errors.ts";
import { cascadePaths } from "./cascades.ts";
import { groupTables } from "./groups.ts";
import { objectNames } from "./object-names.ts";
import { type Rekeyed, rekeyedTable, splitFrom } from "./rekeyed-tables.ts";
import type {
  ChildLink,
  ParentLink,
  PlanColumn,
  SourceColumn,
  SplitTable,
  SyncPlan,
  TablePlan,
  TargetTable,
} from "./sync-plan.ts";
import { holdsUserIds, USER_ID_CLAIM } from "./user-claims.ts";

/** One side of a plan: a dialect and a connection of it. */
export interface Side {
  readonly dialect: Dialect;
  readonly db: Queryable;
}

export interface PlanRequest {
  readonly schema: SyncPlan["schema"];
  readonly sourceVersion: IsVersion;
  readonly targetVersion: IsVersion;
  /** Upper case. */
  readonly tables: readonly string[];
  /** The dump may not have been restored yet: a table that the target lacks is planned with the source's shape. */
  readonly beforeRestore?: boolean;
}

/** Names that the journal needs for itself. */
const JOURNAL_COLUMNS = ["SYNC_ID", "ACTION"];

/**
 * Reads both live catalogues and works out how each table is captured and written. Throws PLAN_IMPOSSIBLE with every
 * reason at once.
 */
export async function buildPlan(request: PlanRequest, source: Side, target: Side): Promise<SyncPlan> {
  const sourceTables = await source.dialect.introspector.tables(source.db, request.tables);
  const claimTables = request.tables.includes(USER_ID_CLAIM.users) ? [USER_ID_CLAIM.table] : [];
  const targetTables = await target.dialect.introspector.tables(target.db, [
    ...new Set([...request.tables, ...claimTables]),
  ]);
  const problems: string[] = [];
  const notes: string[] = [];
  const tables: TablePlan[] = [];
  const { sourceVersion, targetVersion } = request;
  for (const name of request.tables) {
    const parent = splitFrom(name, sourceVersion, targetVersion);
    // Its rows come with those of the table that they are split from.
    if (parent !== undefined && request.tables.includes(parent)) continue;
    const from = sourceTables.find((table) => table.name.toUpperCase() === name);
    const found = targetTables.find((table) => table.name.toUpperCase() === name);
    const awaitsRestore = found === undefined && request.beforeRestore === true;
    const to = awaitsRestore ? from : found;
    if (from === undefined) problems.push(`${name}: the source has no such table`);
    if (to === undefined && !awaitsRestore) problems.push(`${name}: the target has no such table`);
    if (from === undefined || to === undefined) continue;
    if (awaitsRestore)
      notes.push(`${name}: the target does not have it yet; planned with the source's shape`);
    const writer = awaitsRestore ? source.dialect : target.dialect;
    const rekeyed = rekeyedTable(name, sourceVersion, targetVersion);
    const isOldShape = rekeyed !== undefined && !has(to, rekeyed.key);
    if (isOldShape && !awaitsRestore)
      notes.push(
        `${name}: the target still has the shape of ${sourceVersion}; it is planned anew once migrated`,
      );
    const plan = planTable(
      name,
      from,
      to,
      request.tables,
      source.dialect,
      writer,
      notes,
      problems,
      isOldShape ? undefined : rekeyed,
    );
    const cascades = source.dialect.capabilities.cascadesSkipTriggers
      ? await cascadePaths(from, source, problems)
      : [];
    const split = isOldShape ? undefined : splitTable(rekeyed, request.tables, targetTables, problems);
    tables.push({
      ...plan,
      cascades,
      ...(awaitsRestore ? { awaitsRestore } : {}),
      ...(split === undefined ? {} : { split }),
    });
  }
  problems.push(...nameClashes(tables));
  const attributes = targetTables.find((table) => holdsUserIds(table, sourceVersion, targetVersion));
  const linked = tables.map((table): TablePlan => {
    const claims =
      attributes !== undefined && table.name === USER_ID_CLAIM.users && has(table.target, "UM_USER_ID");
    if (claims && attributes.changesKeys !== undefined && !request.tables.includes(USER_ID_CLAIM.table))
      problems.push(`${USER_ID_CLAIM.table}: on the target ${attributes.changesKeys}`);
    const written = claims ? [...tables, targetTable(attributes)] : tables;
    return {
      ...table,
      children: childLinks(table, written),
      ...(claims ? { claims: targetTable(attributes) } : {}),
      ...(table.target === attributes ? { holdsClaims: true } : {}),
    };
  });
  if (problems.length > 0) {
    throw new SyncError("PLAN_IMPOSSIBLE", {
      what: `These tables cannot be synced as they are:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
      next: "Mend the tables, or take them out of syncTables",
    });
  }
  return {
    schema: request.schema,
    sourceVersion: request.sourceVersion,
    targetVersion: request.targetVersion,
    groups: groupTables(linked),
    notes,
  };
}

function planTable(
  name: string,
  source: TableSchema,
  target: TableSchema,
  synced: readonly string[],
  from: Dialect,
  to: Dialect,
  notes: string[],
  problems: string[],
  rekeyed: Rekeyed | undefined,
): TablePlan {
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
  for (const [column, theirs] of sourceColumns) {
    const ours = targetColumns.get(column);
    if (ours === undefined || ours.generated || theirs.generated) continue;
    columns.push({ name: column, source: theirs, target: ours });
    if (!isCompatible(theirs, ours, from.name === to.name)) {
      problems.push(
        `${name}.${column}: ${theirs.type} on the source cannot become ${ours.type} on the target`,
      );
    }
  }
  const key =
    rekeyed === undefined
      ? target.primaryKey.flatMap((column) => columns.filter((c) => c.name === column.toUpperCase()))
      : rekeyedColumns(rekeyed, sourceColumns, targetColumns);
  if (target.primaryKey.length === 0) problems.push(`${name}: the target's table has no primary key`);
  else if (rekeyed !== undefined && (key.length === 0 || sourceColumns.has(rekeyed.key))) {
    problems.push(`${name}: the source does not have the shape of its sourceVersion`);
  } else if (key.length < target.primaryKey.length) {
    const missing = target.primaryKey.filter((column) => !sourceColumns.has(column.toUpperCase()));
    problems.push(`${name}: the source lacks ${missing.join(", ")}, the target's primary key`);
  }
  for (const reserved of JOURNAL_COLUMNS) {
    if (sourceColumns.has(reserved))
      problems.push(`${name}: it has a column ${reserved}, a name that the journal needs`);
  }
  const reads = rekeyed?.reads ?? [];
  const sourceOnly = [...sourceColumns.keys()].filter(
    (column) => !targetColumns.has(column) && !reads.includes(column),
  );
  const targetOnly = [...targetColumns.keys()].filter((column) => !sourceColumns.has(column));
  if (sourceOnly.length > 0)
    notes.push(`${name}: dropped, since only the source has it: ${sourceOnly.join(", ")}`);
  for (const column of targetOnly) {
    const ours = targetColumns.get(column);
    if (column !== rekeyed?.key && ours?.nullable === false && ours.default === null && !ours.generated) {
      notes.push(`${name}.${column}: only the target has it, it must not be null and has no default`);
    }
  }
  for (const { name: column, source: theirs, target: ours } of key) {
    if (theirs.equality === "exact" && ours.equality === "insensitive") {
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
    targetUniqueKeys: target.uniqueKeys,
    parents: parentLinks(target, synced),
    cascades: [],
    children: [],
    names: objectNames(source.name),
    targetNames: objectNames(target.name),
  };
}

function has(table: TableSchema, column: string): boolean {
  return table.columns.some(({ name }) => name.toUpperCase() === column);
}

function sourceColumn(name: string, columns: ReadonlyMap<string, Column>): readonly SourceColumn[] {
  const source = columns.get(name);
  return source === undefined ? [] : [{ name, source }];
}

function writable(table: TableSchema): TablePlan["targetColumns"] {
  return table.columns
    .filter((column) => !column.generated)
    .map((column) => ({ name: column.name.toUpperCase(), target: column }));
}

function rekeyedColumns(
  { key, sourceKey }: Rekeyed,
  sourceColumns: ReadonlyMap<string, Column>,
  targetColumns: ReadonlyMap<string, Column>,
): readonly PlanColumn[] {
  const [source, target] = [sourceColumns.get(sourceKey), targetColumns.get(key)];
  return source === undefined || target === undefined ? [] : [{ name: key, source, target }];
}

/** The table that a rekeyed one's rows are split into, when it is synced too. */
function splitTable(
  rekeyed: Rekeyed | undefined,
  synced: readonly string[],
  targetTables: readonly TableSchema[],
  problems: string[],
): SplitTable | undefined {
  if (rekeyed?.splits === undefined || !synced.includes(rekeyed.splits.table)) return undefined;
  const { table: name, column } = rekeyed.splits;
  const target = targetTables.find((table) => table.name.toUpperCase() === name);
  if (target === undefined) {
    problems.push(`${name}: the target has no such table`);
    return undefined;
  }
  return { ...targetTable(target), column };
}

function targetTable(target: TableSchema): TargetTable {
  const targetColumns = writable(target);
  const key = targetColumns.filter(({ target: { name: own } }) => target.primaryKey.includes(own));
  return { target, targetColumns, key, targetUniqueKeys: target.uniqueKeys };
}

/** By the target's foreign keys on this table's whole key; those with a cascade see to themselves. */
function childLinks(parent: TablePlan, written: readonly TargetTable[]): readonly ChildLink[] {
  const tables = new Map(written.map((table) => [table.target.name, table]));
  return [...tables.values()].flatMap((child) =>
    child.target.foreignKeys
      .filter(({ refTable, onDelete }) => refTable === parent.target.name && onDelete !== "cascade")
      .flatMap((link) => {
        const columns = parent.key.flatMap(({ name }) => {
          const own = link.columns[link.refColumns.findIndex((column) => column.toUpperCase() === name)];
          return child.target.columns.filter((column) => column.name === own);
        });
        return columns.length === parent.key.length ? [{ child, columns }] : [];
      }),
  );
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

/** Two long table names can be cut to the same object name. */
function nameClashes(tables: readonly TablePlan[]): string[] {
  const owner = new Map<string, string>();
  const problems: string[] = [];
  for (const table of tables) {
    const names = [
      ...Object.values(table.names),
      ...table.cascades.flatMap((path) => [path.trigger, path.afterTrigger]),
    ];
    for (const name of names) {
      const other = owner.get(name);
      if (other !== undefined) problems.push(`${table.name} and ${other} would both own ${name}`);
      owner.set(name, table.name);
    }
  }
  return problems;
}
