import type { Queryable } from "../db/database.ts";
import type { CheckpointRow, Dialect } from "../dialect/dialect.ts";
import { SyncError } from "../errors.ts";

export interface Checkpoint extends CheckpointRow {
  /** Seconds since it was last moved, by the target's clock. */
  readonly ageSeconds?: number;
}

/** Reads a table's checkpoint; undefined when its row is not there. Throws the driver's error when the table is not. */
export async function readCheckpoint(
  db: Queryable,
  dialect: Dialect,
  name: string,
): Promise<Checkpoint | undefined> {
  const statement = dialect.sql.readCheckpoint(name);
  const [row] = await db.query(statement.sql, statement.params);
  if (row === undefined) return undefined;
  return {
    position: BigInt(String(row["SYNC_ID"])),
    journalId: String(row["JOURNAL_ID"]),
    digest: String(row["DIGEST"] ?? ""),
    ...(row["AGE"] == null ? {} : { ageSeconds: Math.max(0, Number(row["AGE"])) }),
  };
}

/** Makes the row of a journal that nothing was applied from yet. */
export async function startCheckpoint(
  db: Queryable,
  dialect: Dialect,
  name: string,
  journalId: string,
): Promise<Checkpoint> {
  const row: CheckpointRow = { position: 0n, journalId, digest: "" };
  const statement = dialect.sql.insertCheckpoint(name, row);
  await db.execute(statement.sql, statement.params);
  return row;
}

/**
 * Moves the checkpoint inside the transaction that applies the batch, first of all: the row stays locked until the
 * commit, so that a second runner, even one whose lock was broken, waits here and then finds the checkpoint moved.
 */
export async function moveCheckpoint(
  tx: Queryable,
  dialect: Dialect,
  name: string,
  from: CheckpointRow,
  to: CheckpointRow,
): Promise<void> {
  const statement = dialect.sql.moveCheckpoint(name, from, to);
  if ((await tx.execute(statement.sql, statement.params)) === 1) return;
  throw new SyncError("CHECKPOINT_MOVED", {
    what: `${name}: the checkpoint is no longer at ${from.position}: another runner moved it`,
    next: "Stop the other runner, or leave this one waiting as standby",
    at: { table: name, position: from.position },
  });
}
