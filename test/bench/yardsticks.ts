/** What our own drain is held against, measured in the same run: the driver's limit, and one row at a time. */

import type { TablePlan } from "../../src/contract/sync-plan.ts";
import type { Database, Session } from "../../src/db/database.ts";
import type { Row, Value } from "../../src/row.ts";
import type { Lab } from "./lab.ts";
import { seconds } from "./stats.ts";

const ROWS_PER_STATEMENT = 1_000;

/** Raw multi-row upserts of rows that are in memory already, one connection, each statement its own transaction. */
export async function writeAtTheLimit(
  session: Session,
  lab: Lab,
  table: TablePlan,
  rows: readonly Row[],
): Promise<void> {
  const isPostgres = lab.target.dialect.capabilities.errorAbortsTransaction;
  const columns = table.targetColumns.filter(({ name }) => rows[0] !== undefined && name in rows[0]);
  const names = columns.map(({ target }) => lab.target.dialect.sql.quote(target.name));
  const key = table.key.map(({ target }) => lab.target.dialect.sql.quote(target.name)).join(", ");
  for (let i = 0; i < rows.length; i += ROWS_PER_STATEMENT) {
    const part = rows.slice(i, i + ROWS_PER_STATEMENT);
    // Tokens of 5.9.0 have no provider yet, those of 5.11.0 must have one.
    const value = (row: Row, name: string): Value => row[name] ?? (name === "IDP_ID" ? "1" : null);
    if (isPostgres) {
      const unnest = columns
        .map(({ target }) => `?::${target.type.replace(/ COLLATE .*$/, "")}[]`)
        .join(", ");
      await session.execute(
        `INSERT INTO ${table.target.name} (${names.join(", ")}) SELECT * FROM unnest(${unnest}) ON CONFLICT (${key}) DO UPDATE SET ${names.map((n) => `${n} = excluded.${n}`).join(", ")}`,
        columns.map(({ name }) => part.map((row) => value(row, name))),
      );
    } else {
      await session.execute(
        `INSERT INTO ${table.target.name} (${names.join(", ")}) VALUES ? ON DUPLICATE KEY UPDATE ${names.map((n) => `${n} = VALUES(${n})`).join(", ")}`,
        [part.map((row) => columns.map(({ name }) => value(row, name)))],
      );
    }
  }
}

/** The same for all tables of the lab, one after the other; `inMemory`: the rows of each. Gives the seconds that the writing took. */
export async function writeAllAtTheLimit(lab: Lab, inMemory: readonly (readonly Row[])[]): Promise<number> {
  const session = await lab.target.db.session();
  try {
    return await seconds(async () => {
      for (const [i, table] of lab.tables.entries())
        await writeAtTheLimit(session, lab, table, inMemory[i] ?? []);
    });
  } finally {
    await session.release();
  }
}

/** What WSO2's Java client does: for each journal row a SELECT by key, then an UPDATE or INSERT; a commit per batch. */
async function syncRowAtATime(
  source: Session,
  target: Session,
  lab: Lab,
  table: TablePlan,
  limit: number,
  batchSize = 100,
): Promise<void> {
  const quote = lab.target.dialect.sql.quote;
  const names = table.columns.map((column) => quote(column.target.name));
  const [key] = table.key;
  if (key === undefined) throw new Error("a table without a key");
  const where = `${quote(key.target.name)} = ?`;
  for (let last = 0, done = 0; done < limit; ) {
    const rows = await source.query(
      `SELECT * FROM ${table.names.journal} WHERE SYNC_ID > ? AND SYNC_ID < ? ORDER BY SYNC_ID`,
      [last, last + batchSize + 1],
    );
    await target.execute("BEGIN");
    for (const raw of rows) {
      const row = Object.fromEntries(
        Object.entries(raw).map(([name, value]) => [name.toUpperCase(), value as Value]),
      );
      const values = table.columns.map((column) => row[column.name] ?? null);
      const id = row[key.name] ?? null;
      const found = await target.query(`SELECT * FROM ${table.target.name} WHERE ${where}`, [id]);
      if (found.length > 0)
        await target.execute(
          `UPDATE ${table.target.name} SET ${names.map((n) => `${n} = ?`).join(", ")} WHERE ${where}`,
          [...values, id],
        );
      else
        await target.execute(
          `INSERT INTO ${table.target.name} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
          values,
        );
    }
    await target.execute("COMMIT");
    last += batchSize;
    done += batchSize;
  }
}

/** Rows of a source table as the tool carries them. */
export async function rowsInMemory(lab: Lab, table: TablePlan): Promise<readonly Row[]> {
  return await lab.source.test.query(`SELECT * FROM ${table.source.name}`);
}

/** Rows of a source table's journal, whose names beside the table's are of no target column. */
export async function rowsOfJournal(lab: Lab, table: TablePlan): Promise<readonly Row[]> {
  return await lab.source.test.query(`SELECT * FROM ${table.names.journal} WHERE ACTION = 'INSERT'`);
}

/** Seconds that the lab's first so many changes take one at a time, into an empty target. */
export async function rowAtATime(
  lab: Lab,
  rows: number,
  targetDb: Database = lab.target.db,
): Promise<number> {
  await lab.reset();
  const [table] = lab.tables;
  if (table === undefined) throw new Error("a lab without tables");
  const [source, target] = [await lab.source.db.session(), await targetDb.session()];
  try {
    return await seconds(() => syncRowAtATime(source, target, lab, table, rows));
  } finally {
    await source.release();
    await target.release();
  }
}
