import { lowest, readLanes } from "../checkpoint/checkpoint.ts";
import type { Database } from "../db/database.ts";
import type { Dialect, Hole } from "../dialect/dialect.ts";
import { isPassing } from "../dialect/is-passing.ts";
import { SyncError } from "../errors.ts";
import { journalReplaced } from "../journal/journal-replaced.ts";
import type { Side } from "../plan/build-plan.ts";
import type { TableGroup } from "../plan/sync-plan.ts";
import { stillToCome } from "../status/arrival.ts";
import { monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import { createBackoff } from "./backoff.ts";
import { driverFailure } from "./driver-failure.ts";
import type { RunEvents } from "./events.ts";
import { type Origin, originOf } from "./origin.ts";
import type { TableSync } from "./table-sync.ts";
import { type WatchedLock, watchLock } from "./watch-lock.ts";

/** When a run of a group ends by itself. */
export type Until = "stopped" | "one pass" | "drained";

export interface GroupLoopOptions {
  readonly group: TableGroup;
  readonly source: Side;
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  /** In the order of the group: parents first. */
  readonly tables: readonly TableSync[];
  /** Identity of each table's journal on the source, read anew after every failure. */
  readonly journalId: (table: TableSync) => Promise<string>;
  readonly lockName: string;
  readonly syncIntervalMs: number;
  readonly until: Until;
  readonly signal: AbortSignal;
  readonly events: RunEvents;
}

/** How soon an open hole, or a lock that another runner holds, is looked at again. */
const HOLE_POLL_MS = 50;
const STANDBY_POLL_MS = 1_000;
/** An open hole this old is reported, and again every so often. */
const BLOCKED_PATIENCE_MS = 500;
const BLOCKED_REPORT_MS = 10_000;
/** One pass takes this long beyond the age at which a hole can be judged, before a hole ends it. */
const ONE_PASS_MARGIN_MS = 500;
/** Empty polls in a row that count as drained. */
const EMPTY_POLLS = 2;

/** Keeps one group of tables in step until it is stopped. Throws SyncError when going on is not possible. */
export async function runGroup(options: GroupLoopOptions): Promise<void> {
  const { signal, events, group } = options;
  const backoff = createBackoff();
  let failingSince: number | undefined;
  let failingFor: string | undefined;
  while (!signal.aborted) {
    let lock: WatchedLock | undefined;
    try {
      lock = await waitForLock(options);
      if (lock === undefined) return;
      await openCheckpoints(options);
      const progressed = (): void => {
        if (failingSince === undefined) return;
        events.recovered(group.name, backoff.attempts, (monotonic() - failingSince) / 1000);
        failingSince = undefined;
        failingFor = undefined;
        backoff.reset();
      };
      await cycle(options, lock, progressed);
      return;
    } catch (error) {
      const failure = describeFailure(options, error);
      if (failure === undefined) throw finalFailure(options, error);
      failingSince ??= monotonic();
      if (failure.reason !== failingFor) events.retrying(group.name, failure.reason, failure.code);
      failingFor = failure.reason;
      await sleep(backoff.next(), signal);
    } finally {
      await lock?.release().catch(() => undefined);
    }
  }
}

/** Polls until stopped, drained or done. */
async function cycle(options: GroupLoopOptions, lock: WatchedLock, progressed: () => void): Promise<void> {
  const { tables, signal, events, until } = options;
  // A lost lock ends the pass after the batch under way, as a stop does.
  const stop = AbortSignal.any([signal, lock.lost]);
  let emptyPolls = 0;
  let blockedSince: number | undefined;
  let reportedAt: number | undefined;
  let onePassUntil: number | undefined;
  while (!signal.aborted) {
    if (lock.lost.aborted) throw lockLost(options.group.name);
    let pass = (await idlePass(options, emptyPolls)) ?? (await onePass(options, stop));
    progressed();
    for (const table of pass.empty) events.idle(table);
    for (const table of tables) await table.retryDeadLetters(false);
    if (until === "one pass") {
      // A rolled-back hole is proven dead only by a second look: without it, no pass would ever get beyond it.
      onePassUntil ??= monotonic() + options.source.dialect.capabilities.minHoleAgeMs + ONE_PASS_MARGIN_MS;
      if (!pass.waiting || monotonic() > onePassUntil) return;
    }
    emptyPolls = pass.allCaughtUp && pass.applied === 0 ? emptyPolls + 1 : 0;
    if (until === "drained" && emptyPolls >= EMPTY_POLLS) {
      const toCome = await findStillToCome(tables);
      if (toCome.size === 0) return await lastRetry(tables);
      pass = { ...pass, waiting: true, holes: toCome };
    }
    if (pass.waiting) {
      blockedSince ??= monotonic();
      const now = monotonic();
      const isTold = reportedAt !== undefined && now - reportedAt < BLOCKED_REPORT_MS;
      if (!isTold && now - blockedSince >= BLOCKED_PATIENCE_MS) {
        reportedAt = now;
        await reportBlocked(pass.holes, blockedSince, events);
      }
    } else {
      blockedSince = undefined;
    }
    const pause = pass.waiting ? Math.min(HOLE_POLL_MS, options.syncIntervalMs) : options.syncIntervalMs;
    await sleep(until === "drained" ? Math.min(pause, 500) : pause, stop);
  }
}

/** Every so many idle polls the journals are read all the same. */
const TRUSTED_POLLS = 20;

/** A pass that found nothing, without reading a journal: every position handed out is applied. */
async function idlePass({ tables, source }: GroupLoopOptions, emptyPolls: number): Promise<Pass | undefined> {
  if (emptyPolls === 0 || emptyPolls % TRUSTED_POLLS === 0) return undefined;
  const drawn = await source.dialect.horizon.drawn?.(
    source.db,
    tables.map((table) => table.table.names.journal),
  );
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
async function findStillToCome(tables: readonly TableSync[]): Promise<ReadonlyMap<TableSync, Hole>> {
  const found = new Map<TableSync, Hole>();
  for (const table of tables) {
    const hole = stillToCome(await table.survey());
    if (hole !== undefined) found.set(table, hole);
  }
  return found;
}

/** Before a drained run ends, every change that was set aside gets one more chance. */
async function lastRetry(tables: readonly TableSync[]): Promise<void> {
  const left = new Map<string, number>();
  for (const table of tables) {
    const count = await table.retryDeadLetters(true);
    if (count > 0) left.set(table.table.name, count);
  }
  if (left.size === 0) return;
  throw new SyncError("DEAD_LETTERS_LEFT", {
    what: `The journals are drained, but the target refused changes: ${[...left].map(([table, n]) => `${table} ${n}`).join(", ")}`,
    next: "See `sync-tool dead-letters list`, mend the cause, then `sync-tool dead-letters retry` and run again",
  });
}

interface Pass {
  readonly applied: number;
  readonly allCaughtUp: boolean;
  readonly waiting: boolean;
  readonly empty: readonly string[];
  readonly holes: ReadonlyMap<TableSync, Hole>;
}

/**
 * Takes each table, parents first, as far as its journal reached at the beginning: under lasting load none but the
 * first would come to its turn otherwise.
 */
async function onePass({ tables }: GroupLoopOptions, stop: AbortSignal): Promise<Pass> {
  const bounds = new Map<TableSync, bigint>();
  if (tables.length > 1) for (const table of tables) bounds.set(table, await table.reader.highest());
  let applied = 0;
  let allCaughtUp = true;
  const empty: string[] = [];
  let waiting = false;
  const holes = new Map<TableSync, Hole>();
  for (const table of tables) {
    const result = await table.drain(bounds.get(table), stop);
    applied += result.applied;
    if (result.applied === 0 && result.caughtUp) empty.push(table.table.name);
    if (result.waiting) waiting = true;
    if (result.hole !== undefined) holes.set(table, result.hole);
    if (!result.caughtUp) allCaughtUp = false;
  }
  return { applied, allCaughtUp: allCaughtUp && !waiting, waiting, empty, holes };
}

async function reportBlocked(
  holes: ReadonlyMap<TableSync, Hole>,
  since: number,
  events: RunEvents,
): Promise<void> {
  for (const [table, hole] of holes)
    events.blocked(table.table.name, hole, (monotonic() - since) / 1000, await table.reader.holders());
}

async function waitForLock(options: GroupLoopOptions): Promise<WatchedLock | undefined> {
  const { target, lockName, signal, events, group } = options;
  let told = false;
  while (!signal.aborted) {
    const lock = await target.dialect.acquireLock(target.db, lockName);
    if (lock !== undefined) {
      if (told) events.takenOver(group.name);
      return watchLock(lock);
    }
    if (!told) events.standby(group.name);
    told = true;
    await sleep(STANDBY_POLL_MS, signal);
  }
  return undefined;
}

/** Reads where each table stands, anew after every failure: what was applied last is not known for sure then. */
async function openCheckpoints(options: GroupLoopOptions): Promise<void> {
  const { target } = options;
  for (const table of options.tables) {
    const name = table.table.targetNames.checkpoint;
    const lanes = await readLanes(target.db, target.dialect, name).catch((error: unknown) => {
      if (target.dialect.classifyError(error).class !== "schema") throw error;
      throw notPrepared(table, `${name} does not exist on the target`);
    });
    const checkpoint = lowest(lanes);
    const journalId = await options.journalId(table);
    if (checkpoint === undefined) throw notPrepared(table, `${name} on the target has no row`);
    if (checkpoint.journalId !== journalId)
      throw journalReplaced(table.table.name, checkpoint.position, { otherJournal: true });
    await table.open(lanes);
  }
}

function notPrepared(table: TableSync, what: string): SyncError {
  return new SyncError("NOT_PREPARED", {
    what,
    next: "Run `sync-tool prepare`",
    at: { table: table.table.name },
  });
}

/** Why the same work is tried again; undefined when that cannot help. */
function describeFailure(
  options: GroupLoopOptions,
  error: unknown,
): { reason: string; code: string } | undefined {
  if (error instanceof SyncError) {
    // Another runner moved on: go back to waiting for the lock.
    return error.code === "CHECKPOINT_MOVED" ? { reason: error.message, code: error.code } : undefined;
  }
  const { side, dialect } = placeOf(options, error);
  const found = dialect.classifyError(error);
  if (!isPassing(found.class)) return undefined;
  return { reason: `${side} ${dialect.title}: ${found.reason}`, code: found.code };
}

/** What stops the group. An error that no database threw is a bug and stays as it is. */
function finalFailure(options: GroupLoopOptions, error: unknown): unknown {
  const { side, dialect } = placeOf(options, error);
  const found = dialect.classifyError(error);
  if (found.class === "fatal" && found.code === "none") return error;
  return driverFailure(
    dialect,
    error,
    `${options.group.name}: the ${side} refused a statement`,
    options.group.name,
  );
}

/** The look-ups read the target on their own. */
function placeOf(options: GroupLoopOptions, error: unknown): Origin {
  return originOf(error) ?? { side: "target", dialect: options.target.dialect };
}

function lockLost(group: string): SyncError {
  return new SyncError("CHECKPOINT_MOVED", {
    what: `${group}: the lock on the target was lost`,
    next: "Nothing: the runner takes it again",
  });
}
