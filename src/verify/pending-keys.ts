import type { Action, Change, Key, Position } from "../journal/change.ts";
import { equalityClass } from "../journal/key-equality.ts";
import { keyOf, sourceKeyOf } from "../journal/net.ts";
import type { Side } from "../plan/build-plan.ts";
import type { TablePlan } from "../plan/sync-plan.ts";
import type { Value } from "../row.ts";
import type { RowSource } from "../transform/row-source.ts";
import type { Difference } from "./table-comparison.ts";

const PAGE = 1_000;

/**
 * Which of these differences the journal holds a change after a position of. A key that the database might take for
 * equal counts too. Reads the journal once, from the position to its end, in pages.
 */
export async function pendingKeys(
  source: Side,
  table: TablePlan,
  rows: RowSource,
  after: Position,
  differences: readonly Difference[],
): Promise<(difference: Difference) => boolean> {
  const ofSource = table.key.map((column) => column.source);
  const ofTarget = table.key.map((column) => column.target);
  // Only in a rekeyed table are the two keys not one.
  const isById = ({ kind }: Difference): boolean => table.isRekeyed === true && kind === "extra";
  const classOf = (difference: Difference): string =>
    isById(difference) ? byId(difference.key) : byRow(difference.key);
  const byRow = (key: Key): string => `row ${equalityClass(ofSource, key)}`;
  const byId = (key: Key): string => `id ${equalityClass(ofTarget, key)}`;
  const wanted = new Set(differences.map(classOf));
  const resolveKeys = differences.some(isById) ? rows.resolveKeys : undefined;
  const pending = new Set<string>();
  for await (const changes of journalAfter(source, table, after)) {
    for (const change of changes) pending.add(byRow(sourceKeyOf(table.key, change)));
    for (const change of (await resolveKeys?.(changes)) ?? []) pending.add(byId(keyOf(table.key, change)));
    for (const text of pending) if (!wanted.has(text)) pending.delete(text);
  }
  return (difference) => pending.has(classOf(difference));
}

/** The changes that a journal shows after a position, in pages, with the source's key columns alone. */
export async function* journalAfter(
  source: Side,
  table: TablePlan,
  after: Position,
): AsyncGenerator<readonly Change[]> {
  for (let from = after + 1n; ; ) {
    const statement = source.dialect.sql.readChanges(table, from, PAGE);
    const rows = await source.db.query(statement.sql, statement.params);
    const changes = rows.map((raw): Change => {
      const key = table.key.map(({ source: column }): [string, Value] => {
        const name = column.name.toUpperCase();
        return [name, source.dialect.codec.decode(column, raw[name])];
      });
      return {
        position: BigInt(String(raw["SYNC_ID"])),
        action: String(raw["ACTION"]) as Action,
        row: Object.fromEntries(key),
      };
    });
    if (changes.length > 0) yield changes;
    const last = changes.at(-1);
    if (last === undefined || changes.length < PAGE) return;
    from = last.position + 1n;
  }
}
