import type { ForeignKey, TableSchema } from "../dialect/table-schema.ts";
import type { Side } from "./build-plan.ts";
import { cascadeTriggerName } from "./object-names.ts";
import type { CascadePath } from "./sync-plan.ts";

/** Longer chains than this do not occur; a cycle of foreign keys ends here. */
const MAX_DEPTH = 6;

/**
 * Finds every chain of ON DELETE CASCADE foreign keys that ends in a table: each ancestor, synced or not, can delete
 * its rows without firing its triggers. Other actions that change rows unseen are a problem of their own.
 */
export async function cascadePaths(
  table: TableSchema,
  source: Side,
  problems: string[],
): Promise<readonly CascadePath[]> {
  const paths: CascadePath[] = [];
  const extend = async (child: TableSchema, below: readonly ForeignKey[]): Promise<void> => {
    for (const link of child.foreignKeys) {
      reportUnseen(table, child, link, below.length === 0, problems);
      if (link.onDelete !== "cascade" || below.length >= MAX_DEPTH) continue;
      const links = [...below, link];
      // A table that refers to itself cascades on and on; any other cycle ends where it began.
      const isOwn = link.refTable === child.name;
      if (!isOwn && below.some((earlier) => earlier.refTable === link.refTable)) continue;
      paths.push({
        ancestor: link.refTable,
        links,
        trigger: cascadeTriggerName(table.name, 2 * paths.length + 1),
        afterTrigger: cascadeTriggerName(table.name, 2 * paths.length + 2),
      });
      const [parent] = await source.dialect.introspector.tables(source.db, [link.refTable]);
      if (parent !== undefined && (isOwn || parent.name !== table.name)) await extend(parent, links);
    }
  };
  await extend(table, []);
  return paths;
}

function reportUnseen(
  table: TableSchema,
  child: TableSchema,
  link: ForeignKey,
  own: boolean,
  problems: string[],
): void {
  if (!own) return;
  if (link.onDelete === "set null") {
    problems.push(
      `${table.name}: foreign key ${link.name} (${child.name}) has ON DELETE SET NULL, which fires no trigger`,
    );
  }
  if (link.onUpdate !== "restrict") {
    problems.push(
      `${table.name}: foreign key ${link.name} (${child.name}) has ON UPDATE ${link.onUpdate.toUpperCase()}, which fires no trigger`,
    );
  }
}
