import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Change } from "../journal/change.ts";
import { equalityClass } from "../journal/key-equality.ts";
import { keyOf } from "../journal/net.ts";
import type { TablePlan } from "../plan/sync-plan.ts";

/** What one lane has to write of a batch. */
export interface LanePart {
  readonly lane: number;
  readonly changes: readonly Change[];
}

/**
 * Spreads changes over lanes by key: keys that the target could take for equal always share a lane, so that their order
 * is kept. Changes that a lane has applied already (a crash leaves lanes at different positions) are left out.
 */
export function spread(
  lanes: readonly Checkpoint[],
  table: TablePlan,
  changes: readonly Change[],
): readonly LanePart[] {
  const [only] = lanes;
  if (lanes.length === 1 && only !== undefined) return [{ lane: only.lane, changes }];
  const columns = table.key.map((column) => column.target);
  const parts = lanes.map(({ lane, position }) => ({ lane, position, changes: [] as Change[] }));
  for (const change of changes) {
    const part = parts[hash(equalityClass(columns, keyOf(table.key, change))) % parts.length];
    if (part !== undefined && change.position > part.position) part.changes.push(change);
  }
  return parts;
}

/** FNV-1a, 32 bits: only has to spread evenly, and the same way while the number of lanes is the same. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}
