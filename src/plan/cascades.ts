import { cascadeTriggerName } from "../contract/object-names.ts";
import type { Side } from "../contract/side.ts";
import type { CascadePath } from "../contract/sync-plan.ts";
import type { ForeignKey, TableSchema } from "../contract/table-schema.ts";

/** Longer chains than this do not occur; a table that refers to itself is followed so many levels. */
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
  const extend = async (child: TableSchema, below: readonly ForeignKey[], refersToItself: boolean) => {
    for (const link of child.foreignKeys) {
      reportUnseen(table, child, link, below.length === 0, problems);
      if (link.onDelete !== "cascade") continue;
      const isOwn = link.refTable === child.name;
      if (!isOwn && [table.name, ...below.map(({ refTable }) => refTable)].includes(link.refTable)) {
        // One deletion goes round and round: each round would need triggers of its own.
        problems.push(
          `${table.name}: foreign keys with ON DELETE CASCADE form a circle (${child.name} to ${link.refTable}), of which triggers do not see every row`,
        );
        continue;
      }
      if (below.length >= MAX_DEPTH) {
        if (!isOwn && !refersToItself)
          problems.push(
            `${table.name}: foreign keys with ON DELETE CASCADE lead over more than ${MAX_DEPTH} tables (to ${link.refTable}), whose deletions would not be captured`,
          );
        continue;
      }
      const links = [...below, link];
      paths.push({
        ancestor: link.refTable,
        links,
        trigger: cascadeTriggerName(table.name, 2 * paths.length + 1),
        afterTrigger: cascadeTriggerName(table.name, 2 * paths.length + 2),
      });
      const [parent] = await source.dialect.introspector.tables(source.db, [link.refTable]);
      if (parent !== undefined) await extend(parent, links, refersToItself || isOwn);
    }
  };
  await extend(table, [], false);
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
