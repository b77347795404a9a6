import { applyNet, type RowFor, type WriteRules } from "../apply/applier.ts";
import type { ConflictPolicy } from "../apply/conflict.ts";
import { type DeadLetterStore, isSetAside, keyDigest, letterId, setAside } from "../apply/dead-letter.ts";
import { hasLaterChange } from "../apply/missing-parents.ts";
import { applyRefused, asRefusal, type ReplayContext } from "../apply/refused-batch.ts";
import { spareChildren } from "../apply/spare-children.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Database } from "../db/database.ts";
import type { ClassifiedError, Dialect, PreparedWrite } from "../dialect/dialect.ts";
import { type Change, type Key, leavesRow } from "../journal/change.ts";
import { changeDigest } from "../journal/digest.ts";
import { keyOf, type NetSegment, netChanges, sourceKeyOf } from "../journal/net.ts";
import type { Anchor, Batch, JournalReader } from "../journal/reader.ts";
import type { Side } from "../plan/build-plan.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { RowSource } from "../transform/row-source.ts";
import { createLaneCheckpoints } from "./lane-checkpoints.ts";
import { flow } from "./lane-flow.ts";
import { type LanePart, laneChooser, mayLead, spread } from "./lanes.ts";
import { prepareShortWrite } from "./short-write.ts";
import { createTableLetters, type Refused } from "./table-letters.ts";

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
  /**
   * Writes batches that follow each other; tells of each that every lane has written. "waiting": a change has to wait
   * for its parent, and the checkpoint stands before it.
   */
  write(
    batches: readonly PreparedBatch[],
    signal: AbortSignal,
    onWritten: (batch: Batch) => void,
  ): Promise<WriteEnd>;
  /** Tries again the letters that are due, or all of them. Gives how many are left. */
  retryDeadLetters(all: boolean): Promise<number>;
}

export type WriteEnd = "written" | "waiting" | "stopped";

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
  readonly short: PreparedWrite | undefined;
}

