import type { Queryable } from "../../db/database.ts";

/**
 * Why this user would not see these tables as they are, by upper-case name: a policy of the Virtual Private Database adds a
 * condition to each query, or hides columns ("Security Guide", "Using Oracle Virtual Private Database"), and nothing tells.
 * ALL_POLICIES shows those of tables that the user may use; who has EXEMPT ACCESS POLICY is under none.
 */
export async function hiddenRows(
  db: Queryable,
  schema: string,
  wanted: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.query(
    `SELECT p.OBJECT_NAME, MIN(p.POLICY_NAME) AS POLICY FROM ALL_POLICIES p
WHERE p.OBJECT_OWNER = ${schema} AND UPPER(p.OBJECT_NAME) IN (${wanted.map(() => "?").join(", ")})
AND p.SEL = 'YES' AND p.ENABLE = 'YES'
AND NOT EXISTS (SELECT 1 FROM SESSION_PRIVS s WHERE s.PRIVILEGE = 'EXEMPT ACCESS POLICY') GROUP BY p.OBJECT_NAME`,
    wanted,
  );
  return new Map(
    rows.map((row) => [
      String(row["OBJECT_NAME"]).toUpperCase(),
      `the policy ${String(row["POLICY"])} hides rows or columns from this user: GRANT EXEMPT ACCESS POLICY to it`,
    ]),
  );
}
