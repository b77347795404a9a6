import { expect, test } from "vitest";
import { formatLine } from "../../src/log-line.ts";

test("a log line for people has the time, the level, the message and the facts", () => {
  const json = JSON.stringify({
    level: "info",
    time: "2021-03-04T05:06:07.890Z",
    table: "IDN_IDENTITY_USER_DATA",
    changes: 12,
    holders: [{ holder: "42" }],
    reason: "the row changed",
    msg: "batch applied",
  });
  expect(formatLine(json)).toBe(
    '05:06:07 info  batch applied table=IDN_IDENTITY_USER_DATA changes=12 holders=[{"holder":"42"}] reason="the row changed"',
  );
});

test("what the sentence says is not said again, and a long line goes on below its beginning", () => {
  const json = JSON.stringify({
    level: "info",
    time: "2021-03-04T05:06:07.890Z",
    table: "IDN_OAUTH2_ACCESS_TOKEN",
    changes: 98_900,
    position: "123456789",
    durationMs: 4_912,
    msg: "Fetched: 98900 records for syncing for: IDN_OAUTH2_ACCESS_TOKEN",
  });
  const first = "05:06:07 info  Fetched: 98900 records for syncing for: IDN_OAUTH2_ACCESS_TOKEN";
  expect(formatLine(json)).toBe(`${first} position=123456789 durationMs=4912`);
  expect(formatLine(json, 80)).toBe(`${first}\n               position=123456789 durationMs=4912`);
});

test("a log line without facts ends with its message", () => {
  expect(formatLine('{"level":"error","time":"2021-03-04T05:06:07.890Z","msg":"run ends"}')).toBe(
    "05:06:07 error run ends",
  );
});
