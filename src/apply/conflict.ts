/** A unique key of the target that another row holds: who holds it, and what the server itself does with two tokens. */
import { createHash } from "node:crypto";
import { wholeTable } from "../config/known-tables.ts";
import type { Dialect } from "../contract/dialect.ts";
import { readByKey } from "../contract/read-rows.ts";
import type { Side } from "../contract/side.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Queryable } from "../db/database.ts";
import type { Row, Value } from "../row.ts";

/** What happens when a row that green made holds a unique key that a source row wants. */
export type ConflictPolicy = "dead-letter" | "keep-target" | "newest";

const TOKEN_TABLE = "IDN_OAUTH2_ACCESS_TOKEN";
const CREATED = "TIME_CREATED";

/** Tokens have a state in which they hold no unique key; rows of other tables have none. */
export const canBeRetired = (table: TablePlan): boolean => wholeTable(table.name) === TOKEN_TABLE;

/**
 * What the server itself does with a token that another one replaces: it becomes INACTIVE under a TOKEN_STATE_ID of its
 * own, which takes it out of CON_APP_KEY (inbound-auth-oauth, AccessTokenDAOImpl, invalidateAndCreateNewAccessToken). The
 * same id each time, so that a change applied again leaves the row as it is.
 */
export function retired(row: Row): Row {
  const id = createHash("sha256")
    .update(`retired ${text(row["TOKEN_ID"])}`, "utf8")
    .digest("hex")
    .slice(0, 32);
  return { ...row, TOKEN_STATE: "INACTIVE", TOKEN_STATE_ID: id };
}

/**
 * Which of two tokens was created later, in the digits that both sides keep: a fraction of a second that one of them has
 * cut off says nothing. Equal times count for the target's, which green serves already.
 */
export function newerToken(
  source: Pick<Side, "dialect">,
  target: Pick<Side, "dialect">,
  table: TablePlan,
  row: Row,
  holder: Row,
): "source" | "target" {
  const column = table.columns.find(({ name }) => name === CREATED);
  const created = (value: Value | undefined): string => {
    const onTarget = column === undefined ? value : target.dialect.codec.encode(column.target, value ?? null);
    const onBoth =
      column === undefined ? onTarget : source.dialect.codec.encode(column.source, onTarget ?? null);
    const [seconds = "", fraction = ""] = text(onBoth).split(".");
    return `${seconds}.${fraction.padEnd(9, "0")}`;
  };
  return created(row[CREATED]) > created(holder[CREATED]) ? "source" : "target";
}

/**
 * The target's rows, others than ours, that hold a unique key of ours. Not by a key of which only some is known: rows
 * that share that much need not be in each other's way.
 */
export async function findHolders(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  row: Row,
): Promise<readonly Row[]> {
  const holders: Row[] = [];
  const columns = table.targetColumns.map((column) => column.target);
  for (const key of table.targetUniqueKeys.filter(({ partial }) => partial === undefined)) {
    const keyColumns = key.columns.flatMap((name) =>
      columns.filter((column) => column.name.toUpperCase() === name.toUpperCase()),
    );
    const values = keyColumns.map((column) => row[column.name.toUpperCase()] ?? null);
    if (values.includes(null)) continue;
    for (const found of await readByKey({ dialect, db: tx }, table.target.name, columns, keyColumns, [
      values,
    ]))
      if (table.key.some((column) => found[column.name] !== row[column.name])) holders.push(found);
  }
  return holders;
}

function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}
