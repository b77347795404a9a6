import { afterEach, describe, expect, test } from "vitest";
import { runScreen } from "../../../src/cli/run-screen.ts";
import type { StatusReport } from "../../../src/status/status.ts";
import type { TableStatus } from "../../../src/status/table-status.ts";
import { report, table, type Watched, watched } from "../listen/report.ts";

const SELF = { host: "sync1", pid: 4711 };
const SIZES = [
  { width: 80, height: 24 },
  { width: 120, height: 40 },
] as const;

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const CODES = "IDN_OAUTH2_AUTHORIZATION_CODE";
const DATA = "IDN_IDENTITY_USER_DATA";

const runner = { ...SELF, since: "2026-01-31T22:00:00.000Z", movedSecondsAgo: 1 };
const tables = (pending: readonly number[], about: Partial<TableStatus> = {}): StatusReport =>
  report({
    safeToSwitch: false,
    tables: [DATA, TOKENS, SCOPES, CODES].map((name, i) =>
      table({
        table: name,
        pending: pending[i] ?? 0,
        pendingIsEstimate: (pending[i] ?? 0) > 100_000,
        waitsFor: name === SCOPES && (pending[1] ?? 0) > 0 ? [TOKENS] : [],
        runner,
        ...(name === TOKENS ? about : {}),
      }),
    ),
  });

let one: Watched | undefined;
let nowMs = 0;
afterEach(async () => {
  await one?.stop();
  one = undefined;
});

const pendingTokens = ({ tables }: StatusReport): number =>
  tables.find((one) => one.table === TOKENS)?.pending ?? 0;

/** As the runner says it. */
const withRate = (seen: StatusReport, rate: number): StatusReport => ({
  ...seen,
  tables: seen.tables.map((one) => ({ ...one, appliedPerSecond: one.table === TOKENS ? rate : 0 })),
});

/** What is shown after these looks, ten seconds between them. */
async function afterLooks(...looks: readonly StatusReport[]): Promise<readonly (readonly string[])[]> {
  return await screensAfter(looks, 3_600);
}

async function screensAfter(
  looks: readonly StatusReport[],
  runsForSeconds: number,
): Promise<readonly (readonly string[])[]> {
  nowMs = 1_000_000;
  const [first, ...rest] = looks;
  if (first === undefined) throw new Error("no look");
  one = await watched(first, () => nowMs, runsForSeconds);
  let before = { pending: pendingTokens(first), atMs: nowMs };
  for (const look of rest) {
    nowMs += 10_000;
    const rate = ((before.pending - pendingTokens(look)) * 1_000) / (nowMs - before.atMs);
    if (!look.stale) before = { pending: pendingTokens(look), atMs: nowMs };
    await one.look(withRate(look, rate));
  }
  const screens = SIZES.map((size) => runScreen(one?.watch.view(), { ...size, self: SELF }));
  for (const [i, lines] of screens.entries()) {
    for (const line of lines) expect(line.length, line).toBeLessThan(SIZES[i]?.width ?? 0);
    expect(lines.length).toBeLessThanOrEqual((SIZES[i]?.height ?? 0) - 8);
  }
  return screens;
}

