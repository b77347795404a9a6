import { createHash } from "node:crypto";
import { wholeTable } from "../config/known-tables.ts";
import type { Queryable } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { Row, Value } from "../row.ts";

/** What happens when a row that green made holds a unique key that a source row wants. */
export type ConflictPolicy = "dead-letter" | "keep-target" | "newest";

/** The source's row was written, the source's row was dropped, or the policy has no answer. */
export type ConflictOutcome = "written" | "dropped" | "unresolved";

const TOKEN_TABLE = "IDN_OAUTH2_ACCESS_TOKEN";

export interface ConflictWays {
  readonly write: (row: Row) => Promise<void>;
  /** Whether a change of the target's row is still to come, or was set aside: then it may yet give the key up. */
  readonly isUnderWay: (holder: Row) => Promise<boolean>;
}

/**
 * Resolves a unique-key conflict that no other change of the source explains. Never deletes a row.
 *
 * "newest" does with two tokens what the server itself does when it replaces one: the older one becomes INACTIVE under
 * a TOKEN_STATE_ID of its own, which takes it out of CON_APP_KEY (inbound-auth-oauth, AccessTokenDAOImpl,
 * invalidateAndCreateNewAccessToken). Other tables have no such state: there it has no answer.
 */
export async function resolveConflict(
  tx: Queryable,
  dialect: Dialect,
  table: TablePlan,
  row: Row,
  policy: ConflictPolicy,
  { write, isUnderWay }: ConflictWays,
): Promise<ConflictOutcome> {
  if (policy === "dead-letter" || (policy === "newest" && wholeTable(table.name) !== TOKEN_TABLE))
    return "unresolved";
  const holders = await findHolders(tx, dialect, table, row);
  for (const holder of holders) if (await isUnderWay(holder)) return "unresolved";
  const [holder] = holders;
  if (holder === undefined) return "unresolved";
  if (policy === "keep-target") return "dropped";
  // Equal times: the token that green already serves stays.
  const sourceIsNewer = text(row["TIME_CREATED"]) > text(holder["TIME_CREATED"]);
  if (sourceIsNewer) {
    await write(retired(holder));
    await write(row);
  } else {
    await write(retired(row));
  }
  return "written";
}

/**
 * The target's rows, others than ours, that hold a unique key of ours. Not by a key of which only some is known: rows
 * that share that much need not be in each other's way.
 */
async function findHolders(
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
    const statement = dialect.sql.readRows(table.target.name, columns, keyColumns, [values]);
    for (const raw of await tx.query(statement.sql, statement.params)) {
      const found = Object.fromEntries(
        columns.map((column): [string, Value] => {
          const name = column.name.toUpperCase();
          return [name, dialect.codec.decode(column, raw[name])];
        }),
      );
      if (table.key.some((column) => found[column.name] !== row[column.name])) holders.push(found);
    }
  }
  return holders;
}

/** The same id each time, so that a change applied again leaves the row as it is. */
function retired(row: Row): Row {
  const id = createHash("sha256")
    .update(`retired ${text(row["TOKEN_ID"])}`, "utf8")
    .digest("hex")
    .slice(0, 32);
  return { ...row, TOKEN_STATE: "INACTIVE", TOKEN_STATE_ID: id };
}

function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}
