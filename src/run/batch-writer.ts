import { applyNet, type RowFor, type WriteRules } from "../apply/applier.ts";
import type { ConflictPolicy } from "../apply/conflict.ts";
import {
  type DeadLetter,
  type DeadLetterStore,
  isDue,
  isSetAside,
  keyDigest,
  listDeadLetters,
  setAside,
  settle,
} from "../apply/dead-letter.ts";
import { applyRefused, asRefusal, type ReplayContext } from "../apply/refused-batch.ts";
import {
  type Checkpoint,
  checkpointMoved,
  lowest,
  moveCheckpoint,
  setLanes,
} from "../checkpoint/checkpoint.ts";
import type { Database, Queryable } from "../db/database.ts";
import type { ClassifiedError, Dialect, PreparedWrite } from "../dialect/dialect.ts";
import { SyncError } from "../errors.ts";
import type { Change } from "../journal/change.ts";
import { changeDigest } from "../journal/digest.ts";
import { keyOf as keyOfChange, type NetSegment, netChanges } from "../journal/net.ts";
import type { Anchor, Batch, JournalReader } from "../journal/reader.ts";
import type { Side } from "../plan/build-plan.ts";
import { alsoWritten, type TablePlan } from "../plan/sync-plan.ts";
import type { RowSource } from "../transform/row-source.ts";
import { failpoint } from "../util/failpoint.ts";
import { type LanePart, spread } from "./lanes.ts";

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
  /** Target connections that write at a time, each a lane of keys with a checkpoint of its own. */
  readonly parallelism: number;
  readonly onDeadLetter: (table: string, position: bigint, error: ClassifiedError) => void;
}

/** Writes batches of one table, each with its checkpoint in one transaction, and sets aside what the target refuses. */
export interface BatchWriter {
  /** Up to here everything is applied. */
  readonly checkpoint: () => Checkpoint;
  /** Takes up where the lanes of the target stand. */
  open(lanes: readonly Checkpoint[]): Promise<void>;
  /** Nets and transforms a batch; nothing is written, so that it can be done while the one before is written. */
  prepare(batch: Batch): Promise<PreparedBatch>;
  /** False when a change has to wait for its parent: then the checkpoint stands before that change. */
  write(prepared: PreparedBatch): Promise<boolean>;
  /** Tries again the letters that are due, or all of them. Gives how many are left. */
  retryDeadLetters(all: boolean): Promise<number>;
}

/** A batch with all that can be worked out before its turn to be written. */
export interface PreparedBatch {
  readonly batch: Batch;
  /** One for each lane. */
  readonly parts: readonly PreparedPart[];
}

interface PreparedPart extends LanePart {
  readonly segments: readonly NetSegment[];
  readonly rowFor: RowFor;
  /** The short way, for a part that may take it. */
  readonly atOnce: PreparedWrite | undefined;
}

