import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { SyncError } from "../errors.ts";

/**
 * Tries, without touching a row, whether the user may do with these tables what applying changes to them takes: databases check
 * rights before they look for rows. Throws GRANT_MISSING with everything that is missing.
 */
export async function tryRights(
  { dialect, db }: { readonly dialect: Dialect; readonly db: Database },
  tables: readonly TablePlan[],
): Promise<void> {
  const { quote } = dialect.sql;
  const missing: string[] = [];
  for (const { target, key } of tables) {
    const table = quote(target.name);
    const columns = key.map(({ target: { name } }) => quote(name));
    const [first = ""] = columns;
    const tries = {
      INSERT: `INSERT INTO ${table} (${columns.join(", ")}) SELECT ${columns.join(", ")} FROM ${table} WHERE 1 = 0`,
      UPDATE: `UPDATE ${table} SET ${first} = ${first} WHERE 1 = 0`,
      DELETE: `DELETE FROM ${table} WHERE 1 = 0`,
    };
    for (const [right, sql] of Object.entries(tries)) {
      try {
        await db.execute(sql);
      } catch (error) {
        if (dialect.classifyError(error).class !== "auth") throw error;
        missing.push(`${right} on ${target.name}`);
      }
    }
  }
  if (missing.length === 0) return;
  throw new SyncError("GRANT_MISSING", {
    what: `The user lacks rights on the side that changes would flow to: ${missing.join(", ")}`,
    next: "Have a DBA give what is missing, then give the command again; nothing was switched",
  });
}
