import { KEY, type Log } from "../log.ts";
import type { RunEvents } from "../run/events.ts";
import type { BatchReport } from "../run/table-sync.ts";
import { AFTER_GAP } from "../state/gap.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";
import { batchSums } from "./batch-sums.ts";

/** An idle table says so at most this often. */
const IDLE_LOG_MS = 5_000;

/** Events that have to be closed: what was summed up is written then. */
export type LoggedEvents = RunEvents & { readonly close: () => void };

/**
 * Writes what a run does to the log. The sentences about fetched records and missing data are those that operators of WSO2's
 * own client were told to watch; the first one counts what was applied since the last one of its table.
 */
export function logEvents(
  log: Log,
  onBatch: (report: BatchReport) => void = () => undefined,
  now: Clock = monotonic,
): LoggedEvents {
  const idleLoggedAt = new Map<string, number>();
  const sums = batchSums(({ table, changes, position, durationMs }) => {
    log.info(
      {
        [KEY.table]: table,
        [KEY.changes]: changes,
        [KEY.position]: position.toString(),
        [KEY.durationMs]: durationMs,
      },
      `Fetched: ${changes} records for syncing for: ${table}`,
    );
  }, now);
  return {
    close: sums.close,
    batch(report) {
      const { table, changes, position, durationMs } = report;
      onBatch(report);
      log.debug(
        {
          [KEY.table]: table,
          [KEY.changes]: changes,
          [KEY.position]: position.toString(),
          [KEY.durationMs]: durationMs,
        },
        "batch applied",
      );
      sums.add(report);
    },
    idle(table) {
      sums.flush(table);
      const before = idleLoggedAt.get(table);
      if (before !== undefined && now() - before < IDLE_LOG_MS) return;
      idleLoggedAt.set(table, now());
      log.info({ [KEY.table]: table }, `No data to sync for: ${table}`);
    },
    blocked(table, hole, seconds, holders) {
      log.warn(
        {
          [KEY.table]: table,
          [KEY.position]: hole.first.toString(),
          [KEY.seconds]: Math.round(seconds),
          [KEY.holders]: holders,
        },
        "waiting for a transaction on the source that has not ended",
      );
    },
    unblocked(table, seconds) {
      log.info(
        { [KEY.table]: table, [KEY.seconds]: Math.round(seconds) },
        "the transaction that was waited for has ended",
      );
    },
    parentsFirst(table, parent) {
      log.info(
        { [KEY.table]: table, parent },
        `rows of ${table} wait for those of ${parent} that they refer to`,
      );
    },
    deadLetter(table, position, error) {
      log.error(
        {
          [KEY.table]: table,
          [KEY.position]: position.toString(),
          [KEY.reason]: error.reason,
          [KEY.code]: error.code,
        },
        "a change was set aside: the target refuses it",
      );
    },
    madeUpHashes(table, rows) {
      log.info(
        { [KEY.table]: table, [KEY.changes]: rows },
        "rows were written with a scope hash made up, as WSO2's migration does: the target's CON_APP_KEY allows one ACTIVE token of a user, application and scope, the source's any number; the tokens stay valid",
      );
    },
    lateChange(table, position) {
      log.warn(
        { [KEY.table]: table, [KEY.position]: position.toString() },
        "a change came late, at a position that was taken for rolled back; it is applied",
      );
    },
    dropped(table, changes, position, total) {
      log.warn(
        { [KEY.table]: table, [KEY.changes]: changes, [KEY.position]: position.toString(), total },
        "changes were dropped, as conflictPolicy=keep-target says",
      );
    },
    gap(table, text) {
      log.error({ [KEY.table]: table, next: AFTER_GAP }, text);
    },
    standby(group) {
      log.info({ [KEY.group]: group }, "another runner syncs this group; waiting as standby");
    },
    takenOver(group) {
      log.info({ [KEY.group]: group }, "taken over from another runner");
    },
    retrying(group, reason, code) {
      log.warn({ [KEY.group]: group, [KEY.reason]: reason, [KEY.code]: code }, "a failure is tried again");
    },
    recovered(group, attempts, seconds) {
      log.info(
        { [KEY.group]: group, [KEY.attempts]: attempts, [KEY.seconds]: Math.round(seconds) },
        "recovered",
      );
    },
    stopped(group, error) {
      // The end that `--until-drained` asked for.
      if (error.code === "DEAD_LETTERS_LEFT") {
        log.warn({ [KEY.group]: group, [KEY.reason]: error.message }, "all is applied but dead letters");
        return;
      }
      log.error(
        { [KEY.group]: group, [KEY.code]: error.code, [KEY.reason]: error.message },
        "the group has stopped",
      );
    },
  };
}
