import type { Queryable } from "../../db/database.ts";

/**
 * Why this user would not see these tables as they are, by upper-case name: a filter predicate leaves rows out for everybody,
 * dbo included (SQL docs, "Row-level security"), and a masked column shows "xxxx" to who lacks UNMASK ("Dynamic Data
 * Masking"), which would be written to the target. Seen only by users with VIEW DEFINITION or ALTER ANY SECURITY POLICY.
 */
export async function hiddenRows(
  db: Queryable,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const list = wanted.map(() => "?").join(", ");
  const rows = await db.query(
    `SELECT t.name AS tbl, s.name AS policy
FROM sys.tables AS t INNER JOIN sys.security_predicates AS p ON p.target_object_id = t.object_id AND p.predicate_type = 0
INNER JOIN sys.security_policies AS s ON s.object_id = p.object_id AND s.is_enabled = 1
WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) IN (${list})
UNION ALL
SELECT t.name, NULL FROM sys.tables AS t INNER JOIN sys.columns AS c ON c.object_id = t.object_id AND c.is_masked = 1
WHERE t.schema_id = SCHEMA_ID() AND HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'UNMASK') = 0 AND UPPER(t.name) IN (${list})`,
    [...wanted, ...wanted],
  );
  return new Map(
    rows.map((row) => [
      String(row["tbl"]).toUpperCase(),
      row["policy"] === null
        ? "columns are masked for this user: GRANT UNMASK to it"
        : `the security policy ${String(row["policy"])} leaves out rows: switch it off, or have its predicate pass this user`,
    ]),
  );
}
