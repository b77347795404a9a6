/** What the last comparison of a schema came to, and how long ago: `verify` keeps it on the target. */
import type { SchemaName } from "../config/sync-config.ts";
import { planTables } from "../contract/sync-plan.ts";
import { readState, type StateEntry, stateTable } from "../state/state.ts";
import { type Reason, reason } from "./arrival.ts";
import { clockOf, secondsSince } from "./clock.ts";
import type { StatusRequest } from "./table-status.ts";

export interface Verified {
  readonly schema: SchemaName;
  /** "equal", "different", "unexplained" or "not judged"; null when no comparison was recorded. */
  readonly result: string | null;
  /** By the target's clock; null when none was recorded. */
  readonly secondsAgo: number | null;
}

/** Of each schema, in their order. */
export async function readVerified(schemas: readonly StatusRequest[]): Promise<readonly Verified[]> {
  const found: Verified[] = [];
  for (const { name, plan, target } of schemas) {
    const entries = await readState(target.db, stateTable(target.dialect, planTables(plan)), KIND);
    found.push(verifiedIn(entries, name, await clockOf(target)));
  }
  return found;
}

const KIND = "verify/";

/** Among entries that were read already; `nowMs` by the target's clock. */
export function verifiedIn(entries: readonly StateEntry[], schema: SchemaName, nowMs: number): Verified {
  const entry = entries.find(({ key }) => key === `${KIND}${schema}`);
  const seconds = entry === undefined ? undefined : secondsSince(entry.updatedAt, nowMs);
  const result = (entry?.value as { readonly result?: unknown } | undefined)?.result;
  return typeof result === "string" && seconds !== undefined
    ? { schema, result, secondsAgo: seconds }
    : { schema, result: null, secondsAgo: null };
}

/** Why a schema is not freshly proven equal; empty when it is. */
export function verifiedReasons(
  { schema, result, secondsAgo }: Verified,
  withinSeconds: number,
): readonly Reason[] {
  const because = (text: string): readonly Reason[] => reason({ table: schema }, true, "not-verified", text);
  if (result === null || secondsAgo === null) return because("no verify has come to its end");
  if (result !== "equal") return because(`the last verify found: ${result}`);
  const ended = `the last verify ended ${Math.round(secondsAgo)} s ago, ${withinSeconds} s are allowed`;
  return secondsAgo > withinSeconds ? because(ended) : [];
}
