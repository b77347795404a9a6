import { lowest, readLanes } from "../checkpoint/checkpoint.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { Side } from "../contract/side.ts";
import type { TableGroup } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { journalReplaced } from "../journal/journal-replaced.ts";
import type { Pace } from "../throttle/pace.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import { afterFailure } from "./after-failure.ts";
import { afterPass, BEGIN, mayTrustIdle, type Until } from "./after-pass.ts";
import { createBlockedTables } from "./blocked-tables.ts";
import type { CaptureWatch } from "./capture-watch.ts";
import type { RunEvents } from "./events.ts";
import { findStillToCome, idlePass, lastRetry, onePass, type Pass } from "./group-pass.ts";
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
