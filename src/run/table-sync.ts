import { applyChanges } from "../apply/applier.ts";
import { applyRefused, asRefusal } from "../apply/refused-batch.ts";
import { type Checkpoint, moveCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Database, Queryable } from "../db/database.ts";
import type { ClassifiedError, Dialect } from "../dialect/dialect.ts";
import { SyncError } from "../errors.ts";
import type { Change, Position } from "../journal/change.ts";
import { changeDigest } from "../journal/digest.ts";
import { netChanges } from "../journal/net.ts";
import { type Anchor, type Batch, createJournalReader, type JournalReader } from "../journal/reader.ts";
import type { Side } from "../plan/build-plan.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { Row } from "../row.ts";
import type { RowSource } from "../transform/row-source.ts";
import { failpoint } from "../util/failpoint.ts";

/** What happened to one batch, for logs and progress. */
export interface BatchReport {
  readonly table: string;
  readonly changes: number;
  readonly position: Position;
  readonly durationMs: number;
}

export interface TableSyncOptions {
  readonly source: Side;
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly table: TablePlan;
  readonly batchSize: number;
  readonly rows: RowSource;
  readonly onBatch: (report: BatchReport) => void;
  /** The highest position of a parent's journal, and how far that parent is applied. */
  readonly parents: () => readonly TableSync[];
}

/** One table on its way: its reader, its checkpoint, and the work of moving both. */
export interface TableSync {
  readonly table: TablePlan;
  readonly reader: JournalReader;
  /** How far it is applied. */
  readonly position: () => Position;
  /** Starts from a checkpoint, as read from the target. */
  open(checkpoint: Checkpoint): void;
  /** Applies what may be applied, batch after batch, up to a position. */
  drain(upTo: Position | undefined, signal: AbortSignal): Promise<Drained>;
}

export interface Drained {
  readonly applied: number;
  /** Nothing was left to read, at the end. */
  readonly caughtUp: boolean;
  /** A hole, or a parent that has not arrived, is waited for. */
  readonly waiting: boolean;
}

/** A change that waits for its parent, and how far each parent's journal reached when it began to wait. */
interface Wait {
  readonly position: Position;
  readonly parents: ReadonlyMap<TableSync, Position>;
}

