/** What a look at capture says of changes that may be missing; the one judgement for all commands. */

import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { type Gap, gapsIn, recordGap } from "../state/gap.ts";
import { readState, type StateTable, stateTable } from "../state/state.ts";
import { type CaptureState, isWhole, readCaptureState } from "./capture-state.ts";
import { type Seen, seenIn, touchedSince, writeSeen } from "./seen.ts";

interface Side {
  readonly dialect: Dialect;
  readonly db: Database;
}

export interface CaptureLook {
  readonly found: CaptureState;
  readonly seen: Seen | undefined;
  /** What keeps changes from being captured now, or their columns, or may do so, each a phrase. */
  readonly broken: readonly string[];
  /** Of these, what leaves no doubt that changes are not captured. */
  readonly lost: readonly string[];
  /** What was done to the triggers since they were seen. */
  readonly touched: readonly string[];
  /** What is noted of the table. */
  readonly noted: Gap | undefined;
}

/** Holds capture against what was seen last; changes nothing. */
export async function lookAtCapture(
  source: Side,
  target: Side,
  tables: readonly TablePlan[],
): Promise<readonly CaptureLook[]> {
  const state = stateTable(target.dialect, tables);
  const found = await readCaptureState(source.db, source.dialect, tables);
  const entries = await readState(target.db, state);
  const [seen, noted] = [seenIn(entries), gapsIn(entries)];
  return found.map((one): CaptureLook => {
    const { name } = one.table;
    return { found: one, seen: seen.get(name), noted: noted.get(name), ...judge(one, seen.get(name)) };
  });
}

/** Pure. */
export function judge(
  found: CaptureState,
  seen: Seen | undefined,
): Pick<CaptureLook, "broken" | "lost" | "touched"> {
  const lost = lostBy(found);
  const faults = found.drifted.filter(({ isFault }) => isFault === true).map(({ reason }) => reason);
  return { lost, broken: [...lost, ...faults], touched: touchedSince(found, seen) };
}

/** A trigger of an older release captures every change; a column that the plan does not read is no loss. */
function lostBy(found: CaptureState): readonly string[] {
  const read = new Set(found.table.sourceColumns.map(({ source }) => source.name.toUpperCase()));
  const lacks = found.journalLacks.filter((column) => read.has(column.name.toUpperCase()));
  // A new column alone changes what the triggers have to be: what they are captures the others.
  const drifted = found.drifted.filter(
    ({ isOlder, isFault, object }) =>
      isOlder !== true && isFault !== true && object.kind !== "journal" && found.journalLacks.length === 0,
  );
  return [
    ...found.missing.map(({ kind, name }) => `${kind} ${name} is missing`),
    ...drifted.map(({ reason }) => reason),
    ...(found.isEmptied ? ["the journal was emptied"] : []),
    ...lacks.map((column) => `column ${column.name} is not captured`),
  ];
}

/**
 * What may be missing: noted, or shown by triggers that were touched and are whole again. What is broken now is told as such,
 * and is noted by whoever mends it.
 */
export function gapOf({ noted, seen, touched }: CaptureLook): Gap | undefined {
  const why = touched;
  if (why.length === 0) return noted;
  const now: Gap = { since: seen?.at ?? null, until: null, why };
  return noted === undefined
    ? now
    : { ...now, since: noted.since, why: [...new Set([...noted.why, ...why])] };
}

/**
 * Notes what a look has found, and what is there now as seen: from then on the gap stands until somebody ends it. A table whose
 * triggers were never seen is taken as it is. Gives the tables that a new gap was noted of.
 */
export async function noteCapture(
  source: Side,
  target: Side,
  tables: readonly TablePlan[],
): Promise<ReadonlyMap<string, Gap>> {
  const state = stateTable(target.dialect, tables);
  const news = new Map<string, Gap>();
  for (const look of await lookAtCapture(source, target, tables)) {
    const gap = await noteLook(target.db, state, look);
    if (gap !== undefined) news.set(look.found.table.name, gap);
  }
  return news;
}

/**
 * Notes one table's look; gives the gap when there is a new one. `wasWhole`: capture is known to have been whole though
 * nothing is remembered of it.
 */
export async function noteLook(
  db: Database,
  state: StateTable,
  { found, seen, noted, broken, touched }: CaptureLook,
  wasWhole = false,
): Promise<Gap | undefined> {
  const isFirst = seen === undefined || seen.journal !== found.journalId;
  const why = isFirst && !wasWhole ? [] : [...broken, ...touched];
  const until = broken.length === 0 ? new Date().toISOString() : null;
  const isNew = why.some((reason) => noted?.why.includes(reason) !== true);
  const ends = noted?.until === null && until !== null;
  const gap: Gap = { since: seen?.at ?? null, until, why };
  if (isNew || ends) await recordGap(db, state, found.table.name, gap);
  if (isWhole(found) && (isFirst || touched.length > 0)) await writeSeen(db, state, found);
  return isNew ? gap : undefined;
}
