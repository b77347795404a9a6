import type { Dialect, FoundObject } from "../contract/dialect.ts";
import { SyncError } from "../errors.ts";
import { isForeign } from "./capture-state.ts";

/**
 * Throws CAPTURE_DRIFT, or on the target TARGET_LEFTOVERS, when a trigger that is not ours writes to a table that is to
 * be dropped as a journal: WSO2's Java client gives its triggers and journals the same names. Without their table every
 * write of a user would fail.
 */
export function refuseForeignWriters(
  side: "source" | "target",
  dialect: Dialect,
  doomed: readonly FoundObject[],
  found: readonly FoundObject[],
): void {
  const journals = doomed.filter(({ kind }) => kind === "journal").map(({ name }) => name.toUpperCase());
  const writers = found.filter(
    (object) =>
      object.kind === "trigger" &&
      isForeign(dialect, object) &&
      journals.some((name) => object.body?.toUpperCase().includes(name)),
  );
  if (writers.length === 0) return;
  throw new SyncError(side === "source" ? "CAPTURE_DRIFT" : "TARGET_LEFTOVERS", {
    what: `Triggers on the ${side} that sync-tool did not make write to tables of its names: ${writers.map(({ name }) => name).join(", ")}`,
    next: "Drop these triggers, then the tables that they write to (ending in _S), after a look at what they hold; WSO2's Java client makes such ones",
  });
}
