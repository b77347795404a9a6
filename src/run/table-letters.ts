import {
  type DeadLetter,
  type DeadLetterStore,
  discard,
  keyDigest,
  letterId,
  listDeadLetters,
  settle,
} from "../apply/dead-letter.ts";
import type { Queryable } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import type { Change } from "../journal/change.ts";
import { keyOf } from "../journal/net.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import { createLetterSchedule } from "./letter-schedule.ts";

/** Changes that are being set aside at this moment, by the digest of their key. */
export type Refused = ReadonlyMap<string, { readonly change: Change }>;

/** The dead letters of one table, as the target last told of them. */
export interface TableLetters {
  readonly count: () => number;
  reload(): Promise<void>;
  due(all: boolean): readonly DeadLetter[];
  /** Whether the target lacks an earlier change of this change's row: it is among the letters. */
  areOf(change: Change, refused: Refused): boolean;
  /** Letters of rows that are written anew are superseded. True when there were some. */
  settleWritten(tx: Queryable, changes: readonly Change[], refused?: Refused): Promise<boolean>;
  /** Takes one letter away. */
  forget(letter: DeadLetter): Promise<void>;
  /** Throws SyncError ROW_REFUSED when there are more than deadLetterLimit. */
  checkLimit(): void;
}

export function createTableLetters(
  db: Queryable,
  store: DeadLetterStore,
  table: TablePlan,
  limit: number,
): TableLetters {
  let letters: readonly DeadLetter[] = [];
  let ids: ReadonlySet<string> = new Set();
  const schedule = createLetterSchedule();

  async function reload(): Promise<void> {
    letters = await listDeadLetters(db, store, table.name);
    ids = new Set(letters.map((letter) => letter.id));
    schedule.see(letters);
  }

  return {
    count: () => letters.length,
    reload,
    due: (all) => letters.filter((letter) => all || schedule.isDue(letter)),
    areOf(change, refused) {
      const digest = keyDigest(keyOf(table.key, change));
      return refused.has(digest) || ids.has(letterId(digest));
    },
    async settleWritten(tx, changes, refused = new Map()) {
      if (letters.length === 0 && refused.size === 0) return false;
      const isSettled = (change: Change): boolean => {
        const digest = keyDigest(keyOf(table.key, change));
        const before = refused.get(digest);
        return before === undefined ? ids.has(letterId(digest)) : before.change.position < change.position;
      };
      const keys = changes.filter(isSettled).map((change) => keyOf(table.key, change));
      if (keys.length === 0) return false;
      await settle(tx, store, table.name, keys);
      return true;
    },
    async forget(letter) {
      await discard(db, store, [letter]);
      await reload();
    },
    checkLimit() {
      if (letters.length <= limit) return;
      const last = letters.at(-1);
      throw new SyncError("ROW_REFUSED", {
        what: `${table.name}: ${letters.length} changes are set aside, more than deadLetterLimit=${limit} allows; the last at position ${last?.position}: ${last?.reason} (${last?.code})`,
        next: "Look at `sync-tool dead-letters list`, mend the cause, then start the run again: it tries them once more, nothing was skipped",
        at: { table: table.name },
      });
    },
  };
}
