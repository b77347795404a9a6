import type { IsVersion } from "../config/versions.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { Direction } from "../contract/direction.ts";
import { objectNames } from "../contract/object-names.ts";
import type { Side } from "../contract/side.ts";
import type {
  CascadeLink,
  ChildLink,
  SplitTable,
  SyncPlan,
  TablePlan,
  TargetTable,
} from "../contract/sync-plan.ts";
import type { ForeignKey, TableSchema } from "../contract/table-schema.ts";
import { SyncError } from "../errors.ts";
import { cascadePaths } from "./cascades.ts";
import { groupTables } from "./groups.ts";
import { withOwnKey } from "./own-key.ts";
import { has, planTable, twinsAmong, uniqueKeysOf, writable } from "./plan-table.ts";
import { type Rekeyed, rekeyedTable, splitFrom } from "./rekeyed-tables.ts";
import { tableVerdict } from "./table-verdicts.ts";
import { holdsUserIds, USER_ID_CLAIM } from "./user-claims.ts";
import { READ_ON_THE_WAY_BACK, wayBack, wayBackProblems } from "./way-back.ts";

export interface PlanRequest {
  readonly schema: SyncPlan["schema"];
  readonly sourceVersion: IsVersion;
  readonly targetVersion: IsVersion;
  /** Upper case. */
  readonly tables: readonly string[];
  /** The dump may not have been restored yet: a table that the target lacks is planned with the source's shape. */
  readonly beforeRestore?: boolean;
  readonly emailUserNames?: boolean;
  /** Default: forward. On the way back the versions are blue's and green's still, `source` is green and `target` blue. */
  readonly direction?: Direction;
}

/** The rules of the way back are the transformation's own. */
const CARRIED = { kind: "ruled", makes: [] } as const;

const NOT_ON_TARGET = "the target has no such table";
const NO_KEY_YET = "which the source's has: is the restore still at work?";

/** A catalogue that shows a user only what it has a right on tells no more than that. */
const orNoRight = ({ capabilities }: Dialect): string =>
  capabilities.hidesTables ? ", or its user no right on it" : "";

/**
 * Reads both live catalogues and works out how each table is captured and written; without a target, how it is captured
 * (`beforeRestore`). Throws PLAN_IMPOSSIBLE with every reason at once.
 */