export function createBatchWriter(options: BatchWriterOptions): BatchWriter {
  const { source, target, table, rows, deadLetters: store } = options;
  const lanes = createLaneCheckpoints(target, table.targetNames.checkpoint);
  const letters = createTableLetters(target.db, store, table, options.deadLetterLimit);

  /**
   * With keep-target a row that is new on the source leaves green's row of the same key alone, but never one that is
   * there only because its deletion, or an earlier change, was set aside.
   */
  function rules(refused: Refused = new Map()): WriteRules {
    const always: WriteRules = {
      keepOnUpdate: rows.keepOnUpdate,
      beforeDelete: (tx, keys) =>
        spareChildren(source, { dialect: target.dialect, tx }, table.takesAlong, keys),
    };
    if (options.conflictPolicy !== "keep-target") return always;
    return {
      ...always,
      keepsExisting: (change) => !letters.areOf(change, refused),
    };
  }

  async function preparePart(part: LanePart): Promise<PreparedPart> {
    const segments = netChanges(part.changes, table.key);
    const rowFor = await rows.prepare(segments.flatMap((segment) => segment.upserts));
    const { keepOnUpdate } = rows;
    const policy = options.conflictPolicy;
    const short = await prepareShortWrite(target.dialect, table, segments, rowFor, keepOnUpdate, policy);
    return { ...part, segments, rowFor, short };
  }

  async function writePart(part: PreparedPart, end: Anchor): Promise<void> {
    const { changes, segments, rowFor, short } = part;
    const [from] = lanes.behind([part], end);
    if (from === undefined) return;
    if (short !== undefined && letters.count() === 0 && (await lanes.writeShort(from, end, short))) return;
    const settled = await lanes.transaction([from], end, async (tx) => {
      await applyNet(tx, target.dialect, table, segments, rowFor, rules());
      return await letters.settleWritten(tx, changes);
    });
    if (settled) await letters.reload();
  }

  /** Finds out how far the changes can go; when that is not the end, goes there in a transaction of its own. */
  async function writeSome(
    moved: readonly Checkpoint[],
    all: readonly Change[],
    end: Anchor,
  ): Promise<boolean> {
    let changes = all;
    while (changes.length > 0) {
      const isAll = changes.length === all.length;
      const to = isAll ? end : endOf(changes);
      // Never back: a lane may stand between what has to wait and the end.
      const movable = moved.filter(({ position }) => position < to.position);
      const { done, refused } = await attempt(movable, changes, to);
      if (done === changes.length) {
        for (const { change, error } of refused) options.onDeadLetter(table.name, change.position, error);
        letters.checkLimit();
        return isAll;
      }
      changes = changes.slice(0, done);
    }
    return false;
  }

  /** What lanes were refused, together and in order. */
  async function writeTogether(parts: readonly LanePart[], end: Anchor): Promise<boolean> {
    const moved = lanes.behind(parts, end);
    const changes = parts.flatMap((part) => part.changes).sort((a, b) => (a.position < b.position ? -1 : 1));
    if (changes.length > 0) return await writeSome(moved, changes, end);
    await lanes.transaction(moved, end, () => Promise.resolve());
    return true;
  }

  /**
   * Each lane writes its own keys. One can be refused only because another was slower to free a unique key, or faster to
   * take it: when the others have come to one end, whatever the refused ones have left up to there is written in order.
   */
  async function writeFlow(
    batches: readonly PreparedBatch[],
    signal: AbortSignal,
    onWritten: (batch: Batch) => void,
  ): Promise<WriteEnd> {
    let rest = batches;
    while (rest.length > 0) {
      if (signal.aborted) return "stopped";
      const { end, written } = await flow({
        lanes: lanes.all().length,
        batches: rest,
        signal,
        write: async ({ batch, parts }, lane) => {
          const part = parts[lane];
          if (part !== undefined) await writePart(part, batch.end);
        },
        isRefusal: (error) => asRefusal(target.dialect, error) !== undefined,
        onWritten: ({ batch }) => onWritten(batch),
      });
      const slowest = Math.min(...written);
      for (const [i, { batch, parts }] of rest.slice(0, end).entries()) {
        if (i < slowest) continue;
        const left = parts.filter((_, lane) => (written[lane] ?? 0) <= i);
        if (!(await writeTogether(left, batch.end))) return "waiting";
        onWritten(batch);
      }
      rest = rest.slice(end);
    }
    return "written";
  }

  /** Everything or nothing: fewer changes dealt with than given means that nothing was written. */
  async function attempt(
    moved: readonly Checkpoint[],
    changes: readonly Change[],
    end: Anchor,
  ): Promise<{ done: number; refused: readonly RefusedChange[] }> {
    const refused = new Map<string, RefusedChange>();
    const context: ReplayContext = {
      source,
      dialect: target.dialect,
      table,
      ...rules(refused),
      // A tenant or an identity provider may have come since the last look.
      rowFor: await rows.prepare(changes.filter(leavesRow), true),
      onUniqueConflict: rows.onUniqueConflict,
      conflictPolicy: options.conflictPolicy,
      mayStillCome: options.mayStillCome,
      isSetAside: (tx, parent, key) => isSetAside(tx, store, parent, key),
      onRefused: async (tx, change, error) => {
        const key = keyOf(table.key, change);
        refused.set(keyDigest(key), { change, error });
        await setAside(tx, store, table.name, change, key, error, new Date());
      },
    };
    let done = 0;
    try {
      await lanes.transaction(moved, end, async (tx) => {
        done = await applyRefused(tx, context, changes);
        if (done < changes.length) throw ROLLBACK;
        await letters.settleWritten(tx, changes, refused);
      });
      await letters.reload();
    } catch (error) {
      if (error !== ROLLBACK) throw error;
    }
    return { done, refused: [...refused.values()] };
  }

  return {
    checkpoint: lanes.lowest,
    async open(from) {
      await lanes.open(from, options.parallelism, mayLead(table));
      await letters.reload();
    },
    async prepare(batch) {
      const parts = spread(lanes.all(), table, batch.changes);
      return { batch, parts: await Promise.all(parts.map(preparePart)) };
    },
    async write(batches, signal, onWritten) {
      const flows = lanes.all().length === 1 || mayLead(table) ? [batches] : batches.map((batch) => [batch]);
      for (const together of flows) {
        const end = await writeFlow(together, signal, onWritten);
        if (end !== "written") return end;
      }
      return "written";
    },
    async retryDeadLetters(all) {
      // Somebody may have asked for a retry or discarded some meanwhile.
      if (letters.count() > 0) await letters.reload();
      const laneOf = laneChooser(table, lanes.all().length);
      const sourceKey = (change: Change): Key => sourceKeyOf(table.key, change);
      for (const letter of letters.due(all)) {
        const [change] = await options.reader.at([letter.position]);
        // Nothing moves but the letter; the checkpoint of its lane is only held, against a second runner.
        const held = change === undefined ? undefined : lanes.all()[laneOf(change)];
        if (change === undefined || held === undefined) continue;
        // Of a row whose key could not be read then, and can now: nothing that is written to the row would supersede it.
        const isOther = letter.id !== letterId(keyDigest(keyOf(table.key, change)));
        const isOutdated = isOther && (await hasLaterChange(source, table, change, sourceKey(change)));
        const { done } = isOutdated ? { done: 1 } : await attempt([held], [change], held);
        if (isOther && done > 0) await letters.forget(letter);
      }
      return letters.count();
    },
  };
}

interface RefusedChange {
  readonly change: Change;
  readonly error: ClassifiedError;
}

/** Thrown to leave a transaction without a failure. */
const ROLLBACK = new Error("rolled back on purpose");

function endOf(changes: readonly Change[]): Anchor {
  const last = changes.at(-1);
  if (last === undefined) throw new Error("no change to end at");
  return { position: last.position, digest: changeDigest(last) };
}
