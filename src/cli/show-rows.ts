/** What `verify` and `copy` show at the bottom of a terminal. */
import type { TablePlan } from "../contract/sync-plan.ts";
import { aboutRows } from "../copy/about-rows.ts";
import { firstThatFits } from "../util/shorten.ts";
import { whole } from "../util/whole.ts";
import type { SourceContext } from "./connected.ts";
import type { Terminal } from "./context.ts";
import { progressWidth } from "./output.ts";
import { type RowsRead, rowsProgress } from "./rows-progress.ts";

/** Gives what shows how far the rows of these tables are; nothing is asked where nobody looks. */
export async function showRows(
  { isTerminal, showProgress }: Terminal,
  source: SourceContext["source"],
  tables: readonly TablePlan[],
): Promise<(table: string, read: RowsRead) => void> {
  if (!isTerminal) return () => undefined;
  const about = new Map<string, number | undefined>();
  for (const table of tables) about.set(table.name, await aboutRows(source, table));
  const say = rowsProgress(about);
  return (table, read) => showProgress(say(table, read, progressWidth()));
}

/** All is read, and rows that differ are looked at again when the changes that are on their way to them have come. */
export function waitText(table: string, rows: number, width: number): string {
  const waits = `waiting for changes on their way to ${whole(rows)} row${rows === 1 ? "" : "s"}`;
  return firstThatFits([`${table}: all is read, ${waits}`, `${table}: ${waits}`, waits, "waiting"], width);
}

/** The servers count what was read in pages. */
export const countText = (table: string, width: number): string =>
  firstThatFits(
    [`${table}: all is read, both servers count its rows`, `${table}: counting`, "counting"],
    width,
  );