export async function buildPlan(
  request: PlanRequest,
  source: Side,
  target: Side | undefined,
): Promise<SyncPlan> {
  const sourceTables = (await source.dialect.introspector.tables(source.db, request.tables)).map(withOwnKey);
  const claimTables = request.tables.includes(USER_ID_CLAIM.users) ? [USER_ID_CLAIM.table] : [];
  const wanted = [...new Set([...request.tables, ...claimTables])];
  const targetTables =
    target === undefined ? [] : (await target.dialect.introspector.tables(target.db, wanted)).map(withOwnKey);
  refuseUnreadable(source, sourceTables, "source");
  if (target !== undefined) refuseUnreadable(target, targetTables, "target");
  const targetDialect = target?.dialect ?? source.dialect;
  const problems: string[] = [];
  const notes: string[] = [];
  const tables: TablePlan[] = [];
  const { sourceVersion, targetVersion } = request;
  const isBack = request.direction === "back";
  if (isBack) problems.push(...wayBackProblems(request.tables, sourceVersion));
  for (const name of request.tables) {
    const parent = isBack ? undefined : splitFrom(name, sourceVersion, targetVersion);
    // Its rows come with those of the table that they are split from.
    if (parent !== undefined && request.tables.includes(parent)) continue;
    if (isBack && wayBack(name, sourceVersion).kind !== "carried") continue;
    const verdict = isBack ? CARRIED : tableVerdict(name, sourceVersion, targetVersion);
    if (verdict.kind === "refused") {
      problems.push(`${name}: cannot be synced from ${sourceVersion} to ${targetVersion}: ${verdict.reason}`);
      continue;
    }
    const from = sourceTables.find((table) => table.name.toUpperCase() === name);
    const found = targetTables.find((table) => table.name.toUpperCase() === name);
    // A restore makes the keys when all rows are there.
    const isWhole = found !== undefined && (found.primaryKey.length > 0 || from?.primaryKey.length === 0);
    const awaitsRestore = !isWhole && request.beforeRestore === true;
    const to = awaitsRestore ? from : found;
    if (from === undefined)
      problems.push(`${name}: the source has no such table${orNoRight(source.dialect)}`);
    if (to === undefined && !awaitsRestore)
      problems.push(`${name}: ${NOT_ON_TARGET}${orNoRight(targetDialect)}`);
    if (from === undefined || to === undefined) continue;
    if (awaitsRestore) {
      const lack = found === undefined ? "it" : "its primary key";
      notes.push(`${name}: the target does not have ${lack} yet; planned with the source's shape`);
    } else if (!isWhole) {
      problems.push(`${name}: the target's table has no primary key, ${NO_KEY_YET}`);
    }
    const writer = awaitsRestore ? source.dialect : targetDialect;
    const rekeyed = isBack ? undefined : rekeyedTable(name, sourceVersion, targetVersion);
    const isOldShape = rekeyed !== undefined && !has(to, rekeyed.key);
    if (isOldShape && !awaitsRestore)
      notes.push(
        `${name}: the target still has the shape of ${sourceVersion}; it is planned anew once migrated`,
      );
    const plan = planTable(
      {
        name,
        source: from,
        target: to,
        synced: request.tables,
        from: source.dialect,
        to: writer,
        rekeyed: isOldShape ? undefined : rekeyed,
        makes: verdict.kind === "ruled" ? verdict.makes : [],
        reads: isBack ? READ_ON_THE_WAY_BACK : [],
      },
      notes,
      problems,
    );
    const cascades = source.dialect.capabilities.cascadesSkipTriggers
      ? await cascadePaths(from, source, problems)
      : [];
    const split = isOldShape
      ? undefined
      : splitTable(rekeyed, request.tables, targetTables, targetDialect, problems);
    tables.push({
      ...plan,
      cascades,
      ...(awaitsRestore ? { awaitsRestore } : {}),
      ...(split === undefined ? {} : { split }),
    });
  }
  for (const [side, found] of [
    ["source", sourceTables],
    ["target", targetTables],
  ] as const) {
    for (const twins of twinsAmong(found))
      problems.push(`on the ${side} there are tables ${twins}, which differ in case alone`);
  }
  problems.push(...nameClashes(tables));
  const attributes = isBack
    ? undefined
    : targetTables.find((table) => holdsUserIds(table, sourceVersion, targetVersion));
  const takesAlong = cascadeLinks(tables);
  const linked = tables.map((table): TablePlan => {
    const claims =
      attributes !== undefined && table.name === USER_ID_CLAIM.users && has(table.target, "UM_USER_ID");
    if (claims && attributes.changesKeys !== undefined && !request.tables.includes(USER_ID_CLAIM.table))
      problems.push(`${USER_ID_CLAIM.table}: on the target ${attributes.changesKeys}`);
    const written = claims ? [...tables, targetTable(attributes)] : tables;
    return {
      ...table,
      children: childLinks(table, written).filter(({ onDelete }) => onDelete !== "cascade"),
      takesAlong: takesAlong.get(table) ?? [],
      ...(claims ? { claims: targetTable(attributes) } : {}),
      ...(table.target === attributes ? { holdsClaims: true } : {}),
    };
  });
  if (problems.length > 0) {
    throw new SyncError("PLAN_IMPOSSIBLE", {
      what: `These tables cannot be synced as they are:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
      next: await mendTables(source, sourceTables, targetTables, problems),
    });
  }
  return {
    schema: request.schema,
    sourceVersion: request.sourceVersion,
    targetVersion: request.targetVersion,
    groups: groupTables(linked),
    ...(request.emailUserNames === undefined ? {} : { emailUserNames: request.emailUserNames }),
    ...(isBack ? { direction: "back" } : {}),
    notes,
  };
}

/** MySQL shows a table to a user with any right on it, but its columns only to one with SELECT. */
function refuseUnreadable({ dialect }: Side, tables: readonly TableSchema[], side: string): void {
  const hidden = tables.filter(({ columns }) => columns.length === 0).map(({ name }) => name);
  if (hidden.length === 0) return;
  throw new SyncError("GRANT_MISSING", {
    what: `The user of the ${side} lacks a privilege\n  - ${side}: missing: ${hidden.map((name) => `SELECT on ${name}`).join("; ")}`,
    next: [
      "Have a DBA give what is missing, then give the command again",
      ...hidden.map((name) => `on the ${side}: GRANT SELECT ON ${dialect.sql.quote(name)} TO the user;`),
    ].join("\n  "),
  });
}

/** Without a single table the target is no restored database yet, or another one than meant. */
async function mendTables(
  source: Side,
  sourceTables: readonly TableSchema[],
  targetTables: readonly TableSchema[],
  problems: readonly string[],
): Promise<string> {
  if (problems.some((problem) => problem.endsWith(NO_KEY_YET)))
    return "Wait until the restore has ended without an error: it makes keys and indexes last. If it has ended, give the target's table the key that the source's has";
  const isEmpty = targetTables.length === 0 && problems.every((problem) => problem.includes(NOT_ON_TARGET));
  if (!isEmpty) return "Mend the tables, or take them out of syncTables";
  const ifRestored = "if it is restored, correct the target's url or schema in deployment.toml";
  return (await isCaptured(source, sourceTables))
    ? `Restore a dump of the source that began after \`sync-tool prepare\` had ended, then give \`sync-tool prepare\` again; ${ifRestored}`
    : `Run \`sync-tool prepare\` first, and begin the dump of the source when it has ended: a dump that began before lacks changes for good; ${ifRestored}`;
}

/** Whether every table has a journal and its triggers, by their names alone. */
async function isCaptured({ dialect, db }: Side, tables: readonly TableSchema[]): Promise<boolean> {
  const names = tables.flatMap(({ name }) => {
    const { checkpoint: _, ...own } = objectNames(name);
    return Object.values(own).map((one) => one.toUpperCase());
  });
  const found = new Set(
    (await dialect.introspector.objects(db, names)).map(({ name }) => name.toUpperCase()),
  );
  return names.every((name) => found.has(name));
}

/** The table that a rekeyed one's rows are split into, when it is synced too. */
function splitTable(
  rekeyed: Rekeyed | undefined,
  synced: readonly string[],
  targetTables: readonly TableSchema[],
  to: Dialect,
  problems: string[],
): SplitTable | undefined {
  if (rekeyed?.splits === undefined || !synced.includes(rekeyed.splits.table)) return undefined;
  const { table: name, column } = rekeyed.splits;
  const target = targetTables.find((table) => table.name.toUpperCase() === name);
  if (target === undefined) {
    problems.push(`${name}: ${NOT_ON_TARGET}${orNoRight(to)}`);
    return undefined;
  }
  return { ...targetTable(target), column };
}

function targetTable(target: TableSchema): TargetTable {
  const targetColumns = writable(target);
  const key = targetColumns.filter(({ target: { name: own } }) => target.primaryKey.includes(own));
  return { target, targetColumns, key, targetUniqueKeys: uniqueKeysOf(target) };
}

interface ForeignKeyLink extends ChildLink {
  readonly onDelete: ForeignKey["onDelete"];
}

/** By the target's foreign keys on a table's whole key; of two plans of one table the later counts. */
function childLinks<Child extends TargetTable>(
  parent: TablePlan,
  written: readonly Child[],
): readonly (ForeignKeyLink & { readonly child: Child })[] {
  const tables = new Map(written.map((table) => [table.target.name, table]));
  return [...tables.values()].flatMap((child) =>
    child.target.foreignKeys
      .filter(({ refTable }) => refTable === parent.target.name)
      .flatMap((link) => {
        const columns = parent.key.flatMap(({ name }) => {
          const own = link.columns[link.refColumns.findIndex((column) => column.toUpperCase() === name)];
          return child.target.columns.filter((column) => column.name === own);
        });
        return columns.length === parent.key.length ? [{ child, columns, onDelete: link.onDelete }] : [];
      }),
  );
}

/** What goes along when a row is deleted, table by table. */
function cascadeLinks(tables: readonly TablePlan[]): ReadonlyMap<TablePlan, readonly CascadeLink[]> {
  const links = new Map(tables.map((table): [TablePlan, CascadeLink[]] => [table, []]));
  for (const [table, own] of links) {
    for (const { child, columns, onDelete } of childLinks(table, tables))
      if (onDelete !== "set null") own.push({ child, columns, below: links.get(child) ?? [] });
  }
  return links;
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
