import { describe, expect, test } from "vitest";
import type { ConnectionSettings } from "../../../src/config/sync-config.ts";
import type { FactScope } from "../../../src/contract/fact.ts";
import { freeDiskFact, oldTransactionsFact, tlsFact } from "../../../src/dialect/shared-facts.ts";

const ask = { sql: "SELECT 1", params: [] };

describe("the connection's encryption", () => {
  const scope = (settings: Partial<ConnectionSettings>): FactScope => ({
    side: "source",
    tables: [],
    isPrepared: false,
    present: new Set(),
    settings: {
      ...{ type: "postgres", hosts: [{ host: "blue.example", port: 1 }], user: "u", password: "p" },
      ...{ tls: { mode: "disable" }, connectTimeoutMs: 1, pool: { max: 1, acquireTimeoutMs: 1 } },
      ...settings,
    },
  });
  const judge = (encryption: string | undefined, settings: Partial<ConnectionSettings> = {}) =>
    tlsFact(scope(settings), { ask, encryption: () => encryption, advice: "Set it" }).judge([{}]);

  test("is a warning where there is none to another host, with the setting that makes it", () => {
    expect(judge(undefined)).toEqual({
      status: "warn",
      found: "none: tokens cross the network readable",
      wanted: "an encrypted connection",
      advice: "Set it",
    });
    const hosts = [
      { host: "127.0.0.1", port: 1 },
      { host: "blue.example", port: 1 },
    ];
    expect(judge(undefined, { hosts }).status).toBe("warn");
  });

  test("is not missed on this machine, and named where it is there", () => {
    expect(judge(undefined, { hosts: [{ host: "localhost", port: 1 }] }).status).toBe("ok");
    expect(judge(undefined, { socketPath: "/run/db.sock" }).status).toBe("ok");
    expect(judge("TLSv1.3")).toMatchObject({ status: "ok", found: "TLSv1.3" });
  });
});

describe("transactions older than capture", () => {
  const fact = oldTransactionsFact({
    ask,
    name: (row) => `session ${String(row["id"])}`,
    untold: { advice: "Grant it" },
  });

  test("are named with their ages", () => {
    expect(fact.judge([])).toMatchObject({ status: "ok", found: "none" });
    const rows = [
      { id: 7, age: 61 },
      { id: 8, age: "5" },
    ];
    expect(fact.judge(rows)).toMatchObject({ status: "warn", found: "session 7, 61 s; session 8, 5 s" });
  });

  test("are unknown, for the reason that the database gives, where they are not shown", () => {
    expect(fact.refused?.("a privilege is missing")).toMatchObject({
      status: "unknown",
      found: "a privilege is missing",
      advice: "Grant it",
    });
  });

  test("stand in the way of the copy that the database is carried over by", () => {
    const copy = { what: "export", which: "an export (not a BACKUP)" };
    expect(oldTransactionsFact({ ask, name: () => "x", copy }).judge([{ age: 1 }])).toMatchObject({
      wanted: "none: an export (not a BACKUP) that began before `prepare` ended misses changes",
      advice: "Wait for them to end before the export begins; if one of them is the export, take it again",
    });
  });
});

describe("free disk space", () => {
  const fact = freeDiskFact(ask, { found: "the server does not tell", advice: "Look at it" });

  test("below a tenth is a warning", () => {
    expect(fact.judge([{ free: "9" }])).toMatchObject({ status: "warn", found: "9 %" });
    expect(fact.judge([{ free: 10 }])).toMatchObject({ status: "ok", found: "10 %" });
  });

  test("that nobody tells is unknown", () => {
    expect(fact.judge([]).status).toBe("unknown");
    expect(fact.judge([{ free: null }]).status).toBe("unknown");
    expect(fact.refused?.("a table does not exist")).toMatchObject({
      status: "unknown",
      found: "the server does not tell",
    });
  });
});
