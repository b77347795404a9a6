import type { Dialect, FoundObject, ObjectRef } from "../contract/dialect.ts";

/**
 * Triggers under these names that may stand there although they were not found: some databases show them only to a user
 * with a right of its own, and a table can be dropped without it. To be dropped before the journal that they write to:
 * what is not there is passed over, and what may not be dropped is refused while nothing is broken.
 */
export function unseenTriggers(
  dialect: Dialect,
  names: readonly string[],
  found: readonly FoundObject[],
): readonly ObjectRef[] {
  if (!dialect.capabilities.hidesTriggers) return [];
  const seen = new Set(found.filter(({ kind }) => kind === "trigger").map(({ name }) => name.toUpperCase()));
  return names.filter((name) => !seen.has(name.toUpperCase())).map((name) => ({ kind: "trigger", name }));
}
