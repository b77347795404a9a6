import type { ConnectionUses } from "../config/fewest-connections.ts";
import type { SyncPlan, TablePlan } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import { connectionsOfUse } from "../run/connections-of-use.ts";
import { transformerFor } from "../transform/transformer-for.ts";
import type { Connected, SchemaContext } from "./context.ts";

/** A plan as people read it: what is captured, how it maps, which objects are made. */
export function printPlan({ name, source, target, plan }: SchemaContext, uses: ConnectionUses): string {
  const side = (title: "source" | "target", { datasource, dialect }: Connected): readonly string[] => {
    const { least, most } = connectionsOfUse(title, plan.groups.length, uses);
    const { max } = datasource.settings.pool;
    return [
      `  ${title}: datasource ${datasource.id} (${dialect.title})`,
      `    connections: at most ${max} (maxActive), at least ${least} are needed, up to ${most} are of use`,
    ];
  };
  const lines = [
    `Plan for schema ${name}, ${plan.sourceVersion} to ${plan.targetVersion}`,
    ...side("source", source),
    ...side("target", target),
  ];
  for (const [i, group] of plan.groups.entries()) {
    lines.push(`  group ${i + 1}: ${group.tables.map((table) => table.name).join(", then ")}`);
    for (const table of group.tables) lines.push(...describeTable(plan, table).map((line) => `    ${line}`));
  }
  if (plan.notes.length > 0) lines.push("  notes:", ...plan.notes.map((note) => `    ${note}`));
  return lines.join("\n");
}

function describeTable(plan: SyncPlan, table: TablePlan): string[] {
  const { names, targetNames } = table;
  const steps = stepsOf(plan, table);
  const more: readonly (readonly [string, readonly string[]])[] = [
    ["key", table.key.map(keyColumn)],
    ["columns", table.columns.map((column) => column.name)],
    ["dropped, only on the source", table.sourceOnly],
    ["default or computed, only on the target", table.targetOnly],
    ["transformation", steps.length === 0 ? ["none"] : steps],
    ["source objects", [names.journal, names.insertTrigger, names.updateTrigger, names.deleteTrigger]],
    ["cascades", table.cascades.map((path) => `${path.trigger} on ${path.ancestor}`)],
    ["target objects", [targetNames.checkpoint]],
    [
      "also written",
      [
        ...(table.split === undefined ? [] : [`${table.split.target.name}, from ${table.split.column}`]),
        ...(table.claims === undefined ? [] : [`${table.claims.target.name}, the user-id claim`]),
      ],
    ],
  ];
  return [
    table.name,
    ...more.filter(([, items]) => items.length > 0).map(([what, items]) => `  ${what}: ${items.join(", ")}`),
  ];
}

/** In a rekeyed table the source names a row by another column. */
function keyColumn({ name, source }: TablePlan["key"][number]): string {
  return source.name.toUpperCase() === name ? name : `${name} (${source.name.toUpperCase()} on the source)`;
}

/** A step that cannot be had is no reason not to print the plan; `run` refuses it. */
function stepsOf(plan: SyncPlan, table: TablePlan): readonly string[] {
  try {
    return transformerFor(plan, table).steps;
  } catch (error) {
    if (error instanceof SyncError) return [`not available: ${error.message}`];
    throw error;
  }
}
