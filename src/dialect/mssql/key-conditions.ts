import type { TablePlan } from "../../contract/sync-plan.ts";
import type { Column, TableSchema } from "../../contract/table-schema.ts";
import { keyBytes } from "./column-sql.ts";
import { quote } from "./connect.ts";

/** What became of the key of a row `r` of `deleted`; a list without an entry asks nothing. */
interface KeyEnd {
  /** No row has a key that is equal to it. */
  readonly gone: readonly string[];
  /** A row has it in other letters, which its collation takes for equal. */
  readonly respelled: readonly string[];
}

/**
 * Keys are compared byte by byte where a change of case alone is a change of the row, and as the table's own key compares
 * them where the question is whether the row is gone: a target with such a collation would delete the row of the new
 * spelling, and by cascade its children.
 *
 * Rows are looked for in the table itself: a MERGE fires one trigger for each of its actions, in no promised order ("MERGE",
 * trigger implementation), and a key that one action deletes and another writes would end as deleted when the DELETE
 * trigger comes last. The transaction has the key locked, so this meets nobody else's lock; FORCESEEK keeps it from reading
 * other rows, and READCOMMITTEDLOCK from locking the gap beside a key under SERIALIZABLE ("Table Hints"). Only where the
 * table's primary key can be sought: FORCESEEK without an index for it is an error.
 */
export function keyConditions({ key, source }: TablePlan): {
  readonly left: string;
  readonly onUpdate: KeyEnd;
  readonly onDelete: KeyEnd;
} {
  const columns = key.map((column) => column.source);
  const same = (alias: string): string => columns.map((c) => equals(c, alias)).join(" AND ");
  const texts = columns.filter((column) => column.kind === "text");
  const exactly = (alias: string): string => texts.map((c) => equals(c, alias, keyBytes)).join(" AND ");
  const others = columns.filter((column) => column.kind !== "text");
  const identical = (alias: string): string =>
    [...others.map((c) => equals(c, alias)), ...texts.map((c) => equals(c, alias, keyBytes))].join(" AND ");
  const inserted = (where: string): string => `EXISTS (SELECT 1 FROM inserted AS i WHERE ${where})`;
  const left = `NOT ${inserted(identical("i"))}`;
  const isLoose = texts.length > 0;
  if (!isPrimaryKey(source, columns)) {
    return {
      left,
      onUpdate: isLoose
        ? { gone: [`NOT ${inserted(same("i"))}`], respelled: [inserted(same("i"))] }
        : { gone: [], respelled: [] },
      onDelete: { gone: [], respelled: [] },
    };
  }
  const held = (where: string): string =>
    `EXISTS (SELECT 1 FROM ${quote(source.name)} AS t WITH (READCOMMITTEDLOCK, FORCESEEK) WHERE ${where})`;
  const end: KeyEnd = {
    gone: [`NOT ${held(same("t"))}`],
    respelled: isLoose ? [held(`${same("t")} AND NOT (${exactly("t")})`)] : [],
  };
  return { left, onUpdate: end, onDelete: end };
}

function isPrimaryKey(table: TableSchema, columns: readonly Column[]): boolean {
  const names = new Set(columns.map((column) => column.name.toUpperCase()));
  return (
    names.size === table.primaryKey.length && table.primaryKey.every((name) => names.has(name.toUpperCase()))
  );
}

function equals(column: Column, alias: string, as: (value: string) => string = (value) => value): string {
  const [left, right] = [`${alias}.${quote(column.name)}`, `r.${quote(column.name)}`];
  const same = `${as(left)} = ${as(right)}`;
  return column.nullable ? `(${same} OR (${left} IS NULL AND ${right} IS NULL))` : same;
}
