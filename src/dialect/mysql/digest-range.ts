import type { DigestRange } from "../../contract/dialect.ts";
import type { Column } from "../../contract/table-schema.ts";
import { printed, selectList } from "./column-sql.ts";
import { quote } from "./connect.ts";
import { keyRange } from "./key-range.ts";

/**
 * Each value with its length in front, so that none can pretend to be two; texts as the bytes they are stored as.
 * GROUP_CONCAT is cut at a session's limit, so 128 bits of the rows' digests are added up without carry instead: as no
 * two rows have one key, none can cancel another.
 */
export const digestRange: DigestRange = (table, columns, keyColumns, after, limit) => {
  // What outgrows max_allowed_packet is NULL: such a row gets a digest that no other has.
  const digest = `COALESCE(SHA2(CONCAT(${columns.map(delimited).join(", ")}), 256), SHA2(UUID(), 256)) AS h`;
  const rows = keyRange(digest, table, keyColumns, after, limit);
  const last = keyRange(selectList(keyColumns), table, keyColumns, after, 1);
  const half = (from: number): string => `BIT_XOR(CAST(CONV(SUBSTRING(h, ${from}, 16), 16, 10) AS UNSIGNED))`;
  return {
    sql: `SELECT d.*, l.* FROM (SELECT COUNT(*) AS _ROWS, CONCAT(${half(1)}, ' ', ${half(17)}) AS _DIGEST FROM (${rows.sql}) r) d
LEFT JOIN (${last.sql} OFFSET ?) l ON TRUE`,
    params: [...rows.params, ...last.params, limit - 1],
  };
};

function delimited(column: Column): string {
  const isBytes = column.kind === "text" || column.kind === "binary";
  const bytes = isBytes ? `CAST(${quote(column.name)} AS BINARY)` : printed(column);
  return `CASE WHEN ${quote(column.name)} IS NULL THEN '-' ELSE CONCAT(LENGTH(${bytes}), ':', ${bytes}) END`;
}
