import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Change, Position } from "../journal/change.ts";
import { type Anchor, type Batch, createJournalReader, type JournalReader } from "../journal/reader.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import { type BatchWriterOptions, createBatchWriter } from "./batch-writer.ts";

/** What happened to one batch, for logs and progress. */
export interface BatchReport {
  readonly table: string;
  readonly changes: number;
  readonly position: Position;
  readonly durationMs: number;
}

export interface TableSyncOptions extends Omit<BatchWriterOptions, "reader" | "mayStillCome"> {
  readonly batchSize: number;
  readonly onBatch: (report: BatchReport) => void;
  /** The synced tables that this one's foreign keys refer to. */
  readonly parents: () => readonly TableSync[];
}

/** One table on its way: its reader, its checkpoint, and the work of moving both. */
export interface TableSync {
  readonly table: TablePlan;
  readonly reader: JournalReader;
  /** How far it is applied. */
  readonly position: () => Position;
  /** Starts from a checkpoint, as read from the target. */
  open(checkpoint: Checkpoint): Promise<void>;
  /** Tries again the changes that were set aside and are due, or all of them. Gives how many are left. */
  retryDeadLetters(all: boolean): Promise<number>;
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
  const { table, batchSize } = options;
  const reader = createJournalReader(options.source, table);
  const writer = createBatchWriter({ ...options, reader, mayStillCome });
  let wait: Wait | undefined;

  const read = (after: Anchor, upTo: Position | undefined): Promise<Batch> =>
    reader.read(after, batchSize, upTo);

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
    position: () => writer.checkpoint().position,
    open: (from) => writer.open(from),
    retryDeadLetters: (all) => writer.retryDeadLetters(all),
    async drain(upTo, signal) {
      let applied = 0;
      let next: Promise<Batch> | undefined = read(writer.checkpoint(), upTo);
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
          const isComplete = await writer.write(batch);
          applied += batch.changes.length;
          options.onBatch({
            table: table.name,
            changes: batch.changes.length,
            position: writer.checkpoint().position,
            durationMs: Date.now() - started,
          });
          if (!isComplete) return { applied, caughtUp: false, waiting: true };
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
