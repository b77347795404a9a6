import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { FoundObject } from "../contract/dialect.ts";
import { objectNames } from "../contract/object-names.ts";
import type { Side } from "../contract/side.ts";
import { SyncError } from "../errors.ts";
import { roleIn } from "./roles.ts";

/**
 * Throws SIDES_SWAPPED when source and target have changed places in the configuration: whatever is written for green
 * would be written to blue, and what is deleted there is gone. Two witnesses know better than the configuration: a
 * journal that the target itself made, while the source made none, and a checkpoint on the source that belongs to a
 * journal on the target (which counts also where the source has moved to another server since). Before the first
 * `prepare` there is neither.
 *
 * `capturesBoth`: there is a way back, so that the first witness alone counts. `tables`: names in any case; the databases are asked without regard to it.
 */
export async function refuseSwappedSides(
  source: Side,
  target: Side,
  tables: readonly string[],
  capturesBoth = false,
): Promise<void> {
  const names = tables.map(objectNames);
  const journals = names.map(({ journal }) => journal);
  const onTarget = await journalsOf(target, journals);
  if (onTarget.length === 0) return;
  const own = await madeAtHome(target, onTarget);
  const onSource = own && (await madeAtHome(source, await journalsOf(source, journals)));
  if (own !== undefined && onSource === undefined)
    throw swapped(`the journal ${own.name} on the target was made there: users write to the target`);
  // With a way back each side has checkpoints of the other's journals, and was told which it is.
  if (capturesBoth) {
    if ((await roleIn(target, onTarget[0]?.name ?? "")) === "blue")
      throw swapped("`prepare` was told that the target is blue when the way back was prepared");
    return;
  }
  const ids = new Map(onTarget.map(({ journalId, name }) => [journalId, name]));
  const checkpoints = names.map(({ checkpoint }) => checkpoint);
  for (const { name } of await source.dialect.introspector.objects(source.db, checkpoints)) {
    const journal = ids.get(await journalOf(source, name));
    if (journal !== undefined && onSource !== undefined) throw hasWayBack(own?.name ?? journal);
    if (journal !== undefined)
      throw swapped(`${name} on the source is the checkpoint of ${journal} on the target`);
  }
}

async function journalsOf({ dialect, db }: Side, names: readonly string[]): Promise<readonly FoundObject[]> {
  const found = await dialect.introspector.objects(db, names);
  return found.filter(({ kind, journalId }) => kind === "journal" && journalId !== undefined);
}

async function madeAtHome(
  { dialect, db }: Side,
  journals: readonly FoundObject[],
): Promise<FoundObject | undefined> {
  if (journals.length === 0) return undefined;
  const { home } = await dialect.introspector.server(db);
  return journals.find(({ journalHome }) => journalHome === home);
}

/** Undefined for a table of somebody else's, and for one that the user may not read: the other witness is left. */
async function journalOf({ dialect, db }: Side, checkpoint: string): Promise<string | undefined> {
  try {
    return (await readCheckpoint(db, dialect, checkpoint))?.journalId;
  } catch (error) {
    const found = dialect.classifyError(error).class;
    if (found === "auth" || found === "schema") return undefined;
    throw error;
  }
}

/** Both sides capture: the configuration may be another host's, without its line. */
function hasWayBack(journal: string): SyncError {
  return new SyncError("SIDES_SWAPPED", {
    what: `The target captures as well (${journal}): a way back was prepared, and wayBack is not true here`,
    next: "Set wayBack=true in sync.properties; with it, `sync-tool cleanup --direction back` removes the way back. Nothing was written",
  });
}

function swapped(evidence: string): SyncError {
  return new SyncError("SIDES_SWAPPED", {
    what: `Source and target are swapped: ${evidence}`,
    next: "Exchange the two names in identitySchema (umSchema, regSchema, consentSchema): the source, blue, comes first. Nothing was written",
  });
}
