import { requireCapture } from "../capture/require-capture.ts";
import { requireCheckpoints } from "../checkpoint/require-checkpoints.ts";
import { planTables } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import type { SchemaContext } from "./context.ts";

/**
 * For commands that write rows beside a run: what proves that they write to green is the capture on blue and a checkpoint
 * of its journal for every table, which also keep the two out of each other's way. Throws NOT_PREPARED, `then` being what
 * to do after that.
 */
export async function requireDirection({ source, target, plan }: SchemaContext, then: string): Promise<void> {
  const tables = planTables(plan);
  const journals = await requireCapture(source.db, source.dialect, tables);
  const checkpoints = await requireCheckpoints(target, tables, journals);
  const notBegun = tables.filter(({ name }) => !checkpoints.has(name));
  if (notBegun.length === 0) return;
  throw new SyncError("NOT_PREPARED", {
    what: `Checkpoints on the target are not begun: ${notBegun.map(({ targetNames }) => targetNames.checkpoint).join(", ")}`,
    next: `Run \`sync-tool prepare\`, or start \`sync-tool run\` once, then ${then}`,
  });
}
