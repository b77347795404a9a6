/** The other direction of a configuration with wayBack=true: green's changes, blue's tables. */
import { hintFound } from "../config/problem.ts";
import type { Datasource, SyncConfig } from "../config/sync-config.ts";
import type { Direction } from "../contract/direction.ts";
import { planTables } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import { buildPlan } from "../plan/build-plan.ts";
import { readServing } from "../state/serving.ts";
import { readServingFacts, servingState } from "../status/serving-facts.ts";
import type { Connected, SchemaContext } from "./connected.ts";

/** Does work that only reads, again where that helps. */
type Persist = <T>(work: () => Promise<T>) => Promise<T>;

/** Throws USAGE_INVALID for another word. */
export function directionFlag(text: string | undefined): Direction | undefined {
  if (text === undefined || text === "forward" || text === "back") return text;
  throw new SyncError("USAGE_INVALID", {
    what: `--direction is ${hintFound(text)}`,
    next: "Give --direction forward (blue to green) or --direction back (green to blue)",
  });
}

/** Throws USAGE_INVALID where the configuration has no way back. */
export function requireWayBack({ wayBack, files }: Pick<SyncConfig, "wayBack" | "files">): void {
  if (wayBack) return;
  throw new SyncError("USAGE_INVALID", {
    what: `There is no way back in this configuration: wayBack is not true in ${files.properties}`,
    next: "Set wayBack=true there and give `sync-tool prepare` once more",
  });
}

/**
 * For what writes rows of the source over those of the target, or takes the journal of the source away: with a way back that
 * is right only one way. Throws CHANGES_PENDING when the source of the direction serves, or does not, otherwise than wanted.
 */
export async function requireServing(
  config: Pick<SyncConfig, "wayBack">,
  schema: SchemaContext,
  wanted: "source serves" | "source does not serve",
  why: string,
): Promise<void> {
  if (!config.wayBack) return;
  const { side, since } = await readServingFacts(schema);
  if (since === null && schema.direction !== "back") return;
  const serves = (schema.direction === "back" ? "green" : "blue") === side;
  if (serves === (wanted === "source serves")) return;
  throw new SyncError("CHANGES_PENDING", {
    what: `${side} serves users: ${why}`,
    next: "Give the command with the other --direction, where it takes one; `sync-tool status` says who serves",
  });
}

/** The direction that carries the changes of the side that serves users. */
export async function servedDirection(
  { wayBack }: Pick<SyncConfig, "wayBack">,
  schemas: readonly SchemaContext[],
): Promise<Direction> {
  const [schema] = schemas;
  if (!wayBack || schema === undefined) return "forward";
  const serving = await readServing(schema.source.db, servingState(schema));
  return serving?.side === "green" ? "back" : "forward";
}

/**
 * The same schemas the other way round, on connections of their own: what waits inside a transaction of one direction for a look
 * at the other side must not wait for those that look the other way. Throws PLAN_IMPOSSIBLE with what cannot be carried back.
 */
export async function backOf(
  { sourceVersion, targetVersion }: Pick<SyncConfig, "sourceVersion" | "targetVersion">,
  schemas: readonly SchemaContext[],
  connect: (side: "source" | "target", datasource: Datasource) => Promise<Connected>,
  persist: Persist = (work) => work(),
): Promise<readonly SchemaContext[]> {
  const back: SchemaContext[] = [];
  for (const { name, source: blue, target: green, plan } of schemas) {
    const tables = planTables(plan).map((table) => table.name);
    const request = { schema: name, sourceVersion, targetVersion, tables, direction: "back" } as const;
    const source = await connect("source", green.datasource);
    const target = await connect("target", blue.datasource);
    const backPlan = await persist(() => buildPlan(request, source, target));
    back.push({ name, source, target, direction: "back", plan: backPlan });
  }
  return back;
}
