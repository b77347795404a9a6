import { escape as literal } from "mysql2";
import type { Key } from "../../contract/change.ts";
import type { PreparedWrite } from "../../contract/dialect.ts";
import type { TargetColumn, TargetTable } from "../../contract/sync-plan.ts";
import type { Queryable, ResultRow } from "../../db/database.ts";
import { exactKey } from "../../journal/key-equality.ts";
import type { Row } from "../../row.ts";
import { failpoint } from "../../util/failpoint.ts";
import { mapInTurns } from "../../util/in-turns.ts";
import { rowsByShape } from "../row-shapes.ts";
import { classifyError } from "./classify-error.ts";
import { decode, encode } from "./codec.ts";
import { printed } from "./column-sql.ts";
import { asWritten, listOf, tuple, tupleValue } from "./comparable.ts";
import { quote } from "./connect.ts";
import { partsBySize, RowTooLarge, roomFor, textBytes } from "./statement-parts.ts";

/** A row as the driver writes it into a statement. */
interface RowText {
  readonly text: string;
  readonly bytes: number;
}

/** Rows of one shape. */
interface WrittenRows {
  readonly columns: readonly TargetColumn[];
  readonly texts: ReadonlyMap<Row, RowText>;
}

/**
 * Writes a batch by primary key alone. ON DUPLICATE KEY UPDATE would also fire on another unique key and overwrite the
 * row that holds it, so on a table that has one the keys that exist are found and locked first. For those the primary
 * key, which InnoDB checks before any other index, is what fires, and a collision on another key is an error. The
 * updates go first: they free the unique keys that new rows take over (a refreshed token replaces the old one).
 */
export async function writeRows(
  tx: Queryable,
  table: TargetTable,
  rows: readonly Row[],
  keepOnUpdate: readonly string[],
): Promise<void> {
  for (const part of rowsByShape(rows))
    await writePart(tx, table, await written(table, part), part, keepOnUpdate);
}

/** The same for rows that the table is thought to lack: nothing is looked for, and a key that is there is an error. */
export async function insertRows(tx: Queryable, table: TargetTable, rows: readonly Row[]): Promise<void> {
  for (const part of rowsByShape(rows)) await insert(tx, table, await written(table, part), part, undefined);
}

/**
 * `writeRows` with the checkpoint in front, the rows' text made beforehand. New rows are not looked for first: an INSERT
 * that meets one of them writes none, and `writeRows` then finds out which are there.
 */
export async function prepareWrite(
  table: TargetTable,
  rows: readonly Row[],
  keepOnUpdate: readonly string[],
  areNew: boolean,
): Promise<PreparedWrite | undefined> {
  const [part, ...others] = rowsByShape(rows);
  if (part === undefined || others.length > 0) return undefined;
  const ready = await written(table, part);
  const isBlind = areNew && table.targetUniqueKeys.length > 0;
  return async (db, move, onSending) => {
    try {
      await db.transaction(async (tx) => {
        if ((await tx.execute(move.sql, move.params)) !== 1) throw NOT_THERE;
        const writing = isBlind
          ? insert(tx, table, ready, part, undefined)
          : writePart(tx, table, ready, part, keepOnUpdate);
        onSending();
        await writing;
        failpoint("afterApplyBeforeCommit");
      });
      return true;
    } catch (error) {
      if (error === NOT_THERE) return false;
      if (isBlind && classifyError(error).class === "unique") return undefined;
      throw error;
    }
  };
}

/** Thrown to roll back when the checkpoint was not where it was said to be. */
const NOT_THERE = new Error("rolled back on purpose");

async function writePart(
  tx: Queryable,
  table: TargetTable,
  ready: WrittenRows,
  rows: readonly Row[],
  keepOnUpdate: readonly string[],
): Promise<void> {
  if (table.targetUniqueKeys.length === 0) return await insert(tx, table, ready, rows, keepOnUpdate);
  const present = await lockPresent(tx, table, rows);
  const [there, absent] = [rows.filter((row) => present.has(row)), rows.filter((row) => !present.has(row))];
  await insert(tx, table, ready, there, keepOnUpdate);
  await insert(tx, table, ready, absent, undefined);
}

/** What was made ahead, by the first of its rows, until that is gone: an entry for each would keep the collector busy. */
const madeAhead = new WeakMap<Row, { readonly table: TargetTable; readonly ready: WrittenRows }>();

