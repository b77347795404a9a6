/** A gap: for a while a table's changes were not captured, or may not have been. Kept until a verification or the operator ends it. */
import type { Queryable } from "../db/database.ts";
import { deleteState, readState, type StateEntry, type StateTable, writeState } from "./state.ts";

export interface Gap {
  /** When capture was last known to be whole: "2026-01-31T23:59:59.123Z", by this host's clock; null when that is not known. */
  readonly since: string | null;
  /** When it was found whole again, or made so; null while it is broken. */
  readonly until: string | null;
  /** What was found, each a phrase. */
  readonly why: readonly string[];
}

/** What the operator does about one. */
export const AFTER_GAP =
  "Run `sync-tool verify`: `drain` says no until it finds the table equal, or until you give `sync-tool prepare --accept-gap` since you know that nothing is missing";

const KIND = "gap/";
/** More reasons than these say nothing new, and an entry has an end. */
const MAX_REASONS = 12;
const MAX_LENGTH = 200;

/** The gaps of these tables that nobody has ended, by upper-case table name. */
export async function readGaps(db: Queryable, state: StateTable): Promise<ReadonlyMap<string, Gap>> {
  return gapsIn(await readState(db, state, KIND));
}

/** Those among entries that were read already. */
export function gapsIn(entries: readonly StateEntry[]): ReadonlyMap<string, Gap> {
  return new Map(
    entries.flatMap(({ key, value }) =>
      key.startsWith(KIND) ? [[key.slice(KIND.length), asGap(value)]] : [],
    ),
  );
}

/** Notes a gap of a table; with one that is noted already it becomes one, which has the earlier beginning. */
export async function recordGap(db: Queryable, state: StateTable, table: string, gap: Gap): Promise<void> {
  const before = (await readGaps(db, state)).get(table);
  await writeState(db, state, `${KIND}${table}`, before === undefined ? short(gap) : merged(before, gap));
}

/**
 * Ends a gap after a verification of the table that began when `gap` was noted already and found both sides equal. False when
 * it is another one by now: capture was broken again meanwhile, and what was verified does not show what was lost since.
 */
export async function settleGap(db: Queryable, state: StateTable, table: string, gap: Gap): Promise<boolean> {
  const now = (await readGaps(db, state)).get(table);
  if (now === undefined) return true;
  if (now.until === null || JSON.stringify(now) !== JSON.stringify(gap)) return false;
  await deleteState(db, state, `${KIND}${table}`);
  return true;
}

/** Ends gaps because the operator says so. */
export async function acceptGaps(db: Queryable, state: StateTable, tables: readonly string[]): Promise<void> {
  await deleteState(db, state, ...tables.map((table) => `${KIND}${table}`));
}

/** For people: what may be missing, and since when. */
export function describeGap({ since, until, why }: Gap): string {
  const from = since === null ? "" : ` since ${since}`;
  const to = until === null ? "" : ` until ${until}`;
  return `changes may be missing${from}${to}: ${why.join("; ")}`;
}

const merged = (before: Gap, gap: Gap): Gap =>
  short({
    since: before.since,
    until: gap.until,
    why: [...new Set([...before.why, ...gap.why])],
  });

const short = (gap: Gap): Gap => ({
  ...gap,
  why: gap.why.slice(0, MAX_REASONS).map((reason) => reason.slice(0, MAX_LENGTH)),
});

function asGap(value: unknown): Gap {
  const { since, until, why } = (value ?? {}) as Partial<Gap>;
  return {
    since: typeof since === "string" ? since : null,
    until: typeof until === "string" ? until : null,
    why: Array.isArray(why) ? why.map(String) : [],
  };
}
