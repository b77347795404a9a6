import type { Side } from "../plan/build-plan.ts";
import type { SyncPlan, TablePlan } from "../plan/sync-plan.ts";
import type { KeyProfiles } from "../transform/crypto/key-config.ts";
import type { ReadValues } from "../transform/read-values.ts";
import { createRowSource, type RowSource } from "../transform/row-source.ts";
import { transformerFor } from "../transform/transformer-for.ts";
import { targetLookups } from "./target-lookups.ts";

export interface RowSourcesOptions {
  readonly target: Side;
  /** How both servers store tokens; default: plain, with SHA-256. */
  readonly keys?: { readonly profiles: Pick<KeyProfiles, "target">; readonly readValues: ReadValues };
}

/** Gives each table's way from a change to the target's row; the tables of a plan share their look-ups. */
export function rowSources(
  plan: SyncPlan,
  { target, keys }: RowSourcesOptions,
): (table: TablePlan) => RowSource {
  const lookups = targetLookups(target);
  return (table) =>
    createRowSource(
      table.name,
      transformerFor(plan, table, keys?.profiles.target.hashAlgorithm),
      lookups,
      keys?.readValues,
    );
}