export async function readyRows(table: TargetTable, rows: readonly Row[]): Promise<void> {
  for (const part of rowsByShape(rows)) {
    const [first] = part;
    if (first !== undefined) madeAhead.set(first, { table, ready: await written(table, part) });
  }
}

async function written(table: TargetTable, rows: readonly Row[]): Promise<WrittenRows> {
  const [first] = rows;
  const ahead = first === undefined ? undefined : madeAhead.get(first);
  if (ahead?.table === table && rows.every((row) => ahead.ready.texts.has(row))) return ahead.ready;
  const columns = table.targetColumns.filter((column) => first !== undefined && column.name in first);
  // Joined, not added up: a text that grows piece by piece is kept as a tree of them, which the collector would carry along.
  const made = (row: Row): RowText => {
    const text = `(${columns.map((column) => literal(encode(column.target, row[column.name] ?? null))).join(", ")})`;
    return { text, bytes: Buffer.byteLength(text) };
  };
  return { columns, texts: new Map(await mapInTurns(rows, (row) => [row, made(row)])) };
}

/** The rows whose key the table holds; the server compares, since only it knows the collation. */
async function lockPresent(
  tx: Queryable,
  table: TargetTable,
  rows: readonly Row[],
): Promise<ReadonlySet<Row>> {
  const key = table.key.map((column) => column.target);
  const select = key.map((column, i) => `${printed(column)} AS c${i}`).join(", ");
  const sql = `SELECT ${select} FROM ${quote(table.target.name)} WHERE ${tuple(key)} IN (?) FOR UPDATE`;
  const keyOf = (row: Row): Key => table.key.map((column) => row[column.name] ?? null);
  const keys = rows.map((row) => tupleValue(key, keyOf(row)));
  const found: ResultRow[] = [];
  for (const part of partsBySize(keys, (text) => textBytes([text]), await roomFor(tx, table, sql)))
    found.push(...(await tx.query(sql, [listOf(part)])));
  if (found.length === 0) return new Set();
  if (found.length === rows.length) return new Set(rows);
  const ids = new Set(found.map((row) => exactKey(key.map((column, i) => decode(column, row[`c${i}`])))));
  const present = new Set(rows.filter((row) => ids.has(exactKey(keyOf(row)))));
  if (present.size === found.length) return present;
  // Some keys are equal to the server though not to us: ask for each row that was not matched byte by byte.
  for (const row of rows) {
    if (present.has(row)) continue;
    const one = await tx.query(`SELECT 1 FROM ${quote(table.target.name)} WHERE ${tuple(key)} IN (?)`, [
      listOf([tupleValue(key, keyOf(row))]),
    ]);
    if (one.length > 0) present.add(row);
  }
  return present;
}

/** One statement for all rows, unless they are very large; with `keepOnUpdate` undefined a row that exists is refused, else it is updated. */
async function insert(
  tx: Queryable,
  table: TargetTable,
  { columns, texts }: WrittenRows,
  rows: readonly Row[],
  keepOnUpdate: readonly string[] | undefined,
): Promise<void> {
  // The key is set too: a change of its case alone must reach the row.
  const set = columns
    .filter((column) => keepOnUpdate?.includes(column.name) === false)
    .map((column) => `${quote(column.target.name)} = VALUES(${quote(column.target.name)})`);
  // A row that is to stay as it is gets its own key once more: INSERT IGNORE would also pass over what it should refuse.
  const own = table.key.map((c) => quote(c.target.name)).map((name) => `${name} = ${name}`);
  const sql = `INSERT INTO ${quote(table.target.name)} (${columns.map((c) => quote(c.target.name)).join(", ")}) VALUES ?${
    keepOnUpdate === undefined ? "" : ` ON DUPLICATE KEY UPDATE ${(set.length === 0 ? own : set).join(", ")}`
  }`;
  if (rows.length === 0) return;
  const room = await roomFor(tx, table, sql);
  const bytesOf = (row: Row): number => (texts.get(row)?.bytes ?? 0) + 2;
  for (const part of partsBySize(rows, bytesOf, room)) {
    if (part.length === 1 && part.some((row) => bytesOf(row) > room)) throw new RowTooLarge();
    await tx.execute(sql, [asWritten(part.map((row) => texts.get(row)?.text ?? "").join(", "))]);
  }
}
