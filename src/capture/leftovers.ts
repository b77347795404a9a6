import type { JournalStart } from "../checkpoint/checkpoint.ts";
import type { Dialect, FoundObject, ObjectRef } from "../contract/dialect.ts";
import { objectNames } from "../contract/object-names.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { refuseForeignWriters } from "./foreign-writers.ts";
import { type Patience, retryWhileBusy } from "./retry-while-busy.ts";
import { triggerNames } from "./trigger-names.ts";
import { unseenTriggers } from "./unseen-triggers.ts";

/** What a dump of the source carried to the target: copies of triggers, functions and journals. */
export interface Leftovers {
  readonly objects: readonly FoundObject[];
  /** Triggers that may write to these journals unseen; to be dropped before anything else. */
  readonly unseen: readonly ObjectRef[];
}

/** Names under which a dump's copies can stand on the target. */
export function leftoverNames(table: TablePlan): readonly string[] {
  return [...triggerNames("target", table), objectNames(table.target.name).journal];
}

/**
 * Finds leftovers on the target. Throws TARGET_LEFTOVERS when a journal there is none: made by the target itself
 * (source and target are swapped in the configuration), or the copy of another journal than the source's.
 *
 * `capturesItself`: journals that the target made itself belong to the other direction, and stay with their triggers.
 */
export async function findLeftovers(
  db: Database,
  dialect: Dialect,
  tables: readonly TablePlan[],
  sourceJournals: ReadonlyMap<string, JournalStart>,
  capturesItself = false,
): Promise<Leftovers> {
  const { home } = await dialect.introspector.server(db);
  const all = await dialect.introspector.objects(db, tables.flatMap(leftoverNames));
  const found = capturesItself ? withoutOwnCapture(all, home, tables) : all;
  refuseOwnCapture(found, home);
  const ours = found.filter((object) =>
    object.kind === "journal"
      ? isJournal(object)
      : object.body !== undefined && dialect.ddl.isOurs(object.body),
  );
  refuseForeignWriters("target", dialect, ours, found);
  const unseen: ObjectRef[] = [];
  for (const table of tables) {
    const journal = ours.find(
      (object) =>
        object.kind === "journal" && object.name.toUpperCase() === table.names.journal.toUpperCase(),
    );
    if (journal === undefined) continue;
    if (journal.journalId !== undefined && journal.journalId !== sourceJournals.get(table.name)?.id) {
      throw new SyncError("TARGET_LEFTOVERS", {
        what: `${journal.name} on the target is a copy of another journal than the source's`,
        next: `The target was restored from a dump older than the present capture. Restore a dump made after \`prepare\`, or drop the triggers and ${journal.name} there by hand`,
      });
    }
    unseen.push(...unseenTriggers(dialect, triggerNames("target", table), found));
  }
  return { objects: ours, unseen };
}

/** What is left when the tables that the target itself captures, for the other direction, are not looked at. */
export function withoutOwnCapture<Found extends FoundObject>(
  found: readonly Found[],
  home: string,
  tables: readonly TablePlan[],
): readonly Found[] {
  const upper = ({ name }: { readonly name: string }): string => name.toUpperCase();
  const made = new Set(
    found.filter(({ kind, journalHome }) => kind === "journal" && journalHome === home).map(upper),
  );
  const own = new Set(
    tables
      .map((table) => leftoverNames(table).map((name) => name.toUpperCase()))
      .filter((names) => names.some((name) => made.has(name)))
      .flat(),
  );
  return found.filter((object) => !own.has(upper(object)));
}

/**
 * Throws TARGET_LEFTOVERS when the target captures changes of its own: it is the source of another sync, or the
 * configuration has the two swapped. Asked before anything is installed: capture on both sides could be removed by no
 * `cleanup`, which refuses such a target too.
 */
export async function refuseCapturingTarget(
  db: Database,
  dialect: Dialect,
  tables: readonly TablePlan[],
): Promise<void> {
  const { home } = await dialect.introspector.server(db);
  refuseOwnCapture(await dialect.introspector.objects(db, tables.flatMap(leftoverNames)), home);
}

/** Of the target's objects: throws TARGET_LEFTOVERS when one is a journal that the target itself made. */
export function refuseOwnCapture(objects: readonly FoundObject[], home: string): void {
  const own = objects.find(({ kind, journalHome }) => kind === "journal" && journalHome === home);
  if (own === undefined) return;
  throw new SyncError("TARGET_LEFTOVERS", {
    what: `${own.name} on the target was made by the target itself: it captures changes there`,
    next: "Source and target are probably swapped in identitySchema; if not, give the target the script identity_source_remove.sql that `sync-tool prepare --generate-ddl` writes where it is the source",
  });
}

const isJournal = (object: FoundObject): boolean =>
  object.journalId !== undefined ||
  (object.columns?.has("SYNC_ID") ?? false) ||
  (object.columns?.has("sync_id") ?? false);

/**
 * Removes leftovers, triggers first: a trigger without its journal would make every login on green fail. A server that
 * is at work on them already is waited for. Throws LOCK_TIMEOUT, GRANT_MISSING.
 */
export async function removeLeftovers(
  db: Database,
  dialect: Dialect,
  leftovers: Leftovers,
  options: Patience = {},
): Promise<void> {
  if (leftovers.objects.length === 0) return;
  const order = {
    ...{ trigger: 0, function: 1, sequence: 2, journal: 3 },
    ...{ checkpoint: 4, "dead-letters": 5, state: 6 },
  };
  const session = await db.session();
  try {
    for (const sql of dialect.ddl.session()) await session.execute(sql);
    const known = [...leftovers.objects].sort((a, b) => order[a.kind] - order[b.kind]);
    for (const object of [...leftovers.unseen, ...known]) {
      await retryWhileBusy("cleanup", object, { dialect, session }, options, async () => {
        for (const sql of dialect.ddl.drop(object)) await session.execute(sql);
      });
    }
  } finally {
    await session.release();
  }
}
