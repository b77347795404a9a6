/** The late guards of one direction, made of what the other one knows. */
import type { Dialect } from "../contract/dialect.ts";
import { planTables, type SyncPlan, type TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { servingState } from "../status/serving-facts.ts";
import { createBringBack } from "./bring-back.ts";
import { createLateGuard, type LateGuard } from "./late-guard.ts";
import { type RowSourcesOptions, rowSources } from "./row-sources.ts";

interface Side {
  readonly dialect: Dialect;
  readonly db: Database;
}

/** One direction of a pair with a way back. */
export interface WayOf {
  readonly plan: SyncPlan;
  readonly source: Side;
  readonly target: Side;
}

/** Gives each table's guard; undefined for a table that the other direction does not carry. `otherKeys`: that direction's. */
export function lateGuards(
  way: WayOf,
  other: WayOf,
  otherKeys: RowSourcesOptions["keys"],
): (table: TablePlan) => LateGuard | undefined {
  const isBack = way.plan.direction === "back";
  const otherTables = planTables(other.plan);
  const tables = planTables(way.plan);
  const blue = { db: (isBack ? way.target : way.source).db, state: servingState(isBack ? other : way) };
  const otherRows = rowSources(other.plan, { source: other.source, target: other.target, keys: otherKeys });
  return (table) => {
    const otherTable = otherTables.find((one) => one.name === table.name);
    if (otherTable === undefined) return undefined;
    return createLateGuard({
      from: isBack ? "green" : "blue",
      blue,
      dialect: way.target.dialect,
      otherTables,
      tables,
      table,
      bringBack: createBringBack({
        from: other.source,
        to: other.target,
        table: otherTable,
        rows: otherRows(otherTable),
      }),
    });
  };
}
