import { isSetAside, keyDigest, letterId, setAside } from "../apply/dead-letter.ts";
import { hasLaterChange } from "../apply/missing-parents.ts";
import { applyRefused, type ReplayContext } from "../apply/refused-batch.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { ClassifiedError } from "../dialect/dialect.ts";
import { type Change, leavesRow, type Position } from "../journal/change.ts";
import { changeDigest } from "../journal/digest.ts";
import { keyOf, sourceKeyOf } from "../journal/net.ts";
import type { Anchor } from "../journal/reader.ts";
import type { BatchWriterOptions } from "./batch-writer.ts";
import type { LaneCheckpoints } from "./lane-checkpoints.ts";
import { laneChooser } from "./lanes.ts";
import type { TableLetters } from "./table-letters.ts";
import { writeRules } from "./write-rules.ts";

/** Writes what the target refused, and sets aside the changes that no way is found for. */
export interface Replay {
  /**
   * Writes changes, in order of position, as far as they can go, each try all or nothing. False when one of them has to wait
   * for its parent; the checkpoints then stand before it.
   */
  write(moved: readonly Checkpoint[], changes: readonly Change[], end: Anchor): Promise<boolean>;
  /** Tries again the letters that are due, or all of them. Gives how many are left. */
  retryLetters(all: boolean): Promise<number>;
  /**
   * Applies changes whose turn has passed, each where no later one of its row was captured; a refused one is set aside.
   * Gives the positions of those that are dealt with: others have to wait for a parent.
   */
  writeLate(changes: readonly Change[]): Promise<readonly Position[]>;
}

interface RefusedChange {
  readonly change: Change;
  readonly error: ClassifiedError;
}

export function createReplay(
  options: BatchWriterOptions,
  lanes: LaneCheckpoints,
  letters: TableLetters,
): Replay {
  const { source, target, table, rows, deadLetters: store } = options;

  /** Everything or nothing: fewer changes dealt with than given means that nothing was written. */
  async function attempt(
    moved: readonly Checkpoint[],
    changes: readonly Change[],
    end: Anchor,
  ): Promise<{ done: number; refused: readonly RefusedChange[] }> {
    const refused = new Map<string, RefusedChange>();
    let madeUp = 0;
    const context: ReplayContext = {
      source,
      dialect: target.dialect,
      table,
      ...writeRules(options, letters, refused),
      // A tenant or an identity provider may have come since the last look.
      rowFor: await rows.prepare(changes.filter(leavesRow), true),
      onUniqueConflict: rows.onUniqueConflict,
      onMadeUp: () => {
        madeUp += 1;
      },
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
      if (madeUp > 0) options.onMadeUpHashes(table.name, madeUp);
    } catch (error) {
      if (error !== ROLLBACK) throw error;
    }
    return { done, refused: [...refused.values()] };
  }

  /** Finds out how far the changes can go; when that is not the end, goes there in a transaction of its own. */
  async function write(moved: readonly Checkpoint[], all: readonly Change[], end: Anchor): Promise<boolean> {
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

  async function retryLetters(all: boolean): Promise<number> {
    // Somebody may have asked for a retry or discarded some meanwhile.
    if (letters.count() > 0) await letters.reload();
    const laneOf = laneChooser(table, lanes.all().length);
    for (const letter of letters.due(all)) {
      const [change] = await options.reader.at([letter.position]);
      // Nothing moves but the letter; the checkpoint of its lane is only held, against a second runner.
      const held = change === undefined ? undefined : lanes.all()[laneOf(change)];
      if (change === undefined || held === undefined) continue;
      // Of a row whose key could not be read then, and can now: nothing that is written to the row would supersede it.
      const isOther = letter.id !== letterId(keyDigest(keyOf(table.key, change)));
      const isOutdated =
        isOther && (await hasLaterChange(source, table, change, sourceKeyOf(table.key, change)));
      const isSettled = isOutdated || (await attempt([held], [change], held)).done > 0;
      if (isOther && isSettled) await letters.forget(letter);
    }
    return letters.count();
  }

  async function writeLate(changes: readonly Change[]): Promise<readonly Position[]> {
    const laneOf = laneChooser(table, lanes.all().length);
    const settled: Position[] = [];
    for (const change of changes) {
      const held = lanes.all()[laneOf(change)];
      if (held === undefined) continue;
      const isOutdated = await hasLaterChange(source, table, change, sourceKeyOf(table.key, change));
      if (isOutdated || (await attempt([held], [change], held)).done > 0) settled.push(change.position);
    }
    return settled;
  }

  return { write, retryLetters, writeLate };
}

/** Thrown to leave a transaction without a failure. */
const ROLLBACK = new Error("rolled back on purpose");

function endOf(changes: readonly Change[]): Anchor {
  const last = changes.at(-1);
  if (last === undefined) throw new Error("no change to end at");
  return { position: last.position, digest: changeDigest(last) };
}