export function createBatchWriter(options: BatchWriterOptions): BatchWriter {
  const { source, target, table, rows, deadLetters: store } = options;
  const checkpointName = table.targetNames.checkpoint;
  let lanes: readonly Checkpoint[] = [];
  let letters: readonly DeadLetter[] = [];

  const keyOf = (change: Change) => keyOfChange(table.key, change);
  const reload = async (): Promise<void> => {
    letters = await listDeadLetters(target.db, store, table.name);
  };

  /**
   * With keep-target a row that is new on the source leaves green's row of the same key alone, but never one that is
   * there only because its deletion, or an earlier change, was set aside.
   */
  function rules(refused: ReadonlyMap<string, unknown> = new Map()): WriteRules {
    if (options.conflictPolicy !== "keep-target") return rows;
    const setAside = new Set(letters.map((letter) => letter.id));
    const isStale = (digest: string) => refused.has(digest) || setAside.has(digest.slice(0, 12));
    return {
      keepOnUpdate: rows.keepOnUpdate,
      keepsExisting: (change) => !isStale(keyDigest(keyOf(change))),
    };
  }

  const checkpoint = (): Checkpoint => lowest(lanes) ?? { lane: 0, position: 0n, journalId: "", digest: "" };

  /** The checkpoints of these lanes first: their rows stay locked until the commit. */
  async function inTransaction<T>(
    moved: readonly Checkpoint[],
    end: Anchor,
    work: (tx: Queryable) => Promise<T>,
  ): Promise<T> {
    const result = await target.db.transaction(async (tx) => {
      for (const lane of moved)
        await moveCheckpoint(tx, target.dialect, checkpointName, lane, moveTo(lane, end));
      failpoint("beforeApply");
      const value = await work(tx);
      failpoint("afterApplyBeforeCommit");
      return value;
    });
    committed(moved, end);
    return result;
  }

  function committed(moved: readonly Checkpoint[], end: Anchor): void {
    failpoint("afterCommit");
    lanes = lanes.map((lane) => (moved.some((other) => other.lane === lane.lane) ? moveTo(lane, end) : lane));
  }

  /** Makes a part ready that has only new images. Not one with a row that could not be transformed: its turn tells why. */
  function prepareAtOnce(segments: readonly NetSegment[], rowFor: RowFor): PreparedWrite | undefined {
    const { prepareWrite } = target.dialect;
    const [only, ...others] = segments;
    if (prepareWrite === undefined || only === undefined || others.length > 0) return undefined;
    if (only.deletes.length > 0 || only.replaced.length > 0 || writesOthers(table)) return undefined;
    if (options.conflictPolicy === "keep-target" && only.inserts.size > 0) return undefined;
    const areNew = only.upserts.every((change) => change.action === "INSERT");
    try {
      return prepareWrite(table, only.upserts.map(rowFor), rows.keepOnUpdate, areNew);
    } catch (error) {
      if (error instanceof SyncError && error.code === "TRANSFORM_FAILED") return undefined;
      throw error;
    }
  }

  /** Rows and checkpoint together; false, with nothing done, where that cannot be. */
  async function writeAtOnce({ lane, atOnce }: PreparedPart, end: Anchor): Promise<boolean> {
    const [from] = current([lane]);
    if (atOnce === undefined || from === undefined || letters.length > 0) return false;
    failpoint("beforeApply");
    const move = target.dialect.sql.moveCheckpoint(checkpointName, from, moveTo(from, end));
    const isMoved = await atOnce(target.db, move);
    if (isMoved === undefined) return false;
    if (!isMoved) throw checkpointMoved(checkpointName, from);
    committed([from], end);
    return true;
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

  async function preparePart(part: LanePart): Promise<PreparedPart> {
    const segments = netChanges(part.changes, table.key);
    const rowFor = await rows.prepare(segments.flatMap((segment) => segment.upserts));
    return { ...part, segments, rowFor, atOnce: prepareAtOnce(segments, rowFor) };
  }

  async function writePart(part: PreparedPart, end: Anchor): Promise<void> {
    if (await writeAtOnce(part, end)) return;
    const { lane, changes, segments, rowFor } = part;
    const settled = await inTransaction(current([lane]), end, async (tx) => {
      await applyNet(tx, target.dialect, table, segments, rowFor, rules());
      return await settleWritten(tx, changes, new Map());
    });
    if (settled) await reload();
  }

  /** Lanes as they stand now: a batch is prepared before the one in front of it has moved them. */
  const current = (wanted: readonly number[]): readonly Checkpoint[] =>
    lanes.filter(({ lane }) => wanted.includes(lane));

  /** Finds out how far the changes can go; when that is not the end, goes there in a transaction of its own. */
  async function writeSome(
    moved: readonly Checkpoint[],
    all: readonly Change[],
    end: Anchor,
  ): Promise<boolean> {
    let changes = all;
    while (changes.length > 0) {
      const isAll = changes.length === all.length;
      const { done, refused } = await attempt(moved, changes, isAll ? end : endOf(changes));
      if (done === changes.length) {
        for (const { change, error } of refused) options.onDeadLetter(table.name, change.position, error);
        checkLimit();
        return isAll;
      }
      changes = changes.slice(0, done);
    }
    return false;
  }

  /**
   * Each lane writes its own keys, all at a time. A lane can be refused only because another one was slower to free a
   * unique key: the lanes that were refused are written again together, in order, when the others are through.
   */
  async function writeParts({ batch, parts }: PreparedBatch): Promise<boolean> {
    const results = await Promise.allSettled(parts.map((part) => writePart(part, batch.end)));
    const failed = parts.filter((_, i) => results[i]?.status === "rejected");
    for (const result of results) {
      if (result.status === "rejected" && asRefusal(target.dialect, result.reason) === undefined)
        throw result.reason;
    }
    if (failed.length === 0) return true;
    const again = failed.flatMap(({ changes }) => changes).sort((a, b) => (a.position < b.position ? -1 : 1));
    return await writeSome(current(failed.map(({ lane }) => lane)), again, batch.end);
  }

  /** Everything or nothing: fewer changes dealt with than given means that nothing was written. */
  async function attempt(
    moved: readonly Checkpoint[],
    changes: readonly Change[],
    end: Anchor,
  ): Promise<{ done: number; refused: readonly Refused[] }> {
    const refused = new Map<string, Refused>();
    const context: ReplayContext = {
      source,
      dialect: target.dialect,
      table,
      ...rules(refused),
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
      await inTransaction(moved, end, async (tx) => {
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
    checkpoint,
    async open(from) {
      lanes = await setLanes(target.db, target.dialect, checkpointName, from, options.parallelism);
      await reload();
    },
    async prepare(batch) {
      return { batch, parts: await Promise.all(spread(lanes, table, batch.changes).map(preparePart)) };
    },
    write: writeParts,
    async retryDeadLetters(all) {
      // Somebody may have asked for a retry or discarded some meanwhile.
      if (letters.length > 0) await reload();
      for (const letter of letters.filter((candidate) => all || isDue(candidate, new Date()))) {
        // Nothing moves but the letter; the checkpoint is only held, against a second runner.
        const changes = await options.reader.at([letter.position]);
        if (changes.length > 0) await attempt(lanes.slice(0, 1), changes, checkpoint());
      }
      return letters.length;
    },
  };
}

/** Rows of other tables, or other rows of this one, come with a row. */
function writesOthers(table: TablePlan): boolean {
  return alsoWritten(table).length > 0 || table.holdsClaims === true;
}

interface Refused {
  readonly change: Change;
  readonly error: ClassifiedError;
}

function moveTo({ lane, journalId }: Checkpoint, { position, digest }: Anchor): Checkpoint {
  return { lane, journalId, position, digest };
}

/** Thrown to leave a transaction without a failure. */
const ROLLBACK = new Error("rolled back on purpose");

function endOf(changes: readonly Change[]): Anchor {
  const last = changes.at(-1);
  if (last === undefined) throw new Error("no change to end at");
  return { position: last.position, digest: changeDigest(last) };
}
