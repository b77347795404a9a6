import { applyChanges } from "../apply/applier.ts";
import type { ConflictPolicy } from "../apply/conflict.ts";
import {
  type DeadLetter,
  type DeadLetterStore,
  isDue,
  isSetAside,
  keyDigest,
  letterKey,
  listDeadLetters,
  setAside,
  settle,
} from "../apply/dead-letter.ts";
import { applyRefused, asRefusal, type ReplayContext } from "../apply/refused-batch.ts";
import { type Checkpoint, moveCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Database, Queryable } from "../db/database.ts";
import type { ClassifiedError, Dialect } from "../dialect/dialect.ts";
import { SyncError } from "../errors.ts";
import type { Change } from "../journal/change.ts";
import { changeDigest } from "../journal/digest.ts";
import { netChanges } from "../journal/net.ts";
import type { Anchor, Batch, JournalReader } from "../journal/reader.ts";
import type { Side } from "../plan/build-plan.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { RowSource } from "../transform/row-source.ts";
import { failpoint } from "../util/failpoint.ts";

export interface BatchWriterOptions {
  readonly source: Side;
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly table: TablePlan;
  readonly rows: RowSource;
  readonly reader: JournalReader;
  readonly deadLetters: DeadLetterStore;
  readonly deadLetterLimit: number;
  readonly conflictPolicy: ConflictPolicy;
  readonly mayStillCome: ReplayContext["mayStillCome"];
  readonly onDeadLetter: (table: string, position: bigint, error: ClassifiedError) => void;
}

/** Writes batches of one table, each with its checkpoint in one transaction, and sets aside what the target refuses. */
export interface BatchWriter {
  readonly checkpoint: () => Checkpoint;
  open(checkpoint: Checkpoint): Promise<void>;
  /** False when a change has to wait for its parent: then the checkpoint stands before that change. */
  write(batch: Batch): Promise<boolean>;
  /** Tries again the letters that are due, or all of them. Gives how many are left. */
  retryDeadLetters(all: boolean): Promise<number>;
}

