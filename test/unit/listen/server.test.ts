import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseAddress } from "../../../src/listen/address.ts";
import { type Listener, openListener } from "../../../src/listen/server.ts";
import { faultsOfJson } from "../../support/json-contract.ts";
import { metricsIn } from "../../support/metric-lines.ts";
import { report, table, type Watched, watched } from "./report.ts";

const TOKEN = "0123456789abcdef";
const HOSTILE = `"><script>alert('x')</script>&`;

let listener: Listener;
let shown: Watched;
let ended: AbortController;
let logLines: readonly string[] = [];

const open = async (token?: string): Promise<void> => {
  ended = new AbortController();
  listener = await openListener({
    address: parseAddress("127.0.0.1:0"),
    token,
    logLines: () => logLines,
    signal: ended.signal,
  });
};
const show = async (about: Parameters<typeof report>[0] = {}): Promise<void> => {
  shown = await watched(report(about));
  listener.show(shown.watch);
};
beforeEach(() => {
  logLines = [];
});
afterEach(async () => {
  await shown.stop();
  await listener.close();
});

const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> =>
  fetch(`${listener.url}${path}`, { method, headers });

/** With a Host of one's own, which fetch does not let one choose. */
const statusFor = (host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${listener.url}status.json`, { headers: { Host: host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });

describe("Who may ask", () => {
  test("a name that is not this machine's is refused", async () => {
    await open();
    await show();
    expect(await statusFor("evil.example")).toBe(421);
    expect(await statusFor("localhost:1")).toBe(200);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s is refused", async (method) => {
    await open();
    await show();
    const answer = await get("", {}, method);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  test("HEAD gets what GET gets, without the body", async () => {
    await open();
    await show();
    const answer = await get("status.json", {}, "HEAD");
    expect(Number(answer.headers.get("content-length"))).toBeGreaterThan(100);
    expect(await answer.text()).toBe("");
  });

  test("with a token nobody sees anything without it, but for the probes", async () => {
    await open(TOKEN);
    await show();
    for (const path of ["", "status.json", "metrics", "events", "nowhere", "livez/../metrics"]) {
      const answer = await get(path);
      expect([path, answer.status]).toEqual([path, 401]);
      expect(await answer.text()).not.toContain("TOKEN");
      expect((await get(path, { Authorization: `Bearer ${TOKEN}x` })).status).toBe(401);
    }
    expect((await get("livez")).status).toBe(200);
    expect((await get("readyz")).status).toBe(200);
    expect((await get("metrics", { Authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });

  test("every answer forbids what a page could be made to do", async () => {
    await open();
    await show();
    for (const path of ["", "status.json", "metrics", "nowhere"]) {
      const { headers } = await get(path);
      expect(headers.get("content-security-policy")).toMatch(
        /^default-src 'none'; .*frame-ancestors 'none'$/,
      );
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  test("an address that another program has is told at once", async () => {
    await open();
    await show();
    const taken = openListener({
      address: parseAddress(new URL(listener.url).host),
      token: undefined,
      logLines: () => [],
      signal: ended.signal,
    });
    await expect(taken).rejects.toMatchObject({
      code: "USAGE_INVALID",
      message: expect.stringContaining("EADDRINUSE"),
    });
  });
});

describe("The probes", () => {
  test("it is alive and not ready before the first look, and while it stops", async () => {
    await open();
    expect(await Promise.all([get("livez"), get("readyz")].map(async (one) => (await one).status))).toEqual([
      200, 503,
    ]);
    expect((await get("status.json")).status).toBe(503);
    expect(metricsIn(await (await get("metrics")).text()).one("sync_tool_up")).toBe(0);
    expect(await (await get("")).text()).toContain("Starting");
    await show();
    expect((await get("readyz")).status).toBe(200);
    ended.abort();
    expect(await Promise.all([get("livez"), get("readyz")].map(async (one) => (await one).status))).toEqual([
      200, 503,
    ]);
  });

  test("a server that does not answer, or a group that has stopped, makes it unready; being behind does not", async () => {
    await open();
    await show({ tables: [table({ pending: 9, deadLetters: 1 })], safeToSwitch: false });
    expect((await get("readyz")).status).toBe(200);
    await shown.look(report({ stale: true, safeToSwitch: false, reasons: ["stale: no answer"] }));
    expect((await get("readyz")).status).toBe(503);
    expect(metricsIn(await (await get("metrics")).text()).one("sync_tool_up")).toBe(0);
    await shown.look(
      report({
        tables: [table({ stopped: { since: "2026-01-31T23:59:59.123Z", code: "SCHEMA_CHANGED", why: "x" } })],
      }),
    );
    expect((await get("readyz")).status).toBe(503);
  });
});

describe("The page", () => {
  test("is whole without its script, and loads nothing", async () => {
    await open();
    logLines = ["10:00:00 info No data to sync for: T"];
    await show({
      tables: [table({ deadLetters: 3, deadLettersByCode: { "23505": 3 } })],
      safeToSwitch: false,
    });
    const page = await (await get("")).text();
    expect(page).toMatch(/<title>Not safe to switch: 3 dead letters - sync-tool<\/title>/);
    expect(page).toContain('<noscript><meta http-equiv="refresh" content="5"></noscript>');
    for (const text of ["IDN_OAUTH2_ACCESS_TOKEN", "4711@sync1", "23505", "No data to sync for: T", "equal"])
      expect(page).toContain(text);
    expect(
      page.match(/(?:src|href)="[^"]*"/g)?.filter((one) => !/^href="(?:data:|status|metrics)/.test(one)),
    ).toEqual([]);
    expect(page).not.toMatch(/\sstyle=|\son\w+=/);
  });

  test("shows hostile names and errors, and runs none of them", async () => {
    await open();
    logLines = [HOSTILE];
    const hostile = table({
      table: HOSTILE,
      group: HOSTILE,
      deadLetters: 1,
      deadLettersByCode: { [HOSTILE]: 1 },
      runner: { host: HOSTILE, pid: 1, since: null, movedSecondsAgo: 1 },
      openHole: { first: "1", last: "1" },
      holders: [{ holder: HOSTILE, user: HOSTILE }],
      stopped: { since: HOSTILE, code: HOSTILE, why: HOSTILE },
    });
    await show({ tables: [hostile], safeToSwitch: false, reasons: [HOSTILE] });
    const page = await (await get("")).text();
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain("alert('x')");
    expect(page.split("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;").length).toBeGreaterThan(10);
    const metrics = metricsIn(await (await get("metrics")).text());
    expect(metrics.one("sync_tool_group_stopped", { group: HOSTILE, code: HOSTILE })).toBe(1);
  });

  test("stays below 200 KB with a hundred tables behind for ten minutes", async () => {
    await open();
    logLines = Array.from({ length: 20 }, () => "x".repeat(300));
    const tables = Array.from({ length: 100 }, (_, i) =>
      table({ table: `IDN_TABLE_NUMBER_${i}`, pending: 1_000_000 }),
    );
    await show({
      tables,
      safeToSwitch: false,
      reasons: tables.map((one) => `${one.table}: 1,000,000 changes are pending`),
    });
    for (let i = 0; i < 300; i++) await shown.look(report({ tables, safeToSwitch: false }));
    expect((await (await get("")).text()).length).toBeLessThan(200_000);
  });

  test("is told of each look, and of nothing when it has gone", async () => {
    await open();
    await show();
    const gone = new AbortController();
    const answer = await fetch(`${listener.url}events`, { signal: gone.signal });
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let told = "";
    const heard = async (words: string): Promise<void> => {
      while (!told.includes(words)) told += (await reader?.read())?.value ?? "";
    };
    await heard("safe to switch");
    await shown.look(report({ tables: [table({ pending: 12 })], safeToSwitch: false }));
    await heard("12 changes pending");
    const news = told
      .trim()
      .split("\n\n")
      .map((one) => JSON.parse(one.slice("data: ".length)));
    expect(news.at(-1)).toMatchObject({ title: expect.stringContaining("12 changes pending") });
    gone.abort();
    await shown.look(report());
  });
});

test("status.json is what status --json prints", async () => {
  await open();
  await show({ serving: { side: "blue", since: null, host: null } });
  const text = await (await get("status.json")).text();
  expect(faultsOfJson("status", text)).toEqual([]);
  expect(JSON.parse(text)).toEqual({
    schemaVersion: 1,
    ...report({ serving: { side: "blue", since: null, host: null } }),
  });
});
