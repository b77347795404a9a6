import type { IsVersion } from "../config/versions.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { Direction } from "../contract/direction.ts";
import type { Side } from "../contract/side.ts";
import type { SplitTable, SyncPlan, TablePlan, TargetTable } from "../contract/sync-plan.ts";
import type { TableSchema } from "../contract/table-schema.ts";
import { SyncError } from "../errors.ts";
import { cascadePaths } from "./cascades.ts";
import { cascadeLinks, childLinks } from "./child-links.ts";
import { directionRules } from "./direction-rules.ts";
import { groupTables } from "./groups.ts";
import { withOwnKey } from "./own-key.ts";
import { has, planTable, twinsAmong, uniqueKeysOf, writable } from "./plan-table.ts";
import type { Rekeyed } from "./rekeyed-tables.ts";
import { mendTables, NO_KEY_YET, NOT_ON_TARGET, refuseUnreadable } from "./unfit-tables.ts";
import { USER_ID_CLAIM } from "./user-claims.ts";

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
  const rules = directionRules(request.direction ?? "forward", sourceVersion, targetVersion);
  problems.push(...rules.problems(request.tables));
  for (const name of request.tables) {
    const parent = rules.splitFrom(name);
    // Its rows come with those of the table that they are split from.
    if (parent !== undefined && request.tables.includes(parent)) continue;
    const verdict = rules.verdict(name);
    if (verdict.kind === "absent") continue;
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
    const rekeyed = rules.rekeyed(name);
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
        reads: rules.reads,
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
  const attributes = targetTables.find((table) => rules.holdsUserIds(table));
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
    ...(request.direction === "back" ? { direction: "back" } : {}),
    notes,
  };
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
