import { COPY_LETTER, type DeadLetter, keyDigest } from "../apply/dead-letter.ts";
import { OVERTAKEN } from "../apply/overtaken.ts";
import type { Change } from "../contract/change.ts";
import type { Dialect } from "../contract/dialect.ts";
import { classifyAtOrigin } from "../contract/origin.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import { isPassing } from "../dialect/is-passing.ts";
import { SyncError } from "../errors.ts";
import type { LaterChanges } from "../journal/later-changes.ts";
import { keyOf, sourceKeyOf } from "../journal/net.ts";
import type { JournalReader } from "../journal/reader.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";
import type { LaneCheckpoints } from "./lane-checkpoints.ts";
import { laneChooser } from "./lanes.ts";
import type { LateGuard } from "./late-guard.ts";
import type { Replay } from "./replay.ts";
import type { TableLetters } from "./table-letters.ts";

export interface RetryOptions {
  readonly table: TablePlan;
  readonly dialect: Dialect;
  readonly reader: Pick<JournalReader, "at" | "mostAt">;
  readonly lanes: LaneCheckpoints;
  readonly letters: TableLetters;
  readonly replay: Pick<Replay, "again">;
  readonly later: Pick<LaterChanges, "has">;
  /** Where users may be served on the target. */
  readonly late?: Pick<LateGuard, "remember"> | undefined;
  readonly now?: Clock;
}

/** Tries dead letters of one table again. */
export interface LetterRetry {
  /**
   * Those that are due, or all; gives how many are left. What is due is tried for a second at most: other tables of the
   * group wait for their turn.
   */
  retry(all: boolean, signal: AbortSignal): Promise<number>;
}

/** What is due may hold up the group so long. */
const SHARE_MS = 1_000;
/** Failures that pass, in one retry: as many as it takes to find the one letter of a batch that brings them about. */
const MAX_FAILURES = 10;

interface Tried {
  readonly letter: DeadLetter;
  readonly change: Change;
}

export function createLetterRetry(options: RetryOptions): LetterRetry {
  const { table, dialect, reader, lanes, letters, replay, later, late, now = monotonic } = options;

  /** The letters whose change the journal still has, in order of position. */
  async function read(batch: readonly DeadLetter[]): Promise<readonly Tried[]> {
    // The anchor stands where the letters of `copy` do, and is no change.
    const positions = batch.map(({ position }) => position).filter((position) => position > COPY_LETTER);
    const changes = positions.length === 0 ? [] : await reader.at(positions);
    const byPosition = new Map(changes.map((change) => [change.position, change]));
    return batch
      .flatMap((letter) => {
        const change = byPosition.get(letter.position);
        return change === undefined ? [] : [{ letter, change }];
      })
      .sort((a, b) => (a.change.position < b.change.position ? -1 : 1));
  }

  /** A letter of a row whose key could not be read then, and can now: nothing that is written to the row supersedes it. */
  const isOther = ({ letter, change }: Tried): boolean =>
    letter.digest !== keyDigest(keyOf(table.key, change));

  async function attempt(batch: readonly DeadLetter[]): Promise<void> {
    // A late write is never tried again: what users wrote in its place stays, whoever serves them by now.
    const isLate = ({ letter }: Tried): boolean => letter.code === OVERTAKEN;
    const found = await read(batch);
    late?.remember(found.filter(isLate).map(({ change }) => change));
    const all = found.filter((tried) => !isLate(tried));
    const outdated: Tried[] = [];
    for (const tried of all.filter(isOther)) {
      const key = sourceKeyOf(table.key, tried.change);
      if (await later.has({ after: tried.change.position, key })) outdated.push(tried);
    }
    const tries = all.filter((tried) => !outdated.includes(tried));
    const laneOf = laneChooser(table, lanes.all().length);
    const numbers = new Set(tries.map(({ change }) => laneOf(change)));
    const held = lanes.all().filter((_, lane) => numbers.has(lane));
    const settled =
      tries.length === 0
        ? new Set<Change>()
        : await replay.again(
            held,
            tries.map(({ change }) => change),
          );
    for (const { letter } of [...outdated, ...tries.filter((one) => isOther(one) && settled.has(one.change))])
      await letters.forget(letter);
    // Those that wait for a parent, and those whose change the journal does not have any more.
    for (const letter of batch) letters.postpone(letter);
  }

  async function retry(all: boolean, signal: AbortSignal): Promise<number> {
    await letters.refresh();
    const until = now() + SHARE_MS;
    const isOver = (): boolean => signal.aborted || (!all && now() >= until);
    let failures = 0;
    // Halves of a batch that failed stand before the batches behind it.
    const rest = batchesOf(letters.due(all), reader.mostAt);
    for (let batch = rest.shift(); batch !== undefined && !isOver(); batch = rest.shift()) {
      try {
        await attempt(batch);
      } catch (error) {
        if (error instanceof SyncError || !isPassing(classifyAtOrigin(error, dialect).class)) throw error;
        failures += 1;
        // What brings a connection down each time it is tried is no reason to say that the group is failing.
        if (failures >= MAX_FAILURES && all) throw error;
        if (failures >= MAX_FAILURES) break;
        const [only] = batch;
        if (batch.length === 1 && only !== undefined) letters.postpone(only);
        else rest.unshift(...halves(batch));
      }
    }
    return letters.count();
  }

  return { retry };
}

/** As many letters are tried in one transaction as can be read at once. */
function batchesOf(letters: readonly DeadLetter[], most: number): (readonly DeadLetter[])[] {
  const batches: (readonly DeadLetter[])[] = [];
  for (let i = 0; i < letters.length; i += most) batches.push(letters.slice(i, i + most));
  return batches;
}

function halves(batch: readonly DeadLetter[]): readonly (readonly DeadLetter[])[] {
  const half = Math.ceil(batch.length / 2);
  return [batch.slice(0, half), batch.slice(half)];
}
