import type { RowFor } from "../apply/applier.ts";
import { type BringAlong, findChildrenAlong } from "../apply/children-along.ts";
import type { Change } from "../contract/change.ts";
import type { BatchWriterOptions } from "./batch-writer-options.ts";

/**
 * With keep-target a change may bring a row that the policy dropped when it was new, and its children with it. With the other
 * policies whatever the target lacks is a dead letter, its children too.
 */
export async function findAlong(
  { source, target, table, conflictPolicy, children }: BatchWriterOptions,
  changes: readonly Change[],
  rowFor: RowFor,
): Promise<BringAlong | undefined> {
  if (conflictPolicy !== "keep-target") return undefined;
  return await findChildrenAlong(source, target, table, changes, rowFor, children);
}
