import type { Dialect, FoundObject, ObjectRef } from "../contract/dialect.ts";
import { deadLettersName, objectNames, stateName } from "../contract/object-names.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { refuseForeignWriters } from "./foreign-writers.ts";
import { refuseOwnCapture, withoutOwnCapture } from "./leftovers.ts";
import { type Patience, retryWhileBusy } from "./retry-while-busy.ts";
import { triggerNames } from "./trigger-names.ts";
import { unseenTriggers } from "./unseen-triggers.ts";

/** Columns by which tables of ours are known; a table without them was made by somebody else. */
const COLUMNS: Partial<Record<ObjectRef["kind"], readonly string[]>> = {
  journal: ["SYNC_ID", "ACTION"],
  checkpoint: ["LANE", "SYNC_ID", "JOURNAL_ID", "DIGEST"],
  "dead-letters": ["ROW_KEY_DIGEST", "SYNC_ID", "REASON"],
  state: ["NAME", "VALUE", "UPDATED_AT"],
};

const ORDER: readonly ObjectRef["kind"][] = [
  "trigger",
  "function",
  "sequence",
  "journal",
  "checkpoint",
  "dead-letters",
  "state",
];

export interface Removable {
  readonly side: "source" | "target";
  readonly db: Database;
  readonly dialect: Dialect;
  readonly object: ObjectRef;
  /** Of a journal: triggers that may write to it unseen; of others none. */
  readonly unseen: readonly ObjectRef[];
}

/**
 * Everything of sync-tool on one side of these tables, found under its names: triggers and functions by the mark in
 * their body, tables by their columns. Throws TARGET_LEFTOVERS when the target captures changes of its own: it is the
 * source of another sync, unless it is that of the other direction (`capturesItself`), whose capture stays; CAPTURE_DRIFT when triggers that are not ours write to a journal.
 */
export async function findRemovable(
  side: "source" | "target",
  { db, dialect }: { readonly db: Database; readonly dialect: Dialect },
  tables: readonly TablePlan[],
  capturesItself = false,
): Promise<readonly Removable[]> {
  const wanted = tables.flatMap((table) => namesOf(side, table));
  const all = await dialect.introspector.objects(db, [...new Set(wanted.map((object) => object.name))]);
  const { home } = await dialect.introspector.server(db);
  const found = side === "target" && capturesItself ? withoutOwnCapture(all, home, tables) : all;
  const objects = found.flatMap((object) => {
    if (object.kind === "trigger" || object.kind === "function") {
      return object.body !== undefined && dialect.ddl.isOurs(object.body) ? [object] : [];
    }
    const kind = wanted.find(({ name }) => name.toUpperCase() === object.name.toUpperCase())?.kind;
    return kind !== undefined && hasColumns(object, COLUMNS[kind] ?? []) ? [{ ...object, kind }] : [];
  });
  if (side === "target") refuseOwnCapture(objects, home);
  refuseForeignWriters(side, dialect, objects, found);
  return objects.map((object): Removable => {
    const names = object.kind === "journal" ? triggersOf(side, object, tables) : [];
    return { side, db, dialect, object, unseen: unseenTriggers(dialect, names, found) };
  });
}

/**
 * Removes them, triggers of both sides first: a trigger without its journal makes every write of a user fail. The source's
 * triggers are gone by then where changes must not be lost, see remove-capture.ts.
 */
export async function uninstall(removables: readonly Removable[], options: Patience = {}): Promise<void> {
  const unseen = removables.flatMap((one) => one.unseen.map((object) => ({ ...one, object })));
  const inOrder = ORDER.flatMap((kind) => removables.filter((one) => one.object.kind === kind));
  const all = [...unseen, ...inOrder];
  for (const [i, { db, dialect, object }] of all.entries()) {
    options.onStep?.({ name: object.name, number: i + 1, of: all.length });
    const session = await db.session();
    try {
      for (const sql of dialect.ddl.session()) await session.execute(sql);
      await retryWhileBusy("cleanup", object, { dialect, session }, options, async () => {
        for (const sql of dialect.ddl.drop(object)) await session.execute(sql);
      });
    } finally {
      await session.release();
    }
  }
}

/** Names of the triggers that write to a journal of this name. */
function triggersOf(
  side: "source" | "target",
  journal: ObjectRef,
  tables: readonly TablePlan[],
): readonly string[] {
  const isItsTable = (table: TablePlan): boolean =>
    objectNames(table[side].name).journal.toUpperCase() === journal.name.toUpperCase();
  return tables.filter(isItsTable).flatMap((table) => triggerNames(side, table));
}

function namesOf(side: "source" | "target", table: TablePlan): readonly ObjectRef[] {
  const { name } = table[side];
  const own = objectNames(name);
  const capture: readonly ObjectRef[] = [
    ...triggerNames(side, table).map((trigger) => ({ kind: "trigger", name: trigger }) as const),
    { kind: "journal", name: own.journal },
  ];
  if (side === "source") return capture;
  return [
    ...capture,
    { kind: "checkpoint", name: own.checkpoint },
    { kind: "dead-letters", name: deadLettersName(name) },
    { kind: "state", name: stateName(name) },
  ];
}

function hasColumns(object: FoundObject, names: readonly string[]): boolean {
  const has = new Set([...(object.columns?.keys() ?? [])].map((name) => name.toUpperCase()));
  return names.every((name) => has.has(name));
}
