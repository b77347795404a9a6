import type { Key } from "../contract/change.ts";
import type { DigestRange } from "../contract/dialect.ts";
import { rowDecoder, valuesIn } from "../contract/read-rows.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Column } from "../contract/table-schema.ts";
import type { ComparisonOptions } from "./comparison-options.ts";
import type { Direction } from "./difference.ts";
import type { Cursor } from "./progress-state.ts";

/** Tells by digests, which the databases compute, that the next rows of both sides are the same ones. */
export interface RangeDigests {
  /** The next rows of the source; `isEqual`: the target has these very rows there. `next`: none behind them. */
  compare(
    after: Cursor,
    limit: number,
  ): Promise<{ readonly rows: number; readonly next: Cursor | undefined; readonly isEqual: boolean }>;
}

/**
 * Undefined where equal digests would not mean equal rows, or could never be: two products print values each in its own
 * way, columns of other types as well, and a row that is transformed is another row.
 */
export function createRangeDigests({
  table,
  source,
  target,
  rows,
}: ComparisonOptions): RangeDigests | undefined {
  const digest = source.dialect.sql.digestRange;
  const { columns } = table;
  const isPossible =
    source.dialect === target.dialect &&
    table.isRekeyed !== true &&
    rows.isUnchanged &&
    columns.every((column) => isSameType(column.source, column.target));
  if (digest === undefined || !isPossible) return undefined;
  const on = (name: Direction, after: Cursor, limit: number) =>
    digestOf(name === "source" ? source : target, digest, table, columns, name, after[name], limit);
  return {
    async compare(after, limit) {
      const [here, there] = await Promise.all([on("source", after, limit), on("target", after, limit)]);
      return {
        rows: here.rows,
        next: here.last && there.last && { source: here.last, target: there.last },
        isEqual: here.rows === there.rows && here.digest === there.digest,
      };
    },
  };
}

interface Digested {
  readonly rows: number;
  readonly digest: string;
  readonly last: Key | undefined;
}

async function digestOf(
  { dialect, db }: ComparisonOptions["target"],
  digest: DigestRange,
  table: TablePlan,
  columns: TablePlan["columns"],
  side: Direction,
  after: Key | undefined,
  limit: number,
): Promise<Digested> {
  const key = table.key.map((column) => column[side]);
  const all = columns.map((column) => column[side]);
  const statement = digest(table[side].name, all, key, after, limit);
  const [row = {}] = await db.query(statement.sql, statement.params);
  const last = valuesIn(key, rowDecoder(dialect, key)(row));
  const rows = Number(row["_ROWS"]);
  return { rows, digest: String(row["_DIGEST"]), last: rows < limit ? undefined : last };
}

/** "other": whatever the server prints of it. */
function isSameType(source: Column, target: Column): boolean {
  return source.kind !== "other" && source.kind === target.kind && source.type === target.type;
}
