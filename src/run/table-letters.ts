import {
  COPY_LETTER,
  type DeadLetter,
  type DeadLetterStore,
  keyDigest,
  keyText,
  letterId,
  letterTable,
  listDeadLetters,
  removeLetters,
  writeLetters,
} from "../apply/dead-letter.ts";
import type { Change } from "../contract/change.ts";
import type { TablePlan, TargetTable } from "../contract/sync-plan.ts";
import type { ClassifiedError } from "../db/classified-error.ts";
import type { Queryable } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { keyOf } from "../journal/net.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";
import { createLetterSchedule } from "./letter-schedule.ts";

/** A change that is being set aside, and why. */
export interface Refusal {
  readonly change: Change;
  readonly error: ClassifiedError;
}

/** Changes that are being set aside at this moment, by the digest of their key. */
export type Refused = ReadonlyMap<string, Refusal>;

/** What a transaction has made of changes. */
export interface Outcome {
  /** Written, passed or dropped: their rows are as the source has them, or not to be had. */
  readonly settled: readonly Change[];
  readonly refused: readonly Refusal[];
}

/** The dead letters of one table: as the target last told of them, and as this runner has changed them since. */
export interface TableLetters {
  readonly count: () => number;
  /** Reads what the target holds. */
  reload(): Promise<void>;
  /** The same, at most once a second when there are some: somebody may have asked for a retry, or discarded some. */
  refresh(): Promise<void>;
  /** Those whose time has come, or all; longest waiting first. */
  due(all: boolean): readonly DeadLetter[];
  /** Leaves a letter alone for a while that has come to nothing: it waits, or could not be tried. */
  postpone(letter: DeadLetter): void;
  has(digest: string): boolean;
  /** Whether a change was set aside for the first time within the last seconds: then the next refusal is likely. */
  arePouringIn(): boolean;
  /** Whether the target lacks an earlier change of this change's row: it is among the letters. */
  areOf(change: Change, refused: Refused): boolean;
  /** Writes down an outcome in its transaction; gives what is to be called once that has been committed. */
  record(tx: Queryable, outcome: Outcome): Promise<() => void>;
  /** Takes one letter away. */
  forget(letter: DeadLetter): Promise<void>;
  /** Throws SyncError ROW_REFUSED when there are more than deadLetterLimit. */
  checkLimit(): void;
}

const REFRESH_MS = 1_000;
/** Without any: `copy` may have written some, which a later change of the row makes up for. */
const SEEK_MS = 15_000;
const POURING_IN_MS = 5_000;

export function createTableLetters(
  db: Queryable,
  store: DeadLetterStore,
  table: TablePlan,
  limit: number,
  now: Clock = monotonic,
  timeOfDay: () => Date = () => new Date(),
): TableLetters {
  const schedule = createLetterSchedule(now);
  let letters: ReadonlyMap<string, DeadLetter> = new Map();
  let own: TargetTable | undefined;
  let readAt = 0;
  let refusedAt = Number.NEGATIVE_INFINITY;

  function take(found: readonly DeadLetter[]): void {
    letters = new Map(found.map((letter) => [letter.digest, letter]));
    schedule.see(found);
  }

  async function reload(): Promise<void> {
    own = await letterTable(db, store);
    readAt = now();
    take(await listDeadLetters(db, store, table.name));
  }

  function letterOf({ change, error }: Refusal): DeadLetter {
    const key = keyOf(table.key, change);
    const digest = keyDigest(key);
    const before = letters.get(digest);
    const at = timeOfDay().toISOString();
    return {
      table: table.name,
      id: letterId(digest),
      digest,
      key: keyText(key),
      position: change.position,
      reason: error.reason,
      code: error.code,
      attempts: (before?.attempts ?? 0) + 1,
      firstSeen: before?.firstSeen ?? at,
      lastTried: at,
    };
  }

  return {
    count: () => letters.size,
    reload,
    async refresh() {
      if (now() - readAt >= (letters.size > 0 ? REFRESH_MS : SEEK_MS)) await reload();
    },
    due: (all) => schedule.due([...letters.values()], all),
    postpone: schedule.postpone,
    has: (digest) => letters.has(digest),
    arePouringIn: () => now() - refusedAt < POURING_IN_MS,
    areOf(change, refused) {
      const digest = keyDigest(keyOf(table.key, change));
      return refused.has(digest) || letters.has(digest);
    },
    async record(tx, { settled, refused }) {
      if (letters.size === 0 && refused.length === 0) return () => undefined;
      const written = refused.map(letterOf);
      if (written.some(({ digest, position }) => letters.get(digest)?.position !== position))
        refusedAt = now();
      const kept = new Set(written.map(({ digest }) => digest));
      const digests = new Set(settled.map((change) => keyDigest(keyOf(table.key, change))));
      const gone = new Set([...digests].filter((digest) => letters.has(digest) && !kept.has(digest)));
      if (own !== undefined) await writeLetters(tx, store, own, written);
      await removeLetters(tx, store, table.name, [...gone]);
      return () => {
        if (kept.size + gone.size === 0) return;
        const isLeft = ({ digest }: DeadLetter): boolean => !gone.has(digest) && !kept.has(digest);
        take([...[...letters.values()].filter(isLeft), ...written]);
      };
    },
    async forget(letter) {
      await removeLetters(db, store, table.name, [letter.digest]);
      take([...letters.values()].filter(({ digest }) => digest !== letter.digest));
    },
    checkLimit() {
      // How many rows a copy may leave behind is the copy's own matter.
      const ours = [...letters.values()].filter(({ position }) => position > COPY_LETTER);
      if (ours.length <= limit) return;
      const last = ours.reduce((a, b) => (a.position > b.position ? a : b));
      throw new SyncError("ROW_REFUSED", {
        what: `${table.name}: ${ours.length} changes are set aside, more than deadLetterLimit=${limit} allows; the last at position ${last.position}: ${last.reason} (${last.code})`,
        next: "Look at `sync-tool dead-letters list`, mend the cause, then start the run again: it tries them once more, nothing was skipped",
        at: { table: table.name },
      });
    },
  };
}