export function createBatchWriter(options: BatchWriterOptions): BatchWriter {
  const { source, target, table, rows, deadLetters: store } = options;
  let checkpoint: Checkpoint = { position: 0n, journalId: "", digest: "" };
  let letters: readonly DeadLetter[] = [];

  const keyOf = (change: Change) => letterKey(table.key, change);
  const reload = async (): Promise<void> => {
    letters = await listDeadLetters(target.db, store, table.name);
  };

  /** The checkpoint first: its row stays locked until the commit. */
  async function inTransaction<T>(end: Anchor, work: (tx: Queryable) => Promise<T>): Promise<T> {
    const to: Checkpoint = { journalId: checkpoint.journalId, position: end.position, digest: end.digest };
    const result = await target.db.transaction(async (tx) => {
      await moveCheckpoint(tx, target.dialect, table.targetNames.checkpoint, checkpoint, to);
      failpoint("beforeApply");
      const value = await work(tx);
      failpoint("afterApplyBeforeCommit");
      return value;
    });
    failpoint("afterCommit");
    checkpoint = to;
    return result;
  }

  /** Letters of keys that this batch writes anew are superseded. */
  async function settleWritten(
    tx: Queryable,
    changes: readonly Change[],
    refused: ReadonlyMap<string, unknown>,
  ): Promise<boolean> {
    if (letters.length === 0) return false;
    const known = new Set(letters.map((letter) => letter.id));
    const keys = changes
      .map(keyOf)
      .filter((key) => known.has(keyDigest(key).slice(0, 12)) && !refused.has(keyDigest(key)));
    if (keys.length === 0) return false;
    await settle(tx, store, table.name, keys);
    return true;
  }

  async function writeAll(batch: Batch): Promise<boolean> {
    const rowFor = await rows.prepare(
      netChanges(batch.changes, table.key).flatMap((segment) => segment.upserts),
    );
    const settled = await inTransaction(batch.end, async (tx) => {
      await applyChanges(tx, target.dialect, table, batch.changes, rowFor, rows.keepOnUpdate);
      return await settleWritten(tx, batch.changes, new Map());
    });
    if (settled) await reload();
    return true;
  }

  /** Finds out how far the batch can go; when that is not its end, goes there in a transaction of its own. */
  async function writeSome(batch: Batch): Promise<boolean> {
    let changes = batch.changes;
    while (changes.length > 0) {
      const { done, refused } = await attempt(changes, endOf(changes, checkpoint));
      if (done === changes.length) {
        for (const { change, error } of refused) options.onDeadLetter(table.name, change.position, error);
        checkLimit();
        return changes.length === batch.changes.length;
      }
      changes = changes.slice(0, done);
    }
    return false;
  }

  /** Everything or nothing: fewer changes dealt with than given means that nothing was written. */
  async function attempt(
    changes: readonly Change[],
    end: Anchor,
  ): Promise<{ done: number; refused: readonly Refused[] }> {
    const refused = new Map<string, Refused>();
    const context: ReplayContext = {
      source,
      dialect: target.dialect,
      table,
      keepOnUpdate: rows.keepOnUpdate,
      rowFor: await rows.prepare(changes.filter((change) => change.action !== "DELETE")),
      onUniqueConflict: rows.onUniqueConflict,
      conflictPolicy: options.conflictPolicy,
      mayStillCome: options.mayStillCome,
      isSetAside: (tx, parent, key) => isSetAside(tx, store, parent, key),
      onRefused: async (tx, change, error) => {
        refused.set(keyDigest(keyOf(change)), { change, error });
        await setAside(tx, store, table.name, change, keyOf(change), error, new Date());
      },
    };
    let done = 0;
    try {
      await inTransaction(end, async (tx) => {
        done = await applyRefused(tx, context, changes);
        if (done < changes.length) throw ROLLBACK;
        await settleWritten(tx, changes, refused);
      });
      await reload();
    } catch (error) {
      if (error !== ROLLBACK) throw error;
    }
    return { done, refused: [...refused.values()] };
  }

  function checkLimit(): void {
    if (letters.length <= options.deadLetterLimit) return;
    const last = letters.at(-1);
    throw new SyncError("ROW_REFUSED", {
      what: `${table.name}: ${letters.length} changes are set aside, more than deadLetterLimit=${options.deadLetterLimit} allows; the last at position ${last?.position}: ${last?.reason} (${last?.code})`,
      next: "Look at `sync-tool dead-letters list`, mend the cause, then start the run again: it tries them once more, nothing was skipped",
      at: { table: table.name },
    });
  }

  return {
    checkpoint: () => checkpoint,
    async open(from) {
      checkpoint = from;
      await reload();
    },
    async write(batch) {
      try {
        return await writeAll(batch);
      } catch (error) {
        if (asRefusal(target.dialect, error) === undefined) throw error;
        return await writeSome(batch);
      }
    },
    async retryDeadLetters(all) {
      // Somebody may have asked for a retry or discarded some meanwhile.
      if (letters.length > 0) await reload();
      for (const letter of letters.filter((candidate) => all || isDue(candidate, new Date()))) {
        // Nothing moves but the letter; the checkpoint is only held, against a second runner.
        const changes = await options.reader.at([letter.position]);
        if (changes.length > 0) await attempt(changes, checkpoint);
      }
      return letters.length;
    },
  };
}

interface Refused {
  readonly change: Change;
  readonly error: ClassifiedError;
}

/** Thrown to leave a transaction without a failure. */
const ROLLBACK = new Error("rolled back on purpose");

function endOf(changes: readonly Change[], before: Anchor): Anchor {
  const last = changes.at(-1);
  return last === undefined ? before : { position: last.position, digest: changeDigest(last) };
}
