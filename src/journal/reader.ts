import { ANCHOR_POSITION, type Change, type Position } from "../contract/change.ts";
import type { Dialect, HolderFacts, Hole } from "../contract/dialect.ts";
import { isMoment } from "../contract/elapsed-time.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { mapInTurns } from "../util/in-turns.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";
import { type Anchor, afterAnchor, requireUnpurged } from "./at-anchor.ts";
import { changeDigest } from "./digest.ts";
import { highestPosition } from "./highest.ts";
import { advance, findHoles, type Horizon, NO_HORIZON, tailOf, waitedFor } from "./horizon.ts";
import { beforeHole, firstOpen, judgeable, type Verdict } from "./judge-holes.ts";
import { changeDecoder, readJournal } from "./read-changes.ts";
import { createReadSize } from "./read-size.ts";

export interface JournalSource {
  readonly dialect: Dialect;
  readonly db: Database;
}

export interface Batch {
  /** In order of position; no change before an open hole is missing. */
  readonly changes: readonly Change[];
  /** Where the next read starts. */
  readonly end: Anchor;
  /** The read was cut by its limit: more is there. */
  readonly full: boolean;
  /** The read was cut by a hole that may still be filled. */
  readonly blocked?: Hole;
}

/** Whether anything may still come to a journal behind what is applied. */
export interface Survey {
  /** The last visible position. */
  readonly highest: Position;
  /** Nobody was handed a position beyond it, as far as the database tells. */
  readonly reached: Position;
  /** The first positions that may still appear, between visible ones or behind the last. */
  readonly open?: Hole;
  /** Transactions that were writing to the journal, where the database shows them. */
  readonly writers: readonly string[];
}

/** Reads the prefix of one journal that is safe to apply; it remembers evidence, never positions. */
export interface JournalReader {
  read(after: Anchor, limit: number, upTo?: Position): Promise<Batch>;
  /**
   * Looks for changes behind a position that are not visible yet, at most `limit` positions far. Evidence first: whoever
   * counts what is visible afterwards misses nothing that this has not told of.
   */
  survey(after: Anchor, limit: number): Promise<Survey>;
  /** The transactions that keep a hole, or the horizon, from being judged. */
  holders(hole?: Hole): Promise<readonly HolderFacts[]>;
  /** Highest visible position. */
  highest(): Promise<Position>;
  /** Forgets what was read and seen: after a failure the journal may be another. */
  reset(): void;
  /** The changes at these positions, as far as the journal holds them; at most `mostAt`. */
  at(positions: readonly Position[]): Promise<readonly Change[]>;
  readonly mostAt: number;
}

/** A read may find that a hole was just filled, or that its evidence has just come in: then it is done again. */
const MAX_ATTEMPTS = 4;

export function createJournalReader(
  source: JournalSource,
  table: TablePlan,
  now: Clock = monotonic,
): JournalReader {
  const { dialect, db } = source;
  const { journal } = table.names;
  const toChange = changeDecoder(source, table);
  const readSize = createReadSize(source, table);
  let horizon: Horizon = NO_HORIZON;
  let sawHoles = false;

  async function observe(drawn?: Position, suspectMs?: number): Promise<Omit<Survey, "open">> {
    const seen = await dialect.horizon.observe(db, journal);
    const reached = drawn !== undefined && drawn > seen.highest ? drawn : seen.highest;
    // What was drawn by now is judged like what is missing in between: by those who could still fill it.
    const { minHoleAgeMs } = dialect.capabilities;
    horizon = advance(horizon, { ...seen, highest: reached }, now(), minHoleAgeMs, suspectMs);
    const writers = [...seen.holders].filter((holder) => !isMoment(holder));
    return { highest: seen.highest, reached, writers };
  }

  const confirm = (holes: readonly Hole[], last: Position): Promise<readonly Verdict[]> =>
    holes.length === 0 ? Promise.resolve([]) : dialect.horizon.confirm(db, journal, holes, last);

  async function fetch(
    after: Anchor,
    limit: number,
    upTo: Position | undefined,
  ): Promise<{ changes: readonly Change[]; full: boolean }> {
    // The row there is read along: it proves that this is still the journal of the checkpoint.
    const hasRow = after.position > ANCHOR_POSITION || after.digest !== "";
    const from = hasRow ? after.position : ANCHOR_POSITION + 1n;
    const extra = hasRow ? 1 : 0;
    const most = await readSize.rowsFrom(from, limit + extra);
    // The row that proves the journal brings nothing new: another one comes with it.
    const rowCount = Math.max(most, 1 + extra);
    const statement = dialect.sql.readChanges(table, from, rowCount);
    const rows = await mapInTurns(await readJournal(source, statement), toChange);
    const changes = hasRow ? afterAnchor(table.name, after, rows) : rows;
    requireUnpurged(table.name, after, changes);
    const within = upTo === undefined ? changes : changes.filter((change) => change.position <= upTo);
    return { changes: within, full: changes.length === rowCount - extra && within.length === changes.length };
  }

  return {
    async read(after, limit, upTo) {
      for (let attempt = 1; ; attempt++) {
        // Evidence first, then the read that relies on it.
        if (sawHoles) await observe();
        const { changes, full } = await fetch(after, limit, upTo);
        const holes = findHoles(
          after.position,
          changes.map((change) => change.position),
        );
        const fresh = !sawHoles && holes.length > 0;
        sawHoles = holes.length > 0;
        const judged = judgeable(holes, horizon.position);
        const verdicts = await confirm(judged, changes.at(-1)?.position ?? 0n);
        if (verdicts.includes("filled") && attempt < MAX_ATTEMPTS) continue;
        const open = firstOpen(holes, judged, verdicts);
        // The first look at a hole has no evidence yet; it may need only one more statement.
        if (open !== undefined && fresh && attempt < MAX_ATTEMPTS) continue;
        const applicable = beforeHole(changes, open);
        const last = applicable.at(-1);
        return {
          changes: applicable,
          end: last === undefined ? after : { position: last.position, digest: changeDigest(last) },
          full: full && open === undefined,
          ...(open === undefined ? {} : { blocked: open }),
        };
      }
    },
    async survey(after, limit) {
      for (let attempt = 1; ; attempt++) {
        const [drawn] = (await dialect.horizon.drawn?.(db, [journal])) ?? [];
        // Whoever asks whether all has arrived can wait for those who may only have to do with it; a run goes on.
        const seen = await observe(drawn, Number.POSITIVE_INFINITY);
        const { changes, full } = await fetch(after, limit, undefined);
        const positions = changes.map((change) => change.position);
        const last = positions.at(-1) ?? after.position;
        const tail = full ? undefined : tailOf(last, drawn);
        const holes = [...findHoles(after.position, positions), ...(tail === undefined ? [] : [tail])];
        const judged = judgeable(holes, horizon.position, seen.reached);
        const verdicts = await confirm(judged, last);
        if (verdicts.includes("filled") && attempt < MAX_ATTEMPTS) continue;
        const open = firstOpen(holes, judged, verdicts);
        return { ...seen, ...(open === undefined ? {} : { open }) };
      }
    },
    reset() {
      horizon = NO_HORIZON;
      sawHoles = false;
    },
    holders: (hole) => dialect.horizon.describe(db, [...waitedFor(horizon, hole)], journal),
    async at(positions) {
      const statement = dialect.sql.readChangesAt(table, positions);
      const rows = await readJournal(source, statement);
      return rows.map(toChange).filter((change) => change.action !== "PURGE");
    },
    mostAt: readSize.unasked,
    highest: () => highestPosition(source, journal),
  };
}
