import type { IsVersion } from "../config/versions.ts";
import type { Column, ForeignKey, TableSchema, UniqueKey } from "../dialect/table-schema.ts";
import type { ObjectNames } from "./object-names.ts";

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
}

/** How one table is captured on the source and written on the target. */
export interface TablePlan {
  /** Upper case. */
  readonly name: string;
  readonly source: TableSchema;
  readonly target: TableSchema;
  /** Columns that are read, transformed and written. */
  readonly columns: readonly PlanColumn[];
  /** Every column of the target that can be written: a transformed row may hold some that the source lacks. */
  readonly targetColumns: readonly TargetColumn[];
  /** The target's primary key. */
  readonly key: readonly PlanColumn[];
  readonly targetOnly: readonly string[];
  readonly sourceOnly: readonly string[];
  readonly targetUniqueKeys: readonly UniqueKey[];
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
  readonly groups: readonly TableGroup[];
  /** Things an operator should read once: dropped columns, defaults that apply, weak spots. */
  readonly notes: readonly string[];
}

/** Every table of a plan, group by group. */
export function planTables(plan: SyncPlan): readonly TablePlan[] {
  return plan.groups.flatMap((group) => group.tables);
}
