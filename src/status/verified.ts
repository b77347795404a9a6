/** What the last comparison of a schema came to, and how long ago: `verify` keeps it on the target. */
import type { SchemaName } from "../config/sync-config.ts";
import { planTables } from "../contract/sync-plan.ts";
import { readState, stateTable } from "../state/state.ts";
import type { Reason } from "./arrival.ts";
import { clockOf } from "./clock.ts";
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
    const key = `verify/${name}`;
    const entries = await readState(target.db, stateTable(target.dialect, planTables(plan)), key);
    const entry = entries.find((one) => one.key === key);
    const writtenMs = entry === undefined ? Number.NaN : Date.parse(`${entry.updatedAt.replace(" ", "T")}Z`);
    const seconds = (await clockOf(target)) / 1000 - writtenMs / 1000;
    const result = (entry?.value as { readonly result?: unknown } | undefined)?.result;
    const isKnown = typeof result === "string" && !Number.isNaN(seconds);
    found.push({
      schema: name,
      result: isKnown ? result : null,
      secondsAgo: isKnown ? Math.max(0, seconds) : null,
    });
  }
  return found;
}

/** Why a schema is not freshly proven equal; empty when it is. */
export function verifiedReasons(
  { schema, result, secondsAgo }: Verified,
  withinSeconds: number,
): readonly Reason[] {
  const reason = (text: string): readonly Reason[] => [
    { table: schema, kind: "not-verified", text: `${schema}: ${text}` },
  ];
  if (result === null || secondsAgo === null) return reason("no verify has come to its end");
  if (result !== "equal") return reason(`the last verify found: ${result}`);
  if (secondsAgo > withinSeconds)
    return reason(`the last verify ended ${Math.round(secondsAgo)} s ago, ${withinSeconds} s are allowed`);
  return [];
}
