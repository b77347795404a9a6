import { describe, expect, test } from "vitest";
import { formatStatus } from "../../../src/cli/status-text.ts";
import { report, table } from "../listen/report.ts";

const runner = { host: "sync1", pid: 4711, since: "2026-01-31T22:00:00.000Z", movedSecondsAgo: 3 };
const behind = report({
  safeToSwitch: false,
  verified: [{ schema: "identity", result: null, secondsAgo: null }],
  reasons: ["IDN_OAUTH2_ACCESS_TOKEN: about 130,000 changes are pending"],
  tables: [
    table({
      pending: 130_000,
      pendingIsEstimate: true,
      lagSeconds: 754,
      appliedPerSecond: 1_987.6,
      runner,
    }),
    table({
      table: "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
      pending: 45_000,
      lagSeconds: 440,
      appliedPerSecond: 0,
      waitsFor: ["IDN_OAUTH2_ACCESS_TOKEN"],
      runner,
    }),
  ],
});
const failed = {
  at: "2026-01-31T23:50:00.000Z",
  code: "08006",
  reason: "source PostgreSQL: the connection was lost",
};
const lines = (text: string): readonly string[] => text.split("\n");

describe("status", () => {
  test("tells when, who, how far, how fast, how long, and what to do next, in 80 columns", () => {
    const text = formatStatus(behind, ({ pending }) => (pending === 130_000 ? 65 : null), 80);
    expect(lines(text)).toEqual([
      "seen 2026-01-31 23:59:59 UTC, from blue to green; phase: running",
      "run by: 4711@sync1 since 2026-01-31 22:00:00 UTC, moved 3 s ago",
      "",
      "TABLE                           PENDING  OLDEST     RATE  TO DRAIN  STATE",
      "IDN_OAUTH2_ACCESS_TOKEN        ~130,000  13 min  1,988/s      65 s  running",
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE    45,000   7 min      0/s         -  parents",
      "",
      "safe to switch: no",
      "  - IDN_OAUTH2_ACCESS_TOKEN: about 130,000 changes are pending",
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE waits for IDN_OAUTH2_ACCESS_TOKEN",
      "verified: identity: not yet",
      "next: wait",
    ]);
    expect(lines(formatStatus(behind, () => "grows", 120))[4]).toMatch(/ grows +7 {2}running$/);
  });

  test("fits the terminal with a transaction that is waited for, a stop and a dropped change", () => {
    const held = table({
      pending: 7,
      openHole: { first: "9007199254740993", last: "9007199254740993" },
      holders: [1, 2, 3].map((i) => ({ holder: `process 3133${i}`, user: "wso2carbon", ageSeconds: 62 })),
      dropped: 12,
      runner,
    });
    const why =
      "its run stopped for good at 2026-01-31T22:00:00.000Z: the column TOKEN_SCOPE_HASH is gone [X]";
    const text = formatStatus(
      report({ tables: [held], safeToSwitch: false, reasons: [why] }),
      () => null,
      80,
    );
    for (const line of lines(text)) expect(line.length, line).toBeLessThanOrEqual(80);
    expect(text.replaceAll(/\n +/g, " ")).toContain(
      "position 9007199254740993 is held by process 31331 wso2carbon for 62 s, process 31332 wso2carbon for 62 s, and 1 more",
    );
  });

  const hole = {
    openHole: { first: "1001", last: "1001" },
    holders: [{ holder: "process 31337", user: "wso2carbon", ageSeconds: 62 }],
  };
  const stale = "stale: target: connect ECONNREFUSED 10.0.0.7:5432; what stands above was seen 61 s ago";
  test.each([
    ["200,000 pending", {}, {}, /about 200,000 changes are pending/, /running/],
    ["green killed", { stale: true, reasons: [stale] }, {}, /stale: target: connect ECONNREFUSED/, /running/],
    ["blue restarted", {}, { runner, lastError: failed }, /last error: 2026-01-31 23:50:00 UTC/, /running/],
    ["a hole open for a minute", {}, hole, /held by process 31337 wso2carbon for 62 s/, /waits/],
    ["nobody at work", {}, { runner: null }, /run by: nobody/, /nobody/],
  ])("%s: in 80 and in 120 columns nothing wraps, and it says so", (_, about, own, words, state) => {
    const seen = report({
      ...{ safeToSwitch: false, reasons: ["IDN_OAUTH2_ACCESS_TOKEN: about 200,000 changes are pending"] },
      tables: [
        table({ pending: 200_000, pendingIsEstimate: true, lagSeconds: 754, runner, ...own }),
        table({ table: "IDN_OAUTH2_ACCESS_TOKEN_SCOPE", pending: 45_000, runner, ...own }),
      ],
      ...about,
    });
    for (const width of [80, 120]) {
      const text = formatStatus(seen, () => 65, width);
      for (const line of lines(text)) expect(line.length, line).toBeLessThanOrEqual(width);
      expect(text).toContain("~200,000");
      expect(text).toContain("safe to switch: no");
      expect(text.replaceAll(/\n +/g, " ")).toMatch(words);
      expect(lines(text).find((line) => line.startsWith("IDN_OAUTH2_ACCESS_TOKEN "))).toMatch(state);
    }
  });

  test("tells once what the runner of several tables has met and tried again", () => {
    const tables = behind.tables.map((one) => ({ ...one, lastError: failed }));
    expect(lines(formatStatus({ ...behind, tables }, () => null, 120)).slice(1, 4)).toEqual([
      "run by: 4711@sync1 since 2026-01-31 22:00:00 UTC, moved 3 s ago",
      "last error: 2026-01-31 23:50:00 UTC, source PostgreSQL: the connection was lost [08006], tried again",
      "",
    ]);
  });

  test("tells no ages of what is stale, and says nobody where nobody is at work", () => {
    const text = formatStatus(
      { ...behind, stale: true, tables: [table({ runner: null })], phase: null },
      () => 0,
    );
    expect(text).not.toContain("verified:");
    const long = `${"a reason as long as they come; ".repeat(9)}[X]`;
    const piped = formatStatus({ ...behind, reasons: [long] }, () => null);
    expect(piped, "whoever reads it from a pipe finds each reason in one line").toContain(long);
    expect(text).toContain("phase: not prepared\nrun by: nobody\n");
  });
});
