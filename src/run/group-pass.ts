import type { Position } from "../contract/change.ts";
import type { Hole } from "../contract/dialect.ts";
import type { Side } from "../contract/side.ts";
import { linksTo } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import { stillToCome } from "../status/arrival.ts";
import type { PassResult } from "./after-pass.ts";
import type { RunEvents } from "./events.ts";
import type { TableSync } from "./table-sync.ts";

/** The tables of a group in its order, parents first. */
export interface PassOptions {
  readonly source: Side;
  readonly tables: readonly TableSync[];
  readonly events: Pick<RunEvents, "parentsFirst">;
}

/** What one look at all tables of a group came to. */
export interface Pass extends PassResult {
  readonly empty: readonly string[];
  readonly holes: ReadonlyMap<TableSync, Hole>;
}

/** Rows that wait so long for those that they refer to are told of: nothing else shows why they stand still. */
const PARENTS_PATIENCE_MS = 5_000;

/** A pass that found nothing, without reading a journal: every position handed out is applied. */
export async function idlePass({ tables, source }: PassOptions): Promise<Pass | undefined> {
  const journals = tables.map((table) => table.table.names.journal);
  // Only spares a look: where it fails the journals are read, and tell the reason.
  const drawn = await source.dialect.horizon.drawn?.(source.db, journals).catch(() => undefined);
  if (drawn === undefined || tables.some((table, i) => table.position() !== drawn[i])) return undefined;
  return {
    applied: 0,
    allCaughtUp: true,
    waiting: false,
    empty: tables.map((t) => t.table.name),
    holes: new Map(),
  };
}

/** Where a transaction may still make changes visible though everything that is visible is applied. */
export async function findStillToCome(tables: readonly TableSync[]): Promise<ReadonlyMap<TableSync, Hole>> {
  const found = new Map<TableSync, Hole>();
  for (const table of tables) {
    const survey = await table.survey();
    const next = table.position() + 1n;
    // What has become visible since the pass read the journal is as much to come as what has not.
    const visible = survey.highest < next ? undefined : { first: next, last: survey.highest };
    const hole = stillToCome(survey) ?? visible;
    if (hole !== undefined) found.set(table, hole);
  }
  return found;
}

/** Before a drained run ends, every change that was set aside gets one more chance. Gives the error for those that are left. */
export async function lastRetry(
  tables: readonly TableSync[],
  stop: AbortSignal,
): Promise<SyncError | undefined> {
  const left = new Map<string, number>();
  for (const table of tables) {
    const count = await table.retryDeadLetters(true, stop);
    if (count > 0) left.set(table.table.name, count);
  }
  if (left.size === 0) return undefined;
  return new SyncError("DEAD_LETTERS_LEFT", {
    what: `The journals are drained, but the target refused changes: ${[...left].map(([table, n]) => `${table} ${n}`).join(", ")}`,
    next: "See `sync-tool dead-letters list`, mend the cause, then `sync-tool dead-letters retry` and run again",
  });
}

/**
 * Takes each table, parents first, as far as its journal reached at the beginning: under lasting load none but the
 * first would come to its turn otherwise.
 */
export async function onePass({ tables, events }: PassOptions, stop: AbortSignal): Promise<Pass> {
  const bounds = new Map<TableSync, bigint>();
  if (tables.length > 1) for (const table of tables) bounds.set(table, await table.reader.highest());
  let applied = 0;
  let allCaughtUp = true;
  const empty: string[] = [];
  let waiting = false;
  const holes = new Map<TableSync, Hole>();
  for (const table of tables) {
    const tellParents = setTimeout(() => {
      for (const child of tables)
        if (isBehindParent(child, table, bounds.get(child)))
          events.parentsFirst(child.table.name, table.table.name);
    }, PARENTS_PATIENCE_MS);
    const result = await table.drain(bounds.get(table), stop).finally(() => clearTimeout(tellParents));
    applied += result.applied;
    if (result.applied === 0 && result.caughtUp) empty.push(table.table.name);
    if (result.waiting) waiting = true;
    if (result.hole !== undefined) holes.set(table, result.hole);
    if (!result.caughtUp) allCaughtUp = false;
  }
  return { applied, allCaughtUp: allCaughtUp && !waiting, waiting, empty, holes };
}

const isBehindParent = (child: TableSync, parent: TableSync, reached: Position | undefined): boolean =>
  linksTo(child.table, parent.table).length > 0 &&
  child !== parent &&
  reached !== undefined &&
  child.position() < reached;
