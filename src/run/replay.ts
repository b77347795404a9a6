import { isSetAside, keyDigest } from "../apply/dead-letter.ts";
import { applyRefused } from "../apply/refused-batch.ts";
import type { ReplayContext } from "../apply/refused-change.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import { type Change, type Key, leavesRow, type Position } from "../contract/change.ts";
import type { Anchor } from "../journal/at-anchor.ts";
import { changeDigest } from "../journal/digest.ts";
import { exactKey } from "../journal/key-equality.ts";
import type { LaterChanges } from "../journal/later-changes.ts";
import { keyOf, sourceKeyOf } from "../journal/net.ts";
import type { BatchWriterOptions } from "./batch-writer-options.ts";
import { findAlong } from "./find-along.ts";
import type { LaneCheckpoints } from "./lane-checkpoints.ts";
import { laneChooser } from "./lanes.ts";
import type { Refusal, TableLetters } from "./table-letters.ts";
import { writeRules } from "./write-rules.ts";

/** Writes what the target refused, and sets aside the changes that no way is found for. */
export interface Replay {
  /**
   * Writes changes, in order of position, as far as they can go, each try all or nothing. False when one of them has to wait
   * for its parent; the checkpoints then stand before it.
   */
  write(moved: readonly Checkpoint[], changes: readonly Change[], end: Anchor): Promise<boolean>;
  /**
   * Tries changes again that were set aside, in order of position and in one transaction. The checkpoints of these lanes
   * are held where they are, against a second runner. Gives those that are dealt with and are no letters any more.
   */
  again(held: readonly Checkpoint[], changes: readonly Change[]): Promise<ReadonlySet<Change>>;
  /**
   * Applies changes whose turn has passed, each where no later one of its row was captured; a refused one is set aside.
   * Gives the positions of those that are dealt with: others have to wait for a parent.
   */
  writeLate(changes: readonly Change[]): Promise<readonly Position[]>;
  /** Forgets what was found out about the journal: it may be another. */
  forget(): void;
}

/** What has become of changes in one transaction. */
interface Tried {
  /** How many, from the front, were dealt with. */
  readonly done: number;
  readonly refused: readonly Refusal[];
  readonly settled: readonly Change[];
}

