import type { Action, Change } from "../contract/change.ts";
import type { Statement } from "../contract/dialect.ts";
import { rowDecoder } from "../contract/read-rows.ts";
import type { Side } from "../contract/side.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { ResultRow } from "../db/database.ts";

/** What stands in front of the plan's columns in a row of a journal. */
const OWN = ["SYNC_ID", "ACTION", "CAPTURED_AT"] as const;

/** The rows of a statement of `readChanges` or `readChangesAt`, to be made changes of by {@link changeDecoder}. */
export async function readJournal({ db }: Side, { sql, params }: Statement): Promise<readonly ResultRow[]> {
  return await db.query(sql, params, { asLists: true });
}

/** Gives the change that a row of the journal tells of. */
export function changeDecoder(
  { dialect }: Pick<Side, "dialect">,
  { sourceColumns }: Pick<TablePlan, "sourceColumns">,
): (raw: ResultRow) => Change {
  const decode = rowDecoder(
    dialect,
    sourceColumns.map(({ source }) => source),
    OWN.length,
  );
  return (raw) => {
    const [position, action, capturedAt] = Array.isArray(raw) ? raw : OWN.map((name) => raw[name]);
    return {
      position: BigInt(String(position)),
      action: String(action) as Action,
      row: decode(raw),
      ...(capturedAt == null ? {} : { capturedAt: String(capturedAt) }),
    };
  };
}

/** The same plan of a table with the columns of the source's key alone: tokens and claims are many times as long. */
export function keysAlone(table: TablePlan): TablePlan {
  const sourceColumns = table.key.map(({ source }) => ({ name: source.name.toUpperCase(), source }));
  return { ...table, sourceColumns };
}
