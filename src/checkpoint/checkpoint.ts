import { ANCHOR_POSITION } from "../contract/change.ts";
import type { CheckpointRow, Dialect } from "../contract/dialect.ts";
import type { Queryable } from "../db/database.ts";
import { SyncError } from "../errors.ts";

export interface Checkpoint extends CheckpointRow {
  /** Seconds since it was last moved, by the target's clock. */
  readonly ageSeconds?: number;
}

/** Reads the checkpoint of every lane of a table, lane 0 first; empty when it was not begun. */
export async function readLanes(
  db: Queryable,
  dialect: Dialect,
  name: string,
): Promise<readonly Checkpoint[]> {
  const statement = dialect.sql.readCheckpoint(name);
  const rows = await db.query(statement.sql, statement.params);
  return rows
    .map((row) => ({
      lane: Number(row["LANE"]),
      position: BigInt(String(row["SYNC_ID"])),
      journalId: String(row["JOURNAL_ID"]),
      digest: String(row["DIGEST"] ?? ""),
      ...(row["AGE"] == null ? {} : { ageSeconds: Math.max(0, Number(row["AGE"])) }),
    }))
    .sort((a, b) => a.lane - b.lane);
}

/**
 * Reads a table's checkpoint: up to it every change is applied, whatever lanes there are. Undefined when it was not
 * begun. Throws the driver's error when its table is not there.
 */
export async function readCheckpoint(
  db: Queryable,
  dialect: Dialect,
  name: string,
): Promise<Checkpoint | undefined> {
  return lowest(await readLanes(db, dialect, name));
}

/** The lane that has come least far. */
export function lowest(lanes: readonly Checkpoint[]): Checkpoint | undefined {
  return lanes.reduce<Checkpoint | undefined>(
    (low, lane) => (low === undefined || lane.position < low.position ? lane : low),
    undefined,
  );
}

/** A journal as a checkpoint begins on it. */
export interface JournalStart {
  /** Its identity, made by `prepare`. */
  readonly id: string;
  /** Digest of the row at position 0; "" in a journal of a release that gave it none. */
  readonly digest: string;
}

/** Makes the row of a journal that nothing was applied from yet. */
export async function startCheckpoint(
  db: Queryable,
  dialect: Dialect,
  name: string,
  journal: JournalStart,
): Promise<Checkpoint> {
  const row: CheckpointRow = {
    lane: 0,
    position: ANCHOR_POSITION,
    journalId: journal.id,
    digest: journal.digest,
  };
  await insert(db, dialect, name, row);
  return row;
}

/**
 * The lanes that there are to be, so many; undefined when those that there are can stay. When the number changes, all of
 * them begin where the lowest stands: the keys are spread anew, and changes applied once more leave the rows as they are in
 * the end. So they do when they may not lead one another and a failure has left them apart.
 */
export function planLanes(
  lanes: readonly Checkpoint[],
  count: number,
  mayLead: boolean,
): readonly Checkpoint[] | undefined {
  const start = lowest(lanes);
  if (start === undefined) return undefined;
  const mayStay = mayLead || lanes.every(({ position }) => position === start.position);
  if (lanes.length === count && mayStay) return undefined;
  return Array.from({ length: count }, (_, lane) => ({ ...start, lane }));
}

/** Makes the lanes as `planLanes` wants them, and gives them. */
export async function setLanes(
  db: { transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> },
  dialect: Dialect,
  name: string,
  lanes: readonly Checkpoint[],
  count: number,
  mayLead: boolean,
): Promise<readonly Checkpoint[]> {
  const wanted = planLanes(lanes, count, mayLead);
  const [start] = wanted ?? [];
  if (wanted === undefined || start === undefined) return lanes;
  await db.transaction(async (tx) => {
    for (const lane of lanes) await moveCheckpoint(tx, dialect, name, lane, start);
    for (const lane of wanted.slice(lanes.length)) await insert(tx, dialect, name, lane);
    if (lanes.length > count)
      await tx.execute(`DELETE FROM ${dialect.sql.quote(name)} WHERE lane >= ?`, [count]);
  });
  return wanted;
}

/** Has a checkpoint that was begun stand at this position of its journal, in one lane. */
export async function beginAt(
  tx: Queryable,
  dialect: Dialect,
  name: string,
  to: Pick<CheckpointRow, "position" | "digest">,
): Promise<void> {
  const [first, ...others] = await lockLanes(tx, dialect, name);
  if (first === undefined) throw new Error(`${name} was not begun`);
  const { position, digest } = to;
  await moveCheckpoint(tx, dialect, name, first, { journalId: first.journalId, position, digest });
  if (others.length > 0)
    await tx.execute(`DELETE FROM ${dialect.sql.quote(name)} WHERE lane <> ?`, [first.lane]);
}

async function insert(db: Queryable, dialect: Dialect, name: string, row: CheckpointRow): Promise<void> {
  const statement = dialect.sql.insertCheckpoint(name, row);
  await db.execute(statement.sql, statement.params);
}

/**
 * Moves the checkpoint of a lane inside the transaction that applies its changes, first of all: the row stays locked
 * until the commit, so that a second runner, even one whose lock was broken, waits here and then finds the checkpoint
 * moved.
 */
export async function moveCheckpoint(
  tx: Queryable,
  dialect: Dialect,
  name: string,
  from: CheckpointRow,
  to: Omit<CheckpointRow, "lane">,
): Promise<void> {
  const statement = dialect.sql.moveCheckpoint(name, from, { ...to, lane: from.lane });
  if ((await tx.execute(statement.sql, statement.params)) !== 1) throw checkpointMoved(name, from);
}

/**
 * Locks every lane until the end of the transaction, in their order, as a runner does, and gives where they stand: a
 * runner that is about to move one waits. To be the transaction's first statement.
 */
export async function lockLanes(
  tx: Queryable,
  dialect: Dialect,
  name: string,
): Promise<readonly Checkpoint[]> {
  for (let locked = await readLanes(tx, dialect, name); ; ) {
    for (const { lane } of locked)
      await tx.execute(`UPDATE ${dialect.sql.quote(name)} SET lane = lane WHERE lane = ?`, [lane]);
    const now = await readLanes(tx, dialect, name);
    // While the first was waited for, their number may have been changed.
    if (now.length === locked.length) return now;
    locked = now;
  }
}

/**
 * Has every lane stay where it is until the end of the transaction, and gives where they stand: a runner that is about to
 * move one waits, others that only share them do not. To be the transaction's first statement.
 */
export async function shareLanes(
  tx: Queryable,
  dialect: Dialect,
  name: string,
): Promise<readonly Checkpoint[]> {
  const { sql, params } = dialect.sql.shareCheckpoint(name);
  await tx.query(sql, params);
  return await readLanes(tx, dialect, name);
}

export function checkpointMoved(name: string, from: CheckpointRow): SyncError {
  return new SyncError("CHECKPOINT_MOVED", {
    what: `${name}: the checkpoint is no longer at ${from.position}: another runner moved it`,
    next: "Stop the other runner, or leave this one waiting as standby",
    at: { table: name, position: from.position },
  });
}
