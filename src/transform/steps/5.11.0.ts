import type { Step } from "../step.ts";
import { VALUE_COLUMNS } from "../stored-value.ts";

/**
 * 5.11.0 encrypts with a symmetric key. Plain tokens stay as they are; the step is here to have stored
 * tokens and secrets read, and those that 5.11.0 could not decrypt refused or encrypted anew by the reader.
 */
export const step: Step = {
  version: "5.11.0",
  title: "stored tokens and secrets readable by 5.11.0",
  forTable: (table) =>
    VALUE_COLUMNS.has(table) ? { readsValues: true, transform: (row) => ({ row }) } : undefined,
};
