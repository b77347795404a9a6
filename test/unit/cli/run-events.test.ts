import { beforeEach, expect, test } from "vitest";
import { logEvents } from "../../../src/cli/run-events.ts";
import { SyncError } from "../../../src/errors.ts";
import type { Log } from "../../../src/log.ts";

let lines: unknown[][];
let nowMs: number;
const record =
  (level: string) =>
  (...args: unknown[]): void => {
    lines.push([level, ...args]);
  };
const log = Object.fromEntries(
  ["debug", "info", "warn", "error"].map((level) => [level, record(level)]),
) as Log;
const progress = { batch: () => undefined, idle: () => undefined, close: () => undefined };

beforeEach(() => {
  lines = [];
  nowMs = 100_000;
});

test("a batch is the line that operators of WSO2's client watch, with its facts", () => {
  logEvents(log, progress).batch({
    table: "T",
    changes: 7,
    position: 9_007_199_254_740_993n,
    durationMs: 12,
  });
  expect(lines).toEqual([
    [
      "info",
      { table: "T", changes: 7, position: "9007199254740993", durationMs: 12 },
      "Fetched: 7 records for syncing for: T",
    ],
  ]);
});

test("an idle table says so at most every five seconds, each table for itself", () => {
  const events = logEvents(log, progress, () => nowMs);
  for (const pass of [0, 1_000, 3_999, 1, 4_999]) {
    nowMs += pass;
    events.idle("T");
  }
  events.idle("U");
  expect(lines).toEqual([
    ["info", { table: "T" }, "No data to sync for: T"],
    ["info", { table: "T" }, "No data to sync for: T"],
    ["info", { table: "U" }, "No data to sync for: U"],
  ]);
});

test("a hole that is waited for names the transactions that hold it", () => {
  logEvents(log, progress).blocked("T", { first: 5n, last: 5n }, 12.4, [{ holder: "42", user: "wso2" }]);
  expect(lines).toEqual([
    [
      "warn",
      { table: "T", position: "5", seconds: 12, holders: [{ holder: "42", user: "wso2" }] },
      "waiting for a transaction on the source that has not ended",
    ],
  ]);
});

test("a group that is drained but for dead letters has not stopped for good", () => {
  const error = new SyncError("DEAD_LETTERS_LEFT", { what: "T: 2 are left", next: "List them" });
  logEvents(log, progress).stopped("T", error);
  expect(lines).toEqual([
    ["warn", { group: "T", reason: "T: 2 are left" }, "all is applied but dead letters"],
  ]);
});

test("a group that stops says why", () => {
  const error = new SyncError("ROW_REFUSED", { what: "T: refused", next: "Mend it" });
  logEvents(log, progress).stopped("T", error);
  expect(lines).toEqual([
    ["error", { group: "T", code: "ROW_REFUSED", reason: "T: refused" }, "the group has stopped"],
  ]);
});
