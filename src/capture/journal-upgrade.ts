import type { Dialect } from "../contract/dialect.ts";
import type { CaptureState } from "./capture-state.ts";

/** What brings a journal that is there up to date: the time of capture, and columns that its table has been given since. */
export function journalUpgrade(
  { ddl }: Dialect,
  { table, journalLacks, journalLacksTime }: CaptureState,
): readonly string[] {
  const { journal } = table.names;
  return [
    ...(journalLacksTime ? ddl.addCaptureTime(journal) : []),
    ...journalLacks.flatMap((column) => ddl.addJournalColumn(journal, column)),
  ];
}
