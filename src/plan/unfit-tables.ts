/** What is said, and what to do next, when tables cannot be read or cannot be planned. */
import { objectNames } from "../contract/object-names.ts";
import type { Side } from "../contract/side.ts";
import type { TableSchema } from "../contract/table-schema.ts";
import { SyncError } from "../errors.ts";

export const NOT_ON_TARGET = "the target has no such table";
export const NO_KEY_YET = "which the source's has: is the restore still at work?";

/** MySQL shows a table to a user with any right on it, but its columns only to one with SELECT. */
export function refuseUnreadable({ dialect }: Side, tables: readonly TableSchema[], side: string): void {
  const hidden = tables.filter(({ columns }) => columns.length === 0).map(({ name }) => name);
  if (hidden.length === 0) return;
  throw new SyncError("GRANT_MISSING", {
    what: `The user of the ${side} lacks a privilege\n  - ${side}: missing: ${hidden.map((name) => `SELECT on ${name}`).join("; ")}`,
    next: [
      "Have a DBA give what is missing, then give the command again",
      ...hidden.map((name) => `on the ${side}: GRANT SELECT ON ${dialect.sql.quote(name)} TO the user;`),
    ].join("\n  "),
  });
}

/** Without a single table the target is no restored database yet, or another one than meant. */
export async function mendTables(
  source: Side,
  sourceTables: readonly TableSchema[],
  targetTables: readonly TableSchema[],
  problems: readonly string[],
): Promise<string> {
  if (problems.some((problem) => problem.endsWith(NO_KEY_YET)))
    return "Wait until the restore has ended without an error: it makes keys and indexes last. If it has ended, give the target's table the key that the source's has";
  const isEmpty = targetTables.length === 0 && problems.every((problem) => problem.includes(NOT_ON_TARGET));
  if (!isEmpty) return "Mend the tables, or take them out of syncTables";
  const ifRestored = "if it is restored, correct the target's url or schema in deployment.toml";
  return (await isCaptured(source, sourceTables))
    ? `Restore a dump of the source that began after \`sync-tool prepare\` had ended, then give \`sync-tool prepare\` again; ${ifRestored}`
    : `Run \`sync-tool prepare\` first, and begin the dump of the source when it has ended: a dump that began before lacks changes for good; ${ifRestored}`;
}

/** Whether every table has a journal and its triggers, by their names alone. */
async function isCaptured({ dialect, db }: Side, tables: readonly TableSchema[]): Promise<boolean> {
  const names = tables.flatMap(({ name }) => {
    const { checkpoint: _, ...own } = objectNames(name);
    return Object.values(own).map((one) => one.toUpperCase());
  });
  const found = new Set(
    (await dialect.introspector.objects(db, names)).map(({ name }) => name.toUpperCase()),
  );
  return names.every((name) => found.has(name));
}
