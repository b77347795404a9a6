import type { TableGroup, TablePlan } from "../contract/sync-plan.ts";

/** Ties tables that foreign keys of either side connect, and puts parents before children within a group. */
export function groupTables(tables: readonly TablePlan[]): readonly TableGroup[] {
  const parentsOf = new Map(tables.map((table) => [table, parents(table, tables)]));
  const groupOf = new Map(tables.map((table) => [table, new Set([table])]));
  for (const [table, above] of parentsOf) {
    for (const parent of above) {
      const merged = new Set([...(groupOf.get(table) ?? []), ...(groupOf.get(parent) ?? [])]);
      for (const member of merged) groupOf.set(member, merged);
    }
  }
  return [...new Set(groupOf.values())].map((members) => {
    const ordered = parentsFirst([...members], parentsOf);
    return { name: ordered[0]?.name ?? "", tables: ordered };
  });
}

function parents(table: TablePlan, tables: readonly TablePlan[]): readonly TablePlan[] {
  const names = new Set(
    [...table.source.foreignKeys, ...table.target.foreignKeys].map((link) => link.refTable.toUpperCase()),
  );
  return tables.filter((candidate) => candidate !== table && names.has(candidate.name));
}

function parentsFirst(
  members: readonly TablePlan[],
  parentsOf: ReadonlyMap<TablePlan, readonly TablePlan[]>,
): readonly TablePlan[] {
  const done = new Set<TablePlan>();
  const visit = (table: TablePlan, above: ReadonlySet<TablePlan>): void => {
    if (done.has(table) || above.has(table)) return;
    for (const parent of parentsOf.get(table) ?? []) visit(parent, new Set([...above, table]));
    done.add(table);
  };
  for (const table of members) visit(table, new Set());
  return [...done];
}
