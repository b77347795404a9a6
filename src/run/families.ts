/** Rows that belong together: what users write of one of them, they have written of all. */
import type { Change, Key } from "../contract/change.ts";
import type { ParentLink, TablePlan } from "../contract/sync-plan.ts";
import type { Column } from "../contract/table-schema.ts";

/** Where changes of a family stand: a journal of the other direction, and the columns that tell the family there. */
export interface FamilyJournal {
  /** The table as the other direction captures it. */
  readonly table: TablePlan;
  /** Columns of that table, in the order of `keyOf`. */
  readonly columns: readonly Column[];
  /** The family's key in a change of the table that this is asked for; undefined where the change does not tell it. */
  readonly keyOf: (change: Change) => Key | undefined;
}

/**
 * The journals in which changes of the families of a table's rows stand. A row's families are its own, of which it is the head
 * with the rows that refer to it, and that of each synced row that it refers to, a scope's that of its token: whoever deletes a
 * token and its scopes on one side, while a scope is added on the other, must not leave half of it.
 */
export function familyJournals(
  table: TablePlan,
  tables: readonly TablePlan[],
  others: readonly TablePlan[],
): readonly FamilyJournal[] {
  const own = table.key.map(({ name }) => name);
  const found: FamilyJournal[] = journalsOf(table, own, own, tables, others);
  for (const link of table.parents) {
    const parent = tables.find(({ name }) => name === parentOf(link));
    if (link.synced && parent !== undefined && parent !== table)
      found.push(...journalsOf(parent, link.parentColumns, link.columns, tables, others));
  }
  return found;
}

const parentOf = ({ parent }: ParentLink): string => parent.toUpperCase();

/** Of the families of a table's rows, by these columns of theirs, which a change has under the names `from`. */
function journalsOf(
  head: TablePlan,
  columns: readonly string[],
  from: readonly string[],
  tables: readonly TablePlan[],
  others: readonly TablePlan[],
): FamilyJournal[] {
  const keyOf = ({ row }: Change): Key | undefined => {
    const key = from.map((name) => row[name] ?? null);
    return key.includes(null) ? undefined : key;
  };
  const journal = (table: TablePlan, names: readonly string[]): FamilyJournal[] => {
    const there = others.find(({ name }) => name === table.name);
    const by = names.flatMap((name) => there?.sourceColumns.filter((column) => column.name === name) ?? []);
    if (there === undefined || by.length < names.length) return [];
    return [{ table: there, columns: by.map(({ source }) => source), keyOf }];
  };
  const members = tables.flatMap((member) =>
    member.parents.flatMap((link) => {
      if (parentOf(link) !== head.name || member === head) return [];
      const names = columns.flatMap((column) => link.columns[link.parentColumns.indexOf(column)] ?? []);
      return names.length < columns.length ? [] : journal(member, names);
    }),
  );
  return [...journal(head, columns), ...members];
}
