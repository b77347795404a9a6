/** Finds the changes whose rows the target is not to have, by what the source says of the applications they belong to. */
import type { Change } from "../contract/change.ts";
import { leavesRow } from "../contract/change.ts";
import type { Side } from "../contract/side.ts";
import type { SyncPlan } from "../contract/sync-plan.ts";
import type { Row } from "../row.ts";
import { type Belonging, belonging, removedRows, removesRows } from "../transform/left-out.ts";
import type { MarkLeftOut } from "../transform/row-source.ts";
import { cached, readColumns } from "./read-columns.ts";

/** Applications are made rarely; one that is not known yet has its rows refused, set aside and tried again. */
const FRESH_MS = 60_000;

/** Gives each table's own, undefined where no row is ever left out; the tables of a plan share what is read. */
export function leftOutRows(
  { sourceVersion, targetVersion, direction }: SyncPlan,
  source: Side,
): (table: string) => MarkLeftOut | undefined {
  if (direction === "back" || !removesRows(sourceVersion, targetVersion)) return () => undefined;
  const removedIds = new Map<string, (anew: boolean) => Promise<ReadonlySet<string>>>();

  /** Ids of a table's rows that its own rule removes. */
  function removed(table: string): (anew: boolean) => Promise<ReadonlySet<string>> {
    const known = removedIds.get(table);
    if (known !== undefined) return known;
    const load = cached(async () => {
      const rule = removedRows(table);
      if (rule === undefined) return new Set<string>();
      const rows = await readColumns(source, table, [rule.id, ...rule.reads]);
      return new Set(rows.filter(rule.isRemoved).map((row) => String(row[rule.id])));
    }, FRESH_MS);
    removedIds.set(table, load);
    return load;
  }

  /** Of these keys of the table that rows belong to, those whose rows are removed. */
  async function removedAmong({ to, key }: Belonging, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const above = belonging(to);
    if (above === undefined) return await removed(to)(false);
    const gone = await removed(above.to)(false);
    if (gone.size === 0 || ids.length === 0) return new Set();
    const keys = ids.map((id) => ({ [key]: id }));
    const rows = await readColumns(source, to, [key, above.column], keys);
    return new Set(rows.filter((row) => gone.has(String(row[above.column]))).map((row) => String(row[key])));
  }

  return (table) => {
    const rule = removedRows(table);
    const link = belonging(table);
    if (rule === undefined && link === undefined) return undefined;
    return async (changes) => {
      const rows = changes.filter(leavesRow);
      const ids = link === undefined ? [] : [...new Set(rows.flatMap(({ row }) => text(row, link.column)))];
      const gone = link === undefined ? new Set<string>() : await removedAmong(link, ids);
      if (rule === undefined && gone.size === 0) return changes;
      const isLeftOut = ({ row }: Change): boolean =>
        rule?.isRemoved(row) === true ||
        (link !== undefined && text(row, link.column).some((id) => gone.has(id)));
      return changes.map((change) =>
        leavesRow(change) && isLeftOut(change) ? { ...change, leftOut: true } : change,
      );
    };
  };
}

const text = (row: Row, column: string): readonly string[] => {
  const value = row[column];
  return typeof value === "string" ? [value] : [];
};