describe("What run shows on a terminal", () => {
  test("200,000 pending: the worst table first, how much is done, how fast, how long", async () => {
    const [narrow, wide] = await afterLooks(
      tables([5_000, 150_000, 45_000, 0]),
      tables([4_000, 130_000, 45_000, 0]),
    );
    expect(narrow).toEqual([
      "running: ~179,000 pending, 10 % done, 2,000/s, 85 s left",
      "IDN_OAUTH2_ACCESS_TOKEN       [.....]  13 %  ~130,000  2,000/s    65 s running",
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE [.....]   0 %    45,000      0/s       ? parents",
      "  waits for IDN_OAUTH2_ACCESS_TOKEN",
      "IDN_IDENTITY_USER_DATA        [.....]  19 %     4,000      0/s    40 s running",
      "IDN_OAUTH2_AUTHORIZATION_CODE [#####] 100 %         0      0/s         in step",
    ]);
    expect(wide?.slice(0, 3)).toEqual([
      "running: ~179,000 pending, 10 % done, 2,000/s, 85 s left",
      "IDN_OAUTH2_ACCESS_TOKEN       [###.....................]  13 %  ~130,000  2,000/s    65 s running",
      "IDN_OAUTH2_ACCESS_TOKEN_SCOPE [........................]   0 %    45,000      0/s       ? waits for its parents",
    ]);
  });

  test("green down: DOWN, since when and why, and never a yes; when it is back, it goes on", async () => {
    const behind = tables([0, 130_000, 0, 0]);
    const why = "stale: target: connect ECONNREFUSED 10.0.0.7:5432; what stands above was seen 61 s ago";
    const [narrow, wide] = await afterLooks(behind, { ...behind, stale: true, reasons: [why] });
    expect(narrow?.[0]).toBe("DOWN since 23:59:59 UTC: target: connect ECONNREFUSED 10.0.0.7:5432");
    expect(wide?.[0]).toBe(
      "DOWN since 23:59:59 UTC, below is what was seen then: target: connect ECONNREFUSED 10.0.0.7:5432",
    );
    expect(narrow?.[1]).toContain("~130,000");
    await one?.look(behind);
    const back = runScreen(one?.watch.view(), { width: 80, height: 24, self: SELF });
    expect(back[0]).toMatch(/^running: ~130,000 pending/);
  });

  test("blue restarted: what had been done before counts on", async () => {
    const gone = {
      ...tables([0, 9_000, 0, 0]),
      stale: true,
      reasons: ["stale: source: the database system is starting up"],
    };
    const [narrow] = await afterLooks(
      tables([0, 10_000, 0, 0]),
      tables([0, 9_000, 0, 0]),
      gone,
      tables([0, 5_000, 0, 0]),
    );
    expect(narrow?.slice(0, 2)).toEqual([
      "running: 5,000 pending, 50 % done, 200/s, 25 s left",
      "IDN_OAUTH2_ACCESS_TOKEN       [##...]  50 %     5,000    200/s    25 s running",
    ]);
  });

  test("a hole that has been open for a minute: who holds it, and for how long", async () => {
    const holder = { holder: "process 31337", user: "wso2carbon", ageSeconds: 62 };
    const [narrow, wide] = await afterLooks(
      tables([0, 900, 0, 0], { openHole: { first: "1001", last: "1001" }, holders: [holder] }),
    );
    expect(narrow?.slice(0, 3)).toEqual([
      "waiting for a transaction: 900 pending, 0 % done, 0/s, ? left",
      "IDN_OAUTH2_ACCESS_TOKEN       [.....]   0 %       900      0/s       ? waits",
      "  waits 62 s for a transaction on the source: process 31337 (wso2carbon)",
    ]);
    expect(wide?.[1]).toMatch(/ waits for a transaction$/);
  });

  test("held back, standby and stopped have words of their own", async () => {
    const throttle = {
      kind: "pause" as const,
      reason: "paused by db1: backup of blue's disk",
      since: "2026-01-31T23:50:00.000Z",
    };
    const [held] = await afterLooks(tables([0, 900, 0, 0], { throttle }));
    expect(held?.[0]).toMatch(/^held back: 900 pending/);
    expect(held?.[2]).toBe("  held back since 23:50:00 UTC: paused by db1: backup of blue's disk");
    await one?.stop();
    const other = { host: "sync2", pid: 12, since: null, movedSecondsAgo: 1 };
    expect((await afterLooks(tables([0, 0, 0, 0], { runner: other })))[0]?.[0]).toBe(
      "standby, 12@sync2 is at work: nothing pending",
    );
    await one?.stop();
    const hangs = tables([0, 9, 0, 0], { runner: { ...other, movedSecondsAgo: 180 } });
    expect((await afterLooks(hangs))[0]?.[0]).toBe(
      "standby, 12@sync2 has not moved for 3 min: 9 pending, 0 % done, 0/s, ? left",
    );
    await one?.stop();
    const stopped = { since: "2026-01-31T23:50:00.000Z", code: "SCHEMA_CHANGED", why: "a column is gone" };
    const [screen] = await afterLooks(tables([70_000, 900, 0, 0], { stopped }));
    expect(screen?.[0]).toMatch(/^STOPPED: 70,900 pending/);
    expect(screen?.slice(1, 3)).toEqual([
      "IDN_OAUTH2_ACCESS_TOKEN       [.....]   0 %       900      0/s       ? stopped",
      "  stopped: a column is gone [SCHEMA_CHANGED]",
    ]);
  });

  test("the first frame says that the run begins, not that nobody works, until it has said that it does", async () => {
    const first = tables([0, 900, 0, 0], { runner: null });
    const none = {
      ...first,
      tables: first.tables.map((one) => ({ ...one, runner: null, appliedPerSecond: null })),
    };
    const [narrow, wide] = await screensAfter([none], 1);
    expect(narrow?.slice(0, 2)).toEqual([
      "the run begins: 900 pending, 0 % done, ? left",
      "IDN_OAUTH2_ACCESS_TOKEN       [.....]   0 %       900        -       ? begins",
    ]);
    expect(wide?.[1]).toMatch(/ the run begins$/);
    await one?.stop();
    // One that was killed a moment ago, or goes on: the lock will tell.
    const killed = { host: "sync1", pid: 4000, since: null, movedSecondsAgo: 4 };
    const left = {
      ...first,
      tables: first.tables.map((one) => ({ ...one, runner: killed, appliedPerSecond: null })),
    };
    expect((await screensAfter([left], 1))[0]?.[0]).toBe(
      "the run begins, 4000@sync1 moved 4 s ago: 900 pending, 0 % done, ? left",
    );
    await one?.stop();
    const [after] = await screensAfter([none, tables([0, 900, 0, 0])], 1);
    expect(after?.[0]).toMatch(/^running: /);
    await one?.stop();
    const [late] = await afterLooks(none);
    expect(late?.[1]).toMatch(/ nobody$/);
  });

  test("the last failure that was tried again stands below the tables, whole where it fits", async () => {
    const failed = {
      at: "2026-01-31T23:58:00.000Z",
      code: "ECONNRESET",
      reason:
        "source PostgreSQL: the connection to 10.0.0.7:5432 was lost while a batch of 12,345 rows was read",
    };
    const seen = tables([0, 900, 0, 0], { lastError: failed });
    const [narrow, wide] = await afterLooks(seen);
    expect(narrow?.at(-1)).toBe(
      "last error 23:58:00 UTC: source PostgreSQL: the connection to 10.0.0.7:5432…",
    );
    expect(wide?.at(-1)).toBe(
      "last error 23:58:00 UTC: source PostgreSQL: the connection to 10.0.0.7:5432 was lost while a batch of 12,345 rows was…",
    );
    await one?.stop();
    const short = { ...failed, reason: "target: deadlock", at: "2026-01-30T08:00:00.000Z" };
    const older = { ...failed, at: "2026-01-29T08:00:00.000Z" };
    const [, two] = await afterLooks({
      ...seen,
      tables: seen.tables.map((one, i) => ({ ...one, lastError: i === 2 ? older : short })),
    });
    expect(two?.at(-1)).toBe(
      "last error 2026-01-30 08:00:00 UTC, tried again: target: deadlock [ECONNRESET]",
    );
    for (const height of [8, 11, 12, 24]) {
      const lines = runScreen(one?.watch.view(), { width: 80, height, self: SELF });
      expect(lines.length).toBeLessThanOrEqual(Math.max(2, height - 8));
      expect(lines.some((line) => line.startsWith("last error"))).toBe(height >= 12);
    }
  });

  test("nothing wraps and no number is cut, however narrow the terminal and however many the tables", async () => {
    const many = Array.from({ length: 30 }, (_, i) =>
      table({ table: `${CODES}_${i}`, pending: 1_234_567 * i, pendingIsEstimate: i > 0, runner }),
    );
    await afterLooks(report({ safeToSwitch: false, tables: many }));
    const figures = new Set(many.map(({ pending }) => (pending ?? 0).toLocaleString("en-US")));
    const total = many.reduce((sum, { pending }) => sum + (pending ?? 0), 0).toLocaleString("en-US");
    for (let width = 24; width <= 140; width++) {
      const lines = runScreen(one?.watch.view(), { width, height: 24, self: SELF });
      expect(lines).toHaveLength(12);
      expect(lines.at(-1)).toMatch(width > 50 ? /^and 20 more tables, [\d,]+ pending$/ : /^and 20 more/);
      for (const line of lines) {
        expect(line.length, line).toBeLessThan(width);
        for (const figure of line.match(/\d+(,\d+)+/g) ?? [])
          expect(figures.has(figure) || figure === total || line.startsWith("and "), line).toBe(true);
      }
    }
  });
});
