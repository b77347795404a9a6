import type { Position } from "../contract/change.ts";
import type { Side } from "../contract/side.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Row } from "../row.ts";

/** What one read brings at most, in bytes of values; one row it brings in any case. */
export const READ_BYTES = 3_000_000;

/** A column that may hold more than this is asked for its sizes before it is read. */
const WIDE = 8_192;
/** No more than this, if every value of a read were as long as its column allows. */
const WORST_BYTES = 4 * READ_BYTES;
/** A value of a column without a length: numbers and dates. */
const SHORT_BYTES = 32;

/** Keeps reads of one journal small, however long its rows are. */
export interface ReadSize {
  /** How many rows from a position on may be read at once; no more than `limit`, and one at least. */
  rowsFrom(from: Position, limit: number): Promise<number>;
  /** Rows whose sizes nobody has asked for are read so few at a time. */
  readonly unasked: number;
}

export function createReadSize({ dialect, db }: Side, table: TablePlan): ReadSize {
  const columns = table.sourceColumns.map(({ source }) => source);
  const wide = columns.filter(isWide);
  const narrowBytes = columns
    .filter((column) => !isWide(column))
    .reduce((sum, column) => sum + (hasLength(column) ? (column.maxLength ?? 0) : SHORT_BYTES), 0);
  const most = Math.max(1, Math.floor(WORST_BYTES / Math.max(1, narrowBytes)));

  return {
    unasked: wide.length === 0 ? Math.min(100, most) : 10,
    async rowsFrom(from, limit) {
      const atMost = Math.min(limit, most);
      if (wide.length === 0 || atMost <= 1) return atMost;
      const statement = dialect.sql.changeSizes(table, wide, from, atMost);
      let bytes = 0;
      let rows = 0;
      for (const row of await db.query(statement.sql, statement.params)) {
        bytes += Number(row["BYTES"]);
        if (rows > 0 && bytes > READ_BYTES) break;
        rows += 1;
      }
      // A row that has become visible since may be among those that are read: one of its size does no harm.
      return rows < atMost && bytes > READ_BYTES ? Math.max(1, rows) : atMost;
    },
  };
}

const hasLength = ({ kind }: Column): boolean => kind === "text" || kind === "binary" || kind === "other";

/** Its values may be longer than any statement should bring many of. */
export const isWide = (column: Column): boolean =>
  hasLength(column) && (column.maxLength ?? Number.POSITIVE_INFINITY) > WIDE;

/** Bytes that a row's values take at the least: characters beyond Latin-1 take two. */
export function rowBytes(row: Row): number {
  let bytes = 0;
  for (const name in row) bytes += row[name]?.length ?? 0;
  return bytes;
}
