import { wholeTable } from "../config/known-tables.ts";
import { withOrigin } from "../contract/origin.ts";
import type { SyncPlan, TablePlan } from "../contract/sync-plan.ts";
import type { KeyProfiles } from "../transform/crypto/key-config.ts";
import { DEFAULT_HASH_ALGORITHM } from "../transform/crypto/token-hash.ts";
import { type ReadValues, readPlain } from "../transform/read-values.ts";
import { keyResolver } from "../transform/resolve-keys.ts";
import { createRowSource, type RowSource } from "../transform/row-source.ts";
import { transformerFor } from "../transform/transformer-for.ts";
import { leftOutRows } from "./left-out-rows.ts";
import { type LookupSides, loadLookups } from "./target-lookups.ts";

export interface RowSourcesOptions extends LookupSides {
  /** How both servers store tokens; default: plain, with SHA-256. */
  readonly keys?:
    | { readonly profiles: Pick<KeyProfiles, "target">; readonly readValues: ReadValues }
    | undefined;
}

/** Gives each table's way from a change to the target's row; the tables of a plan share their look-ups. */
export function rowSources(plan: SyncPlan, options: RowSourcesOptions): (table: TablePlan) => RowSource {
  const { keys, tenants } = options;
  const source = withOrigin("source", options.source);
  const target = withOrigin("target", options.target);
  const lookups = loadLookups({ source, target, tenants: withOrigin("target", tenants ?? target) });
  const readValues = keys?.readValues ?? readPlain;
  const leftOut = leftOutRows(plan, source);
  const hashAlgorithm = keys?.profiles.target.hashAlgorithm ?? DEFAULT_HASH_ALGORITHM;
  return (table) => {
    const transformer = transformerFor(plan, table, hashAlgorithm);
    return createRowSource(wholeTable(table.name), transformer, {
      loadLookups: (rows, anew) => lookups(transformer.needs, rows, anew),
      readValues,
      resolveKeys: keyResolver(table, target, readValues, hashAlgorithm),
      markLeftOut: leftOut(table.name),
    });
  };
}
