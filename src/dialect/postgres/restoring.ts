import type { Queryable } from "../../db/database.ts";

/** pg_restore gives its sessions its own name; who may not read another user's statistics sees those of its own user alone. */
export async function restoring(db: Queryable): Promise<string | undefined> {
  const rows = await db.query(
    `SELECT pid, usename FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pg_restore' ORDER BY pid`,
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  const others = rows.length === 1 ? "" : `, and ${rows.length - 1} more`;
  return `pg_restore (backend ${String(first["pid"])} of ${String(first["usename"])}${others})`;
}
