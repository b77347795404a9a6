import type { CopiedTable, CopySchemaOptions } from "../../src/copy/copy.ts";
import { copy } from "../../src/copy/copy.ts";
import type { RefusedRow } from "../../src/copy/copy-options.ts";
import { rowSources } from "../../src/run/row-sources.ts";
import type { BlueGreen } from "./blue-green.ts";

export interface Copied {
  readonly tables: Readonly<Record<string, CopiedTable>>;
  readonly refused: readonly RefusedRow[];
}

/** Copies a pair as `sync-tool copy` does. */
export async function copied(pair: BlueGreen, options: Partial<CopySchemaOptions> = {}): Promise<Copied> {
  const plan = await pair.plan();
  const refused: RefusedRow[] = [];
  const tables = await copy({
    plan,
    source: pair.source,
    target: pair.target,
    rowsFor: rowSources(plan, pair),
    signal: new AbortController().signal,
    onRefused: (row) => refused.push(row),
    ...options,
  });
  return { tables: Object.fromEntries(tables.map((one) => [one.table, one])), refused };
}
