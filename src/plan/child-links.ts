/** Which tables' rows hang on another table's, by the target's foreign keys. */
import type { CascadeLink, ChildLink, TablePlan, TargetTable } from "../contract/sync-plan.ts";
import type { ForeignKey } from "../contract/table-schema.ts";

interface ForeignKeyLink extends ChildLink {
  readonly onDelete: ForeignKey["onDelete"];
}

/** By the target's foreign keys on a table's whole key; of two plans of one table the later counts. */
export function childLinks<Child extends TargetTable>(
  parent: TablePlan,
  written: readonly Child[],
): readonly (ForeignKeyLink & { readonly child: Child })[] {
  const tables = new Map(written.map((table) => [table.target.name, table]));
  return [...tables.values()].flatMap((child) =>
    child.target.foreignKeys
      .filter(({ refTable }) => refTable === parent.target.name)
      .flatMap((link) => {
        const columns = parent.key.flatMap(({ name }) => {
          const own = link.columns[link.refColumns.findIndex((column) => column.toUpperCase() === name)];
          return child.target.columns.filter((column) => column.name === own);
        });
        return columns.length === parent.key.length ? [{ child, columns, onDelete: link.onDelete }] : [];
      }),
  );
}

/** What goes along when a row is deleted, table by table. */
export function cascadeLinks(tables: readonly TablePlan[]): ReadonlyMap<TablePlan, readonly CascadeLink[]> {
  const links = new Map(tables.map((table): [TablePlan, CascadeLink[]] => [table, []]));
  for (const [table, own] of links) {
    for (const { child, columns, onDelete } of childLinks(table, tables))
      if (onDelete !== "set null") own.push({ child, columns, below: links.get(child) ?? [] });
  }
  return links;
}