export function createTableSync(options: TableSyncOptions): TableSync {
  const { source, target, table, batchSize, rows } = options;
  const reader = createJournalReader(source, table);
  let checkpoint: Checkpoint = { position: 0n, journalId: "", digest: "" };
  let wait: Wait | undefined;

  const read = (after: Anchor, upTo: Position | undefined): Promise<Batch> =>
    reader.read(after, batchSize, upTo);

  async function apply(batch: Batch): Promise<{ end: Anchor; complete: boolean }> {
    const cache = await rows.prepare(
      netChanges(batch.changes, table.key).flatMap((segment) => segment.upserts),
    );
    try {
      await write(batch.end, (tx) =>
        applyChanges(tx, target.dialect, table, batch.changes, cache, rows.keepOnUpdate),
      );
      return { end: batch.end, complete: true };
    } catch (error) {
      if (asRefusal(target.dialect, error) === undefined) throw error;
      return await applyWithRefusals(batch);
    }
  }

  /** First finds out, in a transaction that is rolled back, how far the batch can go; then goes there. */
  async function applyWithRefusals(batch: Batch): Promise<{ end: Anchor; complete: boolean }> {
    const cache = await rows.prepare(batch.changes.filter((change) => change.action !== "DELETE"));
    let changes = batch.changes;
    for (;;) {
      const end = endOf(changes, checkpoint);
      const done = await write(end, (tx) => applyRefused(tx, replayContext(cache), changes), changes.length);
      if (done === changes.length) return { end, complete: changes.length === batch.changes.length };
      changes = changes.slice(0, done);
      if (changes.length === 0) return { end: checkpoint, complete: false };
    }
  }

  /** Checkpoint and data in one transaction. Rolled back when fewer changes were dealt with than `wanted`. */
  async function write(
    end: Anchor,
    work: (tx: Queryable) => Promise<number | void>,
    wanted?: number,
  ): Promise<number> {
    const to: Checkpoint = { ...checkpoint, position: end.position, digest: end.digest };
    let done = wanted ?? 0;
    try {
      await target.db.transaction(async (tx) => {
        await moveCheckpoint(tx, target.dialect, table.targetNames.checkpoint, checkpoint, to);
        failpoint("beforeApply");
        done = (await work(tx)) ?? done;
        if (wanted !== undefined && done < wanted) throw ROLLBACK;
        failpoint("afterApplyBeforeCommit");
      });
      failpoint("afterCommit");
    } catch (error) {
      if (error === ROLLBACK) return done;
      throw error;
    }
    checkpoint = to;
    return done;
  }

  const replayContext = (rowFor: (change: Change) => Row) => ({
    source,
    dialect: target.dialect,
    table,
    keepOnUpdate: rows.keepOnUpdate,
    rowFor,
    onUniqueConflict: rows.onUniqueConflict,
    onRefused: async (_tx: Queryable, change: Change, error: ClassifiedError) => {
      throw refused(target.dialect, table, change, error);
    },
    mayStillCome,
  });

  /** A parent may come until its journal, as far as it reached when the wait began, is applied. */
  async function mayStillCome(change: Change): Promise<boolean> {
    if (wait?.position !== change.position) {
      const parents = options.parents();
      wait = {
        position: change.position,
        parents: new Map(await Promise.all(parents.map(async (p) => [p, await p.reader.highest()] as const))),
      };
      return true;
    }
    return [...wait.parents].some(([parent, highest]) => parent.position() < highest);
  }

  return {
    table,
    reader,
    position: () => checkpoint.position,
    open(from) {
      checkpoint = from;
    },
    async drain(upTo, signal) {
      let applied = 0;
      let next: Promise<Batch> | undefined = read(checkpoint, upTo);
      try {
        for (;;) {
          const batch: Batch = await next;
          next = undefined;
          if (batch.changes.length === 0)
            return { applied, caughtUp: batch.blocked === undefined, waiting: batch.blocked !== undefined };
          const started = Date.now();
          // The next batch is read while this one is applied; it is thrown away when this one does not go through.
          next = batch.full && !signal.aborted ? read(batch.end, upTo) : undefined;
          next?.catch(() => undefined);
          const { complete } = await apply(batch);
          applied += batch.changes.length;
          options.onBatch({
            table: table.name,
            changes: batch.changes.length,
            position: checkpoint.position,
            durationMs: Date.now() - started,
          });
          if (!complete) return { applied, caughtUp: false, waiting: true };
          if (next === undefined)
            return {
              applied,
              caughtUp: !batch.full && batch.blocked === undefined,
              waiting: batch.blocked !== undefined,
            };
        }
      } finally {
        // A read under way must not outlive the connections.
        await next?.catch(() => undefined);
      }
    },
  };
}

/** Thrown to leave a transaction without a failure. */
const ROLLBACK = new Error("rolled back on purpose");

function endOf(changes: readonly Change[], before: Anchor): Anchor {
  const last = changes.at(-1);
  return last === undefined ? before : { position: last.position, digest: changeDigest(last) };
}

function refused(dialect: Dialect, table: TablePlan, change: Change, error: ClassifiedError): SyncError {
  const isTransform = error.code === "TRANSFORM_FAILED";
  return new SyncError(isTransform ? "TRANSFORM_FAILED" : "ROW_REFUSED", {
    what: isTransform
      ? error.reason
      : `${table.name}: the target refuses the change at position ${change.position} (key columns ${table.key.map((c) => c.name).join(", ")}): ${error.reason} (${dialect.title} ${error.code})`,
    next: "Mend the row or the target's table, then start the run again: it goes on from the checkpoint, nothing was skipped",
    at: { table: table.name, position: change.position },
  });
}
