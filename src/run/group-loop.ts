import { lowest, readLanes } from "../checkpoint/checkpoint.ts";
import type { Position } from "../contract/change.ts";
import type { Dialect, Hole } from "../contract/dialect.ts";
import type { Side } from "../contract/side.ts";
import type { TableGroup } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { journalReplaced } from "../journal/journal-replaced.ts";
import { stillToCome } from "../status/arrival.ts";
import type { Pace } from "../throttle/pace.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import { afterFailure } from "./after-failure.ts";
import { afterPass, BEGIN, mayTrustIdle, type PassResult, type Until } from "./after-pass.ts";
import { createBlockedTables } from "./blocked-tables.ts";
import type { CaptureWatch } from "./capture-watch.ts";
import type { RunEvents } from "./events.ts";
import type { KeptLock, LockKeeper } from "./lock-keeper.ts";
import type { Pulse } from "./pulse.ts";
import type { TableSync } from "./table-sync.ts";
import { addFailure, STANDBY_POLL_MS, type Trouble } from "./trouble.ts";

export interface GroupLoopOptions {
  readonly group: TableGroup;
  readonly source: Side;
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  /** In the order of the group: parents first. */
  readonly tables: readonly TableSync[];
  /** Asked before each pass. */
  readonly pace: Pace;
  readonly onWait: () => Promise<void>;
  /** Looks now and then whether changes are still captured. */
  readonly capture: CaptureWatch;
  /** Identity of each table's journal on the source, read anew after every failure. */
  readonly journalId: (table: TableSync) => Promise<string>;
  readonly locks: LockKeeper;
  /** Read from the target. */
  readonly lockName: () => Promise<string>;
  readonly syncIntervalMs: number;
  /** False: a group that another runner still has at a second try ends with RUNNER_ACTIVE. */
  readonly standsBy: boolean;
  /** Tells that the group is worked on. */
  readonly pulse: Pulse;
  readonly until: Until;
  readonly signal: AbortSignal;
  readonly events: RunEvents;
  readonly now?: Clock;
  readonly random?: () => number;
}

/** Keeps one group of tables in step until it is stopped. Throws SyncError when going on is not possible. */
export async function runGroup(options: GroupLoopOptions): Promise<void> {
  const { signal, events, group, now = monotonic, random = Math.random } = options;
  let trouble: Trouble | undefined;
  const progressed = (): void => {
    if (trouble === undefined) return;
    events.recovered(group.name, trouble.failures, (now() - trouble.since) / 1000);
    trouble = undefined;
  };
  while (!signal.aborted) {
    let lock: KeptLock | undefined;
    let pauseMs = 0;
    try {
      if (trouble?.last.side === "source") await proveSource(options);
      lock = await waitForLock(options);
      if (lock === undefined) return;
      await openCheckpoints(options);
      await options.pulse.begin();
      await cycle(options, lock, progressed);
      await options.pulse.end();
      return;
    } catch (error) {
      const after = afterFailure(group.name, error);
      if (after.next === "stop") {
        // While the lock is held nobody else has noted himself.
        if (lock?.lost.aborted === false) await options.pulse.end();
        throw after.error;
      }
      const step = addFailure(trouble, after, now(), random());
      options.pulse.failed(after.reason, after.code);
      if (step.isNews) events.retrying(group.name, after.reason, after.code);
      ({ trouble, pauseMs } = step);
    } finally {
      // Before the pause: a standby may be able to do what this runner cannot.
      await lock?.release().catch(() => undefined);
    }
    await sleep(pauseMs, signal);
  }
}

/** Whoever does not reach the source has no use for the lock. */
async function proveSource({ tables }: GroupLoopOptions): Promise<void> {
  await tables[0]?.reader.highest();
}

