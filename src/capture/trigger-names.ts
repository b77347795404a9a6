import { cascadeTriggerName, objectNames } from "../contract/object-names.ts";
import type { TablePlan } from "../contract/sync-plan.ts";

/** As many are looked for where the plan knows of fewer: foreign keys may have been dropped since `prepare`. */
const USUAL_CASCADES = 18;

/** Names of every trigger that may write to the table's journal, as the table's name on one side has them. */
export function triggerNames(side: "source" | "target", table: TablePlan): readonly string[] {
  const { name } = table[side];
  const own = objectNames(name);
  const cascades = Math.max(USUAL_CASCADES, 2 * table.cascades.length);
  return [
    ...[own.insertTrigger, own.updateTrigger, own.deleteTrigger],
    ...Array.from({ length: cascades }, (_, i) => cascadeTriggerName(name, i + 1)),
  ];
}
