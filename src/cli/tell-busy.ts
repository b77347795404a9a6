import type { Patience } from "../capture/patiently.ts";
import { KEY, type Log } from "../log.ts";

/** Logs each further attempt at DDL, and why the one before did not go through. */
export function tellBusy(log: Log): NonNullable<Patience["onBusy"]> {
  return ({ table, name }, attempt, reason) =>
    log.info(
      { [KEY.object]: name, [KEY.table]: table, [KEY.attempts]: attempt, [KEY.reason]: reason },
      "table is busy, trying again",
    );
}
