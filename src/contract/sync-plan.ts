import type { IsVersion } from "../config/versions.ts";
import type { Direction } from "./direction.ts";
import type { ObjectNames } from "./object-names.ts";
import type { Column, ForeignKey, TableSchema, UniqueKey } from "./table-schema.ts";

/** A column that both sides have. */
export interface PlanColumn {
  /** Upper case: the key of a Row. */
  readonly name: string;
  readonly source: Column;
  readonly target: Column;
}

export interface TargetColumn {
  /** Upper case. */
  readonly name: string;
  readonly target: Column;
}

/** A foreign key of the target table: its parent must be there before the row. */
export interface ParentLink {
  /** Upper-case column names of this table and of the parent. */
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
  /** The parent is one of the synced tables. */
  readonly synced: boolean;
}

/** A chain of ON DELETE CASCADE foreign keys, from an ancestor down to a synced table. */
export interface CascadePath {
  /** The table whose DELETE starts the cascade, as the source spells it. */
  readonly ancestor: string;
  /** From the synced table upwards: each link's child columns and parent columns; the last parent is the ancestor. */
  readonly links: readonly ForeignKey[];
  readonly trigger: string;
  /** Name for a second trigger on the ancestor, where the first alone does not tell the truth. */
  readonly afterTrigger: string;
}

/** A column of the source as the journal is read. */
export interface SourceColumn {
  /** Upper case. */
  readonly name: string;
  readonly source: Column;
}

/** What writing rows needs to know of a table. */
export interface TargetTable {
  readonly target: TableSchema;
  /** Every column of the target that can be written: a transformed row may hold some that the source lacks. */
  readonly targetColumns: readonly TargetColumn[];
  /** The target's primary key. */
  readonly key: readonly TargetColumn[];
  readonly targetUniqueKeys: readonly UniqueKey[];
}

/** A target's table without one on the source: its rows are words of a column of another table. */
export interface SplitTable extends TargetTable {
  /** Upper case: the column on the source that is split at blanks, and the one on the target that takes a word. */
  readonly column: string;
}

/** Rows of another table of the target that refer to this one's and are not deleted along with them. */
export interface ChildLink {
  readonly child: TargetTable;
  /** The child's columns, in the order of the key of this table. */
  readonly columns: readonly Column[];
}

/** Synced rows that the target deletes along with a row of another synced table, or of their own. */
export interface CascadeLink {
  readonly child: TablePlan;
  /** The child's columns, in the order of the key of the table above. */
  readonly columns: readonly Column[];
  /** What goes along with the child's rows; the same list again where a table refers to itself. */
  readonly below: readonly CascadeLink[];
}

/** How one table is captured on the source and written on the target. */
export interface TablePlan extends TargetTable {
  /** Upper case. */
  readonly name: string;
  readonly source: TableSchema;
  readonly target: TableSchema;
  /** Columns that are read, transformed and written. */
  readonly columns: readonly PlanColumn[];
  /** Columns read from the journal: those above, and others that the transformation needs. */
  readonly sourceColumns: readonly SourceColumn[];
  /**
   * The target's primary key, each column with the one that identifies the row on the source. They are of one name,
   * but in a rekeyed table.
   */
  readonly key: readonly PlanColumn[];
  /** The key's columns differ: a change's key has to be found before it is applied (rekeyed-tables.ts). */
  readonly isRekeyed?: true;
  /** The table whose rows are made from this one's. */
  readonly split?: SplitTable;
  /** The target's table where a user's id is kept as a claim too; only UM_USER has it. */
  readonly claims?: TargetTable;
  /** The target's rows of this table are not the source's alone: the migration, and we, made claims of some users. */
  readonly holdsClaims?: true;
  readonly children: readonly ChildLink[];
  readonly takesAlong: readonly CascadeLink[];
  readonly targetOnly: readonly string[];
  readonly sourceOnly: readonly string[];
  readonly parents: readonly ParentLink[];
  /** Empty where cascades fire the table's own triggers. */
  readonly cascades: readonly CascadePath[];
  /** Object names in the source's case and in the target's. */
  readonly names: ObjectNames;
  readonly targetNames: ObjectNames;
  /** The target does not have the table yet: `target` is the source's shape, good for capture alone. */
  readonly awaitsRestore?: true;
}

/** Tables tied by foreign keys, parents first: one lock, one order. */
export interface TableGroup {
  /** The first table's name. */
  readonly name: string;
  readonly tables: readonly TablePlan[];
}

/** What will be captured and how it maps; immutable. */
export interface SyncPlan {
  readonly schema: "identity" | "um" | "reg" | "consent";
  readonly sourceVersion: IsVersion;
  readonly targetVersion: IsVersion;
  /** "back": the tables' source is green and their target blue; the versions are blue's and green's still. Default: forward. */
  readonly direction?: Direction;
  readonly groups: readonly TableGroup[];
  /** The source's user names are e-mail addresses (EnableEmailUserName); only a 5.0.0 source needs it. */
  readonly emailUserNames?: boolean;
  /** Things an operator should read once: dropped columns, defaults that apply, weak spots. */
  readonly notes: readonly string[];
}

/** Every table of a plan, group by group. */
export function planTables(plan: SyncPlan): readonly TablePlan[] {
  return plan.groups.flatMap((group) => group.tables);
}

/** The foreign keys by which a table's rows refer to another one's, or to their own. */
export const linksTo = ({ parents }: TablePlan, { name }: TablePlan): readonly ParentLink[] =>
  parents.filter(({ parent }) => parent.toUpperCase() === name);

/** Tables of the target that get rows made from this one's. */
export function alsoWritten({ split, claims }: TablePlan): readonly TargetTable[] {
  return [split, claims].filter((table) => table !== undefined);
}
