import type { Database } from "../../src/db/database.ts";

/** The same database; tells how many bytes of text the largest answer of a query had. */
export function watchReads(db: Database): { readonly db: Database; readonly most: () => number } {
  let most = 0;
  return {
    most: () => most,
    db: {
      ...db,
      async query(sql, params, options) {
        const rows = await db.query(sql, params, options);
        const bytes = rows.reduce(
          (sum, row) =>
            sum + Object.values(row).reduce<number>((all, value) => all + String(value ?? "").length, 0),
          0,
        );
        most = Math.max(most, bytes);
        return rows;
      },
    },
  };
}
