import type { TableSchema } from "../contract/table-schema.ts";

/** Whether a journal has the column for the time of capture, and its default: an upgrade may have ended between the two. */
export function timesCapture(journal: TableSchema | undefined): boolean {
  return journal?.columns.some(({ name, default: by }) => name === "CAPTURED_AT" && by !== null) ?? false;
}
