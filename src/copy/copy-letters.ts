import {
  COPY_LETTER,
  type DeadLetterStore,
  keyDigest,
  keyText,
  letterId,
  letterTable,
  listDeadLetters,
  removeCopyLetters,
  writeLetters,
} from "../apply/dead-letter.ts";
import type { Change } from "../contract/change.ts";
import { deadLettersName } from "../contract/object-names.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { ClassifiedError } from "../db/classified-error.ts";
import type { Database, Queryable } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { keyOf } from "../journal/net.ts";

/** The rows of one table that a copy could not bring, as dead letters: until the target has them nobody says "safe". */
export interface CopyLetters {
  /** Takes away the letters of rows that the target has, in the transaction that has made sure of it. */
  settle(tx: Queryable, changes: readonly Change[]): Promise<void>;
  /** Writes letters, but for rows that have one of a change: a run tries those again by itself. */
  setAside(
    tx: Queryable,
    refused: readonly { readonly change: Change; readonly error: ClassifiedError }[],
  ): Promise<void>;
  /** Takes away those that were there before and that no page has met: the source has their rows no more. */
  forgetRest(): Promise<void>;
  /** Throws SyncError ROW_REFUSED when there are more than the limit. */
  checkLimit(): void;
}

export async function openCopyLetters(
  { dialect, db }: { readonly dialect: DeadLetterStore["dialect"]; readonly db: Database },
  table: TablePlan,
  limit: number,
): Promise<CopyLetters> {
  const store = { dialect, name: deadLettersName(table.target.name) };
  const own = await letterTable(db, store);
  const digestOf = (change: Change): string => keyDigest(keyOf(table.key, change));
  const before = (await listDeadLetters(db, store, table.name)).filter(
    ({ position }) => position === COPY_LETTER,
  );
  /** Letters of copies that may be there, and those of them that this copy has written. */
  const known = new Map(before.map((letter) => [letter.digest, letter]));
  const refusedNow = new Set<string>();

  return {
    async settle(tx, changes) {
      if (known.size === 0) return;
      const gone = changes.map(digestOf).filter((digest) => known.has(digest));
      await removeCopyLetters(tx, store, table.name, gone);
      for (const digest of gone) refusedNow.delete(digest);
    },
    async setAside(tx, refused) {
      if (refused.length === 0) return;
      const others = new Set(
        (await listDeadLetters(tx, store, table.name)).flatMap(({ digest, position }) =>
          position === COPY_LETTER ? [] : [digest],
        ),
      );
      const at = new Date().toISOString();
      const letters = refused.flatMap(({ change, error: { reason, code } }) => {
        const key = keyOf(table.key, change);
        const digest = keyDigest(key);
        if (others.has(digest)) return [];
        const { attempts = 0, firstSeen = at } = known.get(digest) ?? {};
        const place = { table: table.name, id: letterId(digest), digest, key: keyText(key) };
        const tries = { attempts: attempts + 1, firstSeen, lastTried: at };
        return [{ ...place, position: COPY_LETTER, reason, code, ...tries }];
      });
      await writeLetters(tx, store, own, letters);
      for (const letter of letters) {
        known.set(letter.digest, letter);
        refusedNow.add(letter.digest);
      }
    },
    async forgetRest() {
      const gone = before.flatMap(({ digest }) => (refusedNow.has(digest) ? [] : [digest]));
      await removeCopyLetters(db, store, table.name, gone);
    },
    checkLimit() {
      if (refusedNow.size <= limit) return;
      throw new SyncError("ROW_REFUSED", {
        what: `${table.name}: the target refuses ${refusedNow.size} rows of the copy, more than deadLetterLimit=${limit} allows`,
        next: "Look at `sync-tool dead-letters list`, mend the cause, then give `sync-tool copy` again: it goes on from there",
        at: { table: table.name },
      });
    },
  };
}
