/**
 * What was seen of a table's triggers when capture was last whole. A trigger that was switched off and on again, or dropped
 * and made anew, looks as before: the catalogue's stamps tell. Kept on the target, and renewed by whoever of ours changes them.
 */
import type { Queryable } from "../db/database.ts";
import { type StateEntry, type StateTable, writeState } from "../state/state.ts";
import type { CaptureState } from "./capture-state.ts";

export interface Seen {
  /** The journal's identity. */
  readonly journal: string;
  /** By kind and name, see CaptureState.stamps. */
  readonly stamps: Readonly<Record<string, string>>;
  /** When that was, for people: "2026-01-31T23:59:59.123Z". */
  readonly at: string;
}

const KIND = "seen/";

/** Those among entries of the state table, by upper-case table name. */
export function seenIn(entries: readonly StateEntry[]): ReadonlyMap<string, Seen> {
  return new Map(
    entries.flatMap(({ key, value }): [string, Seen][] => {
      if (!key.startsWith(KIND)) return [];
      const { journal, stamps, at } = (value ?? {}) as Partial<Seen>;
      const isSeen = typeof journal === "string" && typeof stamps === "object" && typeof at === "string";
      return isSeen ? [[key.slice(KIND.length), { journal, stamps, at }]] : [];
    }),
  );
}

/** Remembers what stands there now; nothing of a table without a journal. */
export async function writeSeen(db: Queryable, state: StateTable, found: CaptureState): Promise<void> {
  if (found.journalId === undefined) return;
  const seen: Seen = {
    journal: found.journalId,
    stamps: Object.fromEntries(found.stamps),
    at: new Date().toISOString(),
  };
  await writeState(db, state, `${KIND}${found.table.name}`, seen);
}

/** Triggers and functions that are not as they were seen, each a phrase; none where nothing was seen of this journal. */
export function touchedSince(found: CaptureState, seen: Seen | undefined): readonly string[] {
  if (seen === undefined || seen.journal !== found.journalId) return [];
  return [...found.stamps]
    .filter(([name, stamp]) => seen.stamps[name] !== undefined && seen.stamps[name] !== stamp)
    .map(([name]) => `${name.toLowerCase()} was made anew, changed or switched since ${seen.at}`);
}
