import type { WriteRules } from "../apply/applier.ts";
import { spareChildren } from "../apply/spare-children.ts";
import type { BatchWriterOptions } from "./batch-writer-options.ts";
import type { Refused, TableLetters } from "./table-letters.ts";

/**
 * How a table's rows are written and deleted. With keep-target a row that is new on the source leaves green's row of the
 * same key alone, but never one that is there only because its deletion, or an earlier change, was set aside.
 */
export function writeRules(
  { source, target, table, rows, conflictPolicy, late }: BatchWriterOptions,
  letters: TableLetters,
  refused: Refused = new Map(),
): WriteRules {
  const always: WriteRules = {
    refuseOvertaken: late?.refuseOvertaken,
    keepOnUpdate: rows.keepOnUpdate,
    beforeDelete: (tx, keys) =>
      spareChildren(source, { dialect: target.dialect, tx }, table.takesAlong, keys),
  };
  if (conflictPolicy !== "keep-target") return always;
  return { ...always, keepsExisting: (change) => !letters.areOf(change, refused) };
}