export function createReplay(
  options: BatchWriterOptions,
  lanes: LaneCheckpoints,
  letters: TableLetters,
  later: LaterChanges,
): Replay {
  const { source, target, table, rows, deadLetters: store } = options;

  /**
   * Whatever is applied settles the letters of its key, or becomes one in their place. Where the databases take keys for
   * equal that differ in case, say, that is not so: there each letter is looked for once from its own position on.
   */
  const isExact = table.key.every(({ source: from, target: to }) =>
    [from, to].every(({ kind, equality }) => kind !== "text" || equality === "exact"),
  );
  /** Up to where it is known of keys of letters that the journal has no later change of the row. */
  const searched = new Map<string, Position>();

  const lookBehind = (position: Position, key: Key): Position => {
    const known = isExact ? lanes.lowest().position : searched.get(exactKey(key));
    return known !== undefined && known > position ? known : position;
  };

  /** @param waits false: a change that has to wait is passed over, and is left the letter that it is. */
  async function attempt(
    transaction: (work: Parameters<LaneCheckpoints["transaction"]>[2]) => Promise<unknown>,
    changes: readonly Change[],
    waits: boolean,
  ): Promise<Tried> {
    const refused = new Map<string, Refusal>();
    const dropped: Change[] = [];
    const waiting = new Set<Change>();
    let madeUp = 0;
    // A tenant or an identity provider may have come since the last look.
    const rowFor = await rows.prepare(changes.filter(leavesRow), true);
    const context: ReplayContext = {
      source,
      dialect: target.dialect,
      table,
      ...writeRules(options, letters, refused),
      bringAlong: await findAlong(options, changes, rowFor),
      rowFor,
      onUniqueConflict: rows.onUniqueConflict,
      onMadeUp: () => {
        madeUp += 1;
      },
      conflictPolicy: options.conflictPolicy,
      mayStillCome: options.mayStillCome,
      hasLaterChange: (after, key) => later.has({ after: lookBehind(after, key), key }),
      isSetAside: async (tx, name, key) =>
        name === table.name
          ? refused.has(keyDigest(key)) || letters.has(keyDigest(key))
          : await isSetAside(tx, store, name, key),
      onSetAside: (change, error) => {
        refused.set(keyDigest(keyOf(table.key, change)), { change, error });
      },
      onDropped: (change) => void dropped.push(change),
      onWaiting: (change) => {
        waiting.add(change);
        return waits;
      },
    };
    const applied = lanes.lowest().position;
    await later.prepare(
      changes.map((change) => {
        const key = sourceKeyOf(table.key, change);
        return { after: lookBehind(change.position, key), key };
      }),
    );
    let done = 0;
    let settled: readonly Change[] = [];
    let remember: () => void = () => undefined;
    try {
      await transaction(async (tx) => {
        done = await applyRefused(tx, context, changes);
        if (done < changes.length) throw ROLLBACK;
        settled = changes.filter((change) => !waiting.has(change) && isBehind(refused, change));
        const record = await letters.record(tx, { settled, refused: standing(refused, settled) });
        const count = await options.drops.add(tx, dropped);
        remember = () => {
          record();
          count();
        };
      });
      remember();
      if (madeUp > 0) options.onMadeUpHashes(table.name, madeUp);
    } catch (error) {
      if (error !== ROLLBACK) throw error;
    }
    const left = standing(refused, settled);
    // Each of them was decided on as the last change of its row.
    for (const { change } of isExact ? [] : left)
      searched.set(exactKey(sourceKeyOf(table.key, change)), applied);
    return { done, refused: left, settled };
  }

  /** A change of a row whose refused one came before it, or that has none. */
  function isBehind(refused: ReadonlyMap<string, Refusal>, change: Change): boolean {
    const before = refused.get(keyDigest(keyOf(table.key, change)));
    return before === undefined || before.change.position < change.position;
  }

  /** Refusals that no later change of the same row has made up for in the same transaction. */
  function standing(refused: ReadonlyMap<string, Refusal>, settled: readonly Change[]): readonly Refusal[] {
    const keys = new Set(settled.map((change) => keyDigest(keyOf(table.key, change))));
    return [...refused].flatMap(([digest, refusal]) => (keys.has(digest) ? [] : [refusal]));
  }

  return {
    forget: () => searched.clear(),
    async write(moved, all, end) {
      let changes = all;
      while (changes.length > 0) {
        const isAll = changes.length === all.length;
        const to = isAll ? end : endOf(changes);
        // Never back: a lane may stand between what has to wait and the end.
        const movable = moved.filter(({ position }) => position < to.position);
        const { done, refused } = await attempt(
          (work) => lanes.transaction(movable, to, work),
          changes,
          true,
        );
        if (done === changes.length) {
          for (const { change, error } of refused) options.onDeadLetter(table.name, change.position, error);
          letters.checkLimit();
          return isAll;
        }
        changes = changes.slice(0, done);
      }
      return false;
    },
    async again(held, changes) {
      const { settled } = await attempt((work) => lanes.hold(held, work), changes, false);
      return new Set(settled);
    },
    async writeLate(changes) {
      const laneOf = laneChooser(table, lanes.all().length);
      const dealtWith: Position[] = [];
      for (const change of changes) {
        const held = lanes.all()[laneOf(change)];
        if (held === undefined) continue;
        const { position } = change;
        // Later changes of the row may be applied already: they are looked for behind its own position.
        const isOutdated = await later.has({ after: position, key: sourceKeyOf(table.key, change) });
        if (!isOutdated) {
          const { done, refused } = await attempt((work) => lanes.hold([held], work), [change], true);
          for (const { error } of refused) options.onDeadLetter(table.name, position, error);
          if (done === 0) continue;
        }
        dealtWith.push(position);
      }
      return dealtWith;
    },
  };
}

/** Thrown to leave a transaction without a failure. */
const ROLLBACK = new Error("rolled back on purpose");

function endOf(changes: readonly Change[]): Anchor {
  const last = changes.at(-1);
  if (last === undefined) throw new Error("no change to end at");
  return { position: last.position, digest: changeDigest(last) };
}
