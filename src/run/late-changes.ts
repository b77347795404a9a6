import type { Change, Position } from "../contract/change.ts";
import type { Hole } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { appearedIn } from "../journal/appeared.ts";
import {
  addPassed,
  allPassed,
  missingOf,
  type PassedHole,
  type PassedHoles,
  parsePassed,
  passedText,
  withoutHole,
  withoutPositions,
} from "../journal/passed-holes.ts";
import type { JournalReader, JournalSource } from "../journal/reader.ts";
import { recordGap } from "../state/gap.ts";
import { deleteState, readEntry, type StateTable, writeState } from "../state/state.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";

/**
 * The second net under holes: where nobody proves that a position is dead, each one that is passed is kept on the target and
 * looked at again for a while. A change that appears there is applied, unless a later one of its row was.
 */
export interface LateChanges {
  /** Takes up what an earlier runner has kept. */
  open(): Promise<void>;
  /** Keeps the holes among these positions, before anything behind them is written. */
  note(after: Position, positions: readonly Position[]): Promise<void>;
  /** Looks again when it is time; most calls do nothing. `atOnce`: now, and everywhere. */
  look(atOnce?: boolean): Promise<void>;
}

export interface LateChangesOptions {
  readonly source: JournalSource;
  readonly target: { readonly db: Database };
  readonly state: StateTable;
  readonly table: TablePlan;
  readonly reader: Pick<JournalReader, "at">;
  /** Up to here everything is applied. */
  readonly applied: () => Position;
  /** Applies changes whose turn has passed; gives those that are dealt with. */
  readonly apply: (changes: readonly Change[]) => Promise<readonly Position[]>;
  readonly onLate: (table: string, position: Position) => void;
  readonly now?: Clock;
}

/** Holes of the last minute are looked at so often, all of them once a minute. */
const LOOK_MS = 5_000;
const LOOK_AT_ALL_MS = 60_000;
const YOUNG_SECONDS = 60;
const POSITIONS_PER_READ = 500;

export function createLateChanges(options: LateChangesOptions): LateChanges {
  const { source, target, state, table, now = monotonic } = options;
  const key = `passed/${table.name}`;
  let watched: readonly PassedHoles[] = [];
  let kept = "";
  let lookedAt = Number.NEGATIVE_INFINITY;
  let lookedAtAll = Number.NEGATIVE_INFINITY;
  const seconds = (): number => Date.now() / 1000;

  async function keep(next: readonly PassedHoles[]): Promise<void> {
    watched = next;
    const text = passedText(next);
    if (text === kept) return;
    if (text === "") await deleteState(target.db, state, key);
    else await writeState(target.db, state, key, text);
    kept = text;
  }

  const presentIn = (holes: readonly Hole[]): Promise<readonly Position[]> =>
    appearedIn(source, table.names.journal, holes);

  /** The positions among these holes that hold a change by now and are behind what is applied. */
  async function appeared(holes: readonly PassedHole[]): Promise<readonly Position[]> {
    const exact = holes.filter(({ missing }) => missing === undefined);
    return (await presentIn(exact)).filter((position) => position <= options.applied());
  }

  async function settle(positions: readonly Position[]): Promise<void> {
    for (let i = 0; i < positions.length; i += POSITIONS_PER_READ) {
      const part = positions.slice(i, i + POSITIONS_PER_READ);
      const settled = await options.apply(await options.reader.at(part));
      for (const position of settled) options.onLate(table.name, position);
      await keep(withoutPositions(watched, settled));
    }
  }

  /**
   * Of a range it is only known how many were missing: when there are more now, one has appeared, and not which. Then the
   * table has a gap, which `verify` ends.
   */
  async function judgeRanges(): Promise<void> {
    for (const { since, holes } of watched) {
      for (const range of holes.filter(({ missing }) => missing !== undefined)) {
        const present = BigInt((await presentIn([range])).length);
        if (present <= range.last - range.first + 1n - missingOf(range)) continue;
        await recordGap(target.db, state, table.name, {
          since: new Date(since * 1000).toISOString(),
          until: new Date().toISOString(),
          why: [`a change appeared late between positions ${range.first} and ${range.last}`],
        });
        await keep(withoutHole(watched, range));
      }
    }
  }

  return {
    async open() {
      watched = parsePassed(await readEntry(target.db, state, key));
      kept = passedText(watched);
      lookedAt = Number.NEGATIVE_INFINITY;
      lookedAtAll = Number.NEGATIVE_INFINITY;
    },
    async note(after, positions) {
      let expected = after + 1n;
      const holes: Hole[] = [];
      for (const position of positions) {
        if (position > expected) holes.push({ first: expected, last: position - 1n });
        expected = position + 1n;
      }
      if (holes.length > 0) await keep(addPassed(watched, holes, seconds()));
    },
    async look(atOnce = false) {
      if (watched.length === 0 || (!atOnce && now() - lookedAt < LOOK_MS)) return;
      lookedAt = now();
      const isForAll = atOnce || lookedAt - lookedAtAll >= LOOK_AT_ALL_MS;
      if (isForAll) lookedAtAll = lookedAt;
      const young = seconds() - YOUNG_SECONDS * 2;
      const holes = allPassed(isForAll ? watched : watched.filter(({ since }) => since >= young));
      await settle(await appeared(holes));
      if (isForAll) await judgeRanges();
      await keep(addPassed(watched, [], seconds()));
    },
  };
}
