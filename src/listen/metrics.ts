/** The metrics of a run: a view of its last look, as everything else that it serves. */
import type { TableStatus } from "../status/table-status.ts";
import type { View } from "../status/watch.ts";
import { readVersion } from "../version.ts";
import { type Labels, type Metric, metricText } from "./metric-text.ts";

/** As text; before the first look it tells only that there was none. */
export function metricsOf(view: View | undefined): string {
  const about: Metric[] = [
    gauge("sync_tool_info", "The version of sync-tool.", [{ labels: { version: readVersion() }, value: 1 }]),
    gauge("sync_tool_up", "1 when the last look at both databases succeeded, 0 when what is told is old.", [
      { value: view !== undefined && !view.report.stale },
    ]),
  ];
  return metricText(
    view === undefined ? about : [...about, ...ofRun(view), ...ofTables(view), ...ofGroups(view)],
  );
}

function ofRun({ report, ageSeconds }: View): readonly Metric[] {
  const { verified, safeToSwitch, serving } = report;
  return [
    gauge("sync_tool_look_timestamp_seconds", "When that was, in seconds since 1970: `at` of /status.json.", [
      { value: Date.parse(report.at) / 1000 },
    ]),
    gauge("sync_tool_look_age_seconds", "Seconds since both databases were last looked at.", [
      { value: ageSeconds },
    ]),
    gauge("sync_tool_safe_to_switch", "1 when everything has arrived, as `sync-tool status` says it.", [
      { value: safeToSwitch },
    ]),
    gauge(
      "sync_tool_serving",
      "With a way back: 1 for the side that serves users.",
      serving === undefined
        ? []
        : ["blue", "green"].map((side) => ({ labels: { side }, value: serving.side === side })),
    ),
    gauge(
      "sync_tool_verified",
      "What the last verify of a schema found: 1 for its result.",
      verified.flatMap(({ schema, result }) =>
        result === null ? [] : [{ labels: { schema, result }, value: 1 }],
      ),
    ),
    gauge(
      "sync_tool_verified_age_seconds",
      "Seconds since the last verify of a schema ended.",
      verified.map(({ schema, secondsAgo }) => ({
        labels: { schema },
        value: secondsAgo === null ? null : secondsAgo + ageSeconds,
      })),
    ),
  ];
}

function ofTables({ report, applied, holeSeconds }: View): readonly Metric[] {
  const { tables, direction } = report;
  const each = (
    name: string,
    help: string,
    value: (table: TableStatus) => number | boolean | null,
    type: Metric["type"] = "gauge",
  ): Metric => ({
    name,
    type,
    help,
    samples: tables.map((table) => ({ labels: labelsOf(table, direction), value: value(table) })),
  });
  return [
    each("sync_tool_captured", "1 when every change of the table is captured.", (one) => one.captured),
    each("sync_tool_pending_changes", "Changes that are not applied.", (one) => one.pending),
    each(
      "sync_tool_pending_is_estimate",
      "1 when there are more than are counted.",
      (one) => one.pendingIsEstimate,
    ),
    gauge(
      "sync_tool_throttled",
      "1 while a pause or a throttle query holds the run of the table back; reason says which, empty where nothing does.",
      tables.map((one) => ({
        labels: { ...labelsOf(one, direction), reason: one.throttle?.reason ?? "" },
        value: one.throttle !== null,
      })),
    ),
    each(
      "sync_tool_waits_for_parents",
      "1 while tables that its rows refer to come first.",
      (one) => one.waitsFor.length > 0,
    ),
    each("sync_tool_lag_seconds", "Age of the oldest change that is not applied.", (one) => one.lagSeconds),
    each("sync_tool_applied_changes_total", "Changes that this process has applied.", applied, "counter"),
    each(
      "sync_tool_applied_changes_per_second",
      "Changes per second of late, as who works on the table said last.",
      (one) => one.appliedPerSecond,
    ),
    each(
      "sync_tool_open_hole_age_seconds",
      "Seconds for which a transaction of the source is waited for; 0 without one.",
      holeSeconds,
    ),
    each(
      "sync_tool_dropped_changes",
      "Changes given up by conflictPolicy=keep-target.",
      (one) => one.dropped,
    ),
    each("sync_tool_gap", "1 when changes may be missing that no journal holds.", (one) => one.gap !== null),
    each("sync_tool_problems", "What else keeps the table from being in step.", (one) => one.problems.length),
    gauge(
      "sync_tool_dead_letters",
      "Changes that the target refused, by its code; code is empty where there are none.",
      tables.flatMap((table) => {
        const labels = labelsOf(table, direction);
        const codes = Object.entries(table.deadLettersByCode);
        return codes.length === 0
          ? [{ labels: { ...labels, code: "" }, value: 0 }]
          : codes.map(([code, value]) => ({ labels: { ...labels, code }, value }));
      }),
    ),
  ];
}

function ofGroups({ report, ageSeconds }: View): readonly Metric[] {
  const { tables, direction } = report;
  const groups = [...new Map(tables.map((table) => [`${table.schema}/${table.group}`, table])).values()];
  const labels = ({ schema, group }: TableStatus): Labels => ({ schema, group, direction });
  return [
    gauge(
      "sync_tool_group_stopped",
      "1 when a group has stopped for good; code says why.",
      groups.map((one) => ({
        labels: { ...labels(one), code: one.stopped?.code ?? "" },
        value: one.stopped !== null,
      })),
    ),
    gauge(
      "sync_tool_group_stopped_timestamp_seconds",
      "Since when, in seconds since 1970.",
      groups.flatMap((one) =>
        one.stopped === null ? [] : [{ labels: labels(one), value: Date.parse(one.stopped.since) / 1000 }],
      ),
    ),
    gauge(
      "sync_tool_last_error_timestamp_seconds",
      "When the runner of a group last met a failure that it tried again, in seconds since 1970.",
      groups.flatMap((one) =>
        one.lastError === null
          ? []
          : [
              {
                labels: { ...labels(one), code: one.lastError.code },
                value: Date.parse(one.lastError.at) / 1000,
              },
            ],
      ),
    ),
    gauge(
      "sync_tool_runner_info",
      "Who holds the lock of a group, and works on it.",
      groups.flatMap((one) =>
        one.runner === null
          ? []
          : [{ labels: { ...labels(one), host: one.runner.host, pid: String(one.runner.pid) }, value: 1 }],
      ),
    ),
    gauge(
      "sync_tool_runner_moved_seconds",
      "Seconds since the runner of a group last said that it moves, which it does every ten.",
      groups.flatMap((one) =>
        one.runner === null ? [] : [{ labels: labels(one), value: one.runner.movedSecondsAgo + ageSeconds }],
      ),
    ),
  ];
}

const labelsOf = ({ schema, table }: TableStatus, direction: string): Labels => ({
  schema,
  table,
  direction,
});

const gauge = (name: string, help: string, samples: Metric["samples"]): Metric => ({
  name,
  type: "gauge",
  help,
  samples,
});