/** Polls until stopped, drained or done. */
async function cycle(options: GroupLoopOptions, lock: KeptLock, progressed: () => void): Promise<void> {
  const { tables, signal, events, source, until, syncIntervalMs, now = monotonic } = options;
  const rules = { until, syncIntervalMs, minHoleAgeMs: source.dialect.capabilities.minHoleAgeMs };
  // A lost lock ends the pass after the batch under way, as a stop does.
  const stop = AbortSignal.any([signal, lock.lost]);
  let state = BEGIN;
  const blocked = createBlockedTables(events, now);
  while (!signal.aborted) {
    if (lock.lost.aborted) throw lockLost(options.group.name);
    options.pulse.beat();
    await options.capture.look();
    await options.pace.spend(0, stop, options.onWait);
    if (stop.aborted) continue;
    let pass: Pass = (mayTrustIdle(state) && (await idlePass(options))) || (await onePass(options, stop));
    progressed();
    for (const table of pass.empty) events.idle(table);
    for (const table of tables) await table.retryDeadLetters(false, stop);
    let step = afterPass(state, pass, rules, now());
    if (step.next === "end") return;
    if (step.next === "drained") {
      const toCome = await findStillToCome(tables);
      if (toCome.size === 0) {
        const left = await lastRetry(tables, stop);
        if (left === undefined || signal.aborted) return;
        // A retry that was cut short says nothing of the letters it did not come to.
        throw lock.lost.aborted ? lockLost(options.group.name) : left;
      }
      pass = { ...pass, waiting: true, holes: toCome };
      step = afterPass(state, pass, rules, now());
    }
    blocked.tellEnded(pass.holes);
    if (step.tellBlockedSince !== undefined) await blocked.tell(pass.holes, step.tellBlockedSince);
    ({ state } = step);
    await sleep(step.pauseMs, stop);
  }
}

/** A pass that found nothing, without reading a journal: every position handed out is applied. */
async function idlePass({ tables, source }: GroupLoopOptions): Promise<Pass | undefined> {
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
async function findStillToCome(tables: readonly TableSync[]): Promise<ReadonlyMap<TableSync, Hole>> {
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
async function lastRetry(tables: readonly TableSync[], stop: AbortSignal): Promise<SyncError | undefined> {
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

interface Pass extends PassResult {
  readonly empty: readonly string[];
  readonly holes: ReadonlyMap<TableSync, Hole>;
}

/**
 * Takes each table, parents first, as far as its journal reached at the beginning: under lasting load none but the
 * first would come to its turn otherwise.
 */
async function onePass({ tables, events }: GroupLoopOptions, stop: AbortSignal): Promise<Pass> {
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

/** Rows that wait so long for those that they refer to are told of: nothing else shows why they stand still. */
const PARENTS_PATIENCE_MS = 5_000;

const isBehindParent = (child: TableSync, parent: TableSync, reached: Position | undefined): boolean =>
  child.table.parents.some((link) => link.parent.toUpperCase() === parent.table.name) &&
  child !== parent &&
  reached !== undefined &&
  child.position() < reached;

async function waitForLock(options: GroupLoopOptions): Promise<KeptLock | undefined> {
  const { locks, lockName, signal, events, group } = options;
  const name = await lockName();
  let told = false;
  while (!signal.aborted) {
    const lock = await locks.take(name);
    if (lock !== undefined) {
      if (told && options.standsBy) events.takenOver(group.name);
      return lock;
    }
    // Once more: whoever only asked whether the lock is free had it for a moment.
    if (!options.standsBy && told) throw runnerActive(group.name);
    if (options.standsBy && !told) events.standby(group.name);
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

function runnerActive(group: string): SyncError {
  return new SyncError("RUNNER_ACTIVE", {
    what: `Another runner is at work on ${group}`,
    next: "Let it do the work, or stop it first; with --wait this one waits until the other has ended",
  });
}

function lockLost(group: string): SyncError {
  return new SyncError("CHECKPOINT_MOVED", {
    what: `${group}: the lock on the target was lost`,
    next: "Nothing: the runner takes it again",
  });
}
