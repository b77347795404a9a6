import { afterEach, beforeEach, expect, test, vi } from "vitest";
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
) as unknown as Log;

afterEach(() => {
  vi.useRealTimers();
});

beforeEach(() => {
  lines = [];
  nowMs = 100_000;
});

const batch = (changes: number, position = 9n) => ({ table: "T", changes, position, durationMs: 12 });
/** The sentences alone, but for the batches that only --debug tells. */
const sentences = (): unknown[] => lines.flatMap(([level, , text]) => (level === "debug" ? [] : [text]));

test("a batch is the line that operators of WSO2's client watch, with its facts", () => {
  logEvents(log).batch(batch(7, 9_007_199_254_740_993n));
  const facts = { table: "T", changes: 7, position: "9007199254740993", durationMs: 12 };
  expect(lines).toEqual([
    ["debug", facts, "batch applied"],
    ["info", facts, "Fetched: 7 records for syncing for: T"],
  ]);
});

test("batches of a table are one line every five seconds, with their sum, and none is left out of it", () => {
  vi.useFakeTimers();
  const events = logEvents(log, undefined, () => nowMs);
  const pass = (ms: number): void => {
    nowMs += ms;
    vi.advanceTimersByTime(ms);
  };
  events.batch(batch(100));
  for (let i = 0; i < 70; i++) {
    pass(100);
    events.batch(batch(100, BigInt(i)));
  }
  expect(sentences()).toEqual([
    "Fetched: 100 records for syncing for: T",
    "Fetched: 4900 records for syncing for: T",
  ]);
  expect(lines.at(-22)).toEqual([
    "info",
    { table: "T", changes: 4_900, position: "48", durationMs: 588 },
    "Fetched: 4900 records for syncing for: T",
  ]);
  // Nothing more comes for a while: it is told all the same.
  pass(5_000);
  events.batch(batch(3));
  expect(sentences().slice(2)).toEqual(["Fetched: 2100 records for syncing for: T"]);
  events.idle("T");
  expect(sentences().slice(3)).toEqual(["Fetched: 3 records for syncing for: T", "No data to sync for: T"]);
  events.batch(batch(4));
  events.close();
  expect(sentences().slice(5)).toEqual(["Fetched: 4 records for syncing for: T"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("an idle table says so at most every five seconds, each table for itself", () => {
  const events = logEvents(log, undefined, () => nowMs);
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
  logEvents(log).blocked("T", { first: 5n, last: 5n }, 12.4, [{ holder: "42", user: "wso2" }]);
  expect(lines).toEqual([
    [
      "warn",
      { table: "T", position: "5", seconds: 12, holders: [{ holder: "42", user: "wso2" }] },
      "waiting for a transaction on the source that has not ended",
    ],
  ]);
});

test("a wait has an end, and what waits for its parents says so", () => {
  const events = logEvents(log);
  events.parentsFirst("IDN_OAUTH2_ACCESS_TOKEN_SCOPE", "IDN_OAUTH2_ACCESS_TOKEN");
  events.unblocked("T", 61.2);
  expect(lines).toEqual([
    [
      "info",
      { table: "IDN_OAUTH2_ACCESS_TOKEN_SCOPE", parent: "IDN_OAUTH2_ACCESS_TOKEN" },
      "rows of IDN_OAUTH2_ACCESS_TOKEN_SCOPE wait for those of IDN_OAUTH2_ACCESS_TOKEN that they refer to",
    ],
    ["info", { table: "T", seconds: 61 }, "the transaction that was waited for has ended"],
  ]);
});

test("a group that is drained but for dead letters has not stopped for good", () => {
  const error = new SyncError("DEAD_LETTERS_LEFT", { what: "T: 2 are left", next: "List them" });
  logEvents(log).stopped("T", error);
  expect(lines).toEqual([
    ["warn", { group: "T", reason: "T: 2 are left" }, "all is applied but dead letters"],
  ]);
});

test("a group that stops says why", () => {
  const error = new SyncError("ROW_REFUSED", { what: "T: refused", next: "Mend it" });
  logEvents(log).stopped("T", error);
  expect(lines).toEqual([
    ["error", { group: "T", code: "ROW_REFUSED", reason: "T: refused" }, "the group has stopped"],
  ]);
});
