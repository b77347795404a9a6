import type { DigestRange } from "../../contract/dialect.ts";
import { selectList } from "./column-sql.ts";
import { quote } from "./connect.ts";
import { keyRange } from "./key-range.ts";

/**
 * The text of a record leaves no doubt about its values: it quotes those with a comma, a quote or a parenthesis in them,
 * and prints NULL as nothing, '' as "". SHA-256 and not MD5, which servers in FIPS mode refuse.
 */
export const digestRange: DigestRange = (table, columns, keyColumns, after, limit) => {
  const record = `ROW(${columns.map((column) => quote(column.name)).join(", ")})::text AS r`;
  const rows = keyRange(record, table, keyColumns, after, limit);
  const last = keyRange(selectList(keyColumns), table, keyColumns, after, 1);
  const digest = `encode(sha256(string_agg(sha256(convert_to(r, 'UTF8')), ''::bytea)), 'hex')`;
  return {
    sql: `SELECT d.*, l.* FROM (SELECT count(*) AS "_ROWS", ${digest} AS "_DIGEST" FROM (${rows.sql}) rows) d
LEFT JOIN (${last.sql} OFFSET ?) l ON true`,
    params: [...rows.params, ...last.params, limit - 1],
  };
};
