import { setMaxListeners } from "node:events";
import type { ChildTable } from "../apply/children-along.ts";
import type { ConflictPolicy } from "../apply/conflict.ts";
import { readCaptureState } from "../capture/capture-state.ts";
import type { Dialect } from "../contract/dialect.ts";
import { deadLettersName } from "../contract/object-names.ts";
import { withOrigin } from "../contract/origin.ts";
import { linksTo, planTables, type SyncPlan, type TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { type ErrorCode, SyncError } from "../errors.ts";
import { stateTable } from "../state/state.ts";
import { noteStopped } from "../state/stopped.ts";
import { FREE_PACE, type Pace } from "../throttle/pace.ts";
import type { RowSource } from "../transform/row-source.ts";
import type { Until } from "./after-pass.ts";
import { createCaptureWatch } from "./capture-watch.ts";
import { createDropCount } from "./drop-count.ts";
import type { RunEvents } from "./events.ts";
import { runGroup } from "./group-loop.ts";
import type { LateGuard } from "./late-guard.ts";
import { createLockKeeper } from "./lock-keeper.ts";
import { createPulse } from "./pulse.ts";
import { createTableSync, type TableSync } from "./table-sync.ts";

export interface RunOptions {
  readonly plan: SyncPlan;
  readonly source: { readonly dialect: Dialect; readonly db: Database };
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly batchSize: number;
  readonly syncIntervalMs: number;
  readonly until: Until;
  /** Whether a group that another runner has is waited for. Default true. */
  readonly standsBy?: boolean;
  readonly signal: AbortSignal;
  readonly events: RunEvents;
  readonly rowsFor: (table: TablePlan) => RowSource;
  /** With a way back: what keeps late writes of a table from taking the place of those of users whom the target serves. */
  readonly lateFor?: (table: TablePlan) => LateGuard | undefined;
  /** Target connections that write a table at a time. Default 1. */
  readonly parallelism?: number;
  /** Holds the work back; shared by all groups. Default: as fast as it goes. */
  readonly pace?: Pace;
  /** Default "dead-letter". */
  readonly conflictPolicy?: ConflictPolicy;
  /** Changes of one table that may be set aside before its group stops. Default 1000. */
  readonly deadLetterLimit?: number;
  /** Between two looks at the triggers on the source, in milliseconds. Default 10 s. */
  readonly captureLookMs?: number;
}

/** Errors with which a run that was to end by itself ends: nothing has stopped for good. */
const ENDS: ReadonlySet<ErrorCode> = new Set(["DEAD_LETTERS_LEFT", "RUNNER_ACTIVE"]);

const DEAD_LETTER_LIMIT = 1_000;
const CAPTURE_LOOK_MS = 10_000;

/**
 * Syncs every group of a plan, groups side by side, until stopped (or drained, or after one pass). A group that cannot
 * go on stops alone; its error is thrown when the others have ended.
 */
export async function runSync(options: RunOptions): Promise<void> {
  // Every group listens; Node takes more than ten for a leak.
  setMaxListeners(0, options.signal);
  const source = withOrigin("source", options.source);
  const target = withOrigin("target", options.target);
  const locks = createLockKeeper(target);
  // One for all, as prepare makes them: tables may be spelled in different cases.
  const state = stateTable(target.dialect, planTables(options.plan));
  const deadLetters = {
    dialect: target.dialect,
    name: deadLettersName(planTables(options.plan)[0]?.target.name ?? ""),
  };
  const results = await Promise.allSettled(
    options.plan.groups.map(async (group) => {
      const rows = new Map(group.tables.map((table) => [table, options.rowsFor(table)]));
      const tables: TableSync[] = [];
      const pulse = createPulse({
        target,
        state,
        group: group.name,
        wayBack: options.lateFor !== undefined,
      });
      const capture = createCaptureWatch({
        source,
        target,
        tables: group.tables,
        everyMs: options.captureLookMs ?? CAPTURE_LOOK_MS,
        onGap: options.events.gap,
      });
      // Who is held back is at work all the same, and capture may break meanwhile.
      const onWait = async (): Promise<void> => {
        pulse.beat();
        await capture.look();
      };
      for (const table of group.tables) {
        tables.push(
          createTableSync({
            source,
            target,
            table,
            batchSize: options.batchSize,
            pace: options.pace ?? FREE_PACE,
            onWait,
            late: options.lateFor?.(table),
            rows: rows.get(table) ?? options.rowsFor(table),
            children: childrenOf(table, rows),
            drops: createDropCount(target.db, state, table, options.events.dropped),
            onBatch: (report) => {
              pulse.applied(report.table, report.changes);
              options.events.batch(report);
            },
            onDeadLetter: options.events.deadLetter,
            onMadeUpHashes: options.events.madeUpHashes,
            onLateChange: options.events.lateChange,
            state,
            deadLetters,
            deadLetterLimit: options.deadLetterLimit ?? DEAD_LETTER_LIMIT,
            parallelism: options.parallelism ?? 1,
            conflictPolicy: options.conflictPolicy ?? "dead-letter",
            // Of tables that refer to each other the first waits for nobody.
            parents: tables.filter((before) => linksTo(table, before.table).length > 0),
          }),
        );
      }
      try {
        await runGroup({
          group,
          source,
          target,
          tables,
          capture,
          pace: options.pace ?? FREE_PACE,
          onWait,
          journalId: (table) => journalId(source, table.table),
          locks,
          lockName: async () => {
            const { home } = await target.dialect.introspector.server(target.db);
            return `${home}/${group.name}`;
          },
          syncIntervalMs: options.syncIntervalMs,
          standsBy: options.standsBy ?? true,
          pulse,
          until: options.until,
          signal: options.signal,
          events: options.events,
        });
      } catch (error) {
        if (error instanceof SyncError && error.code !== "RUNNER_ACTIVE")
          options.events.stopped(group.name, error);
        // For `status`; where the target cannot take it, the log has it.
        if (error instanceof SyncError && !ENDS.has(error.code))
          await noteStopped(target.db, state, group.name, error).catch(() => undefined);
        throw error;
      }
    }),
  );
  await locks.close();
  const failures = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : [],
  );
  const bug = failures.find((failure) => !(failure instanceof SyncError));
  if (failures.length > 0) throw bug ?? failures[0];
}

/** The tables of a group whose rows refer to this one's, and theirs in turn. */
function childrenOf(table: TablePlan, group: ReadonlyMap<TablePlan, RowSource>): readonly ChildTable[] {
  return [...group].flatMap(([child, rows]) =>
    linksTo(child, table).map((link) => ({
      table: child,
      link,
      rows,
      children: () => childrenOf(child, group),
    })),
  );
}

async function journalId(source: RunOptions["source"], table: TablePlan): Promise<string> {
  const [state] = await readCaptureState(source.db, source.dialect, [table]);
  if (state?.journalId !== undefined) return state.journalId;
  throw new SyncError("NOT_PREPARED", {
    what: `${table.names.journal} does not exist on the source`,
    next: "Run `sync-tool prepare`, or give your DBA the scripts of `prepare --generate-ddl`",
    at: { table: table.name },
  });
}
