import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseAddress } from "../../src/listen/address.ts";
import { type Listener, openListener } from "../../src/listen/server.ts";
import { testEnv } from "../support/env.ts";
import { describeWithProgram } from "../support/programs.ts";
import { findProgram } from "../support/servers/find-program.ts";
import { report, table, type Watched, watched } from "../unit/listen/report.ts";

const HOSTILE = `<img src=x onerror="window.owned=1">"'><script>window.owned=1</script>`;
const PATIENCE = { timeout: 60_000 };
/** Nothing but the page is asked for. */
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const behind = (pending: number, about: Parameters<typeof table>[0] = {}) =>
  report({
    safeToSwitch: false,
    reasons: [`IDN_OAUTH2_ACCESS_TOKEN: ${pending} changes are pending`],
    tables: [
      table({ pending, lagSeconds: 12.4, ...about }),
      table({
        table: "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
        openHole: { first: "5", last: "5" },
        holders: [{ holder: "4711", user: "wso2", ageSeconds: 65 }],
      }),
      table({
        table: "IDN_IDENTITY_USER_DATA",
        group: "CLAIMS",
        deadLetters: 3,
        deadLettersByCode: { "23505": 3 },
      }),
    ],
  });

describeWithProgram("The page", "chromium", () => {
  let folder: string;
  let ended: AbortController;
  let listener: Listener;
  let shown: Watched;
  let browser: BrowserContext | undefined;
  let logLines: readonly string[];
  const faults: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sync-tool-page-"));
    ended = new AbortController();
    logLines = ["05:06:07 info  run begins batchSize=100"];
    faults.length = 0;
    const address = parseAddress("127.0.0.1:0");
    listener = await openListener({
      address,
      token: undefined,
      logLines: () => logLines,
      signal: ended.signal,
    });
  });
  afterEach(async () => {
    await browser?.close();
    browser = undefined;
    ended.abort();
    await shown.stop();
    await listener.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A browser that tells of everything that is wrong with the page. */
  async function open(options: Parameters<typeof chromium.launchPersistentContext>[1] = {}): Promise<Page> {
    listener.show(shown.watch);
    browser = await chromium.launchPersistentContext(join(folder, "profile"), {
      executablePath: findProgram("chromium") ?? "chromium",
      args: FLAGS,
      ...options,
    });
    const page = browser.pages()[0] ?? (await browser.newPage());
    page.on("console", (message) => faults.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("dialog", (dialog) => faults.push(dialog.message()));
    page.on("request", (request) => {
      const isOwn = request.url().startsWith(listener.url) || request.url().startsWith("data:");
      if (!isOwn) faults.push(request.url());
    });
    await page.goto(listener.url);
    return page;
  }

  const heading = (page: Page): Promise<string | null> => page.locator("h1").textContent();

  test("shows a change at once, in title and icon too, without loading anew, and complains of nothing", async () => {
    shown = await watched(report());
    const page = await open();
    expect(await heading(page)).toBe("green has everything: safe to switch");
    const icon = () => page.locator("link[rel=icon]").getAttribute("href");
    const before = await icon();
    await page.evaluate("window.isTheSame = true");
    logLines = [...logLines, "05:06:09 warn  waiting for a transaction"];
    await shown.look(behind(7));
    await page.waitForFunction(
      "document.querySelector('h1').textContent.startsWith('Not safe')",
      null,
      PATIENCE,
    );
    expect(await page.title()).toBe(`${await heading(page)} - sync-tool`);
    expect(await icon()).not.toBe(before);
    expect(await page.locator("pre").textContent()).toContain("waiting for a transaction");
    expect(await page.locator("main").textContent()).toContain("4711 wso2 for");
    expect(await page.evaluate("window.isTheSame")).toBe(true);
    expect(faults).toEqual([]);
  });

  test("shows hostile names, reasons and log lines, and runs nothing of them", async () => {
    const hostile = behind(1, {
      table: HOSTILE,
      gap: HOSTILE,
      throttle: { kind: "pause", reason: HOSTILE, since: HOSTILE },
      lastError: { at: HOSTILE, code: HOSTILE, reason: HOSTILE },
    });
    shown = await watched({ ...hostile, reasons: [HOSTILE] });
    logLines = [HOSTILE];
    const page = await open();
    await shown.look({ ...hostile, reasons: [HOSTILE, "came by an event"] });
    await page.waitForFunction("document.body.textContent.includes('came by an event')", null, PATIENCE);
    expect(((await page.locator("main").textContent()) ?? "").split(HOSTILE).length).toBeGreaterThan(6);
    expect(await page.evaluate("window.owned")).toBeUndefined();
    expect(await page.locator("main script, main img").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test("is whole without a script, and loads itself anew", async () => {
    shown = await watched(report());
    const page = await open({ javaScriptEnabled: false });
    expect(await heading(page)).toBe("green has everything: safe to switch");
    await shown.look(behind(7));
    await page.getByText("Not safe to switch").waitFor(PATIENCE);
    expect(await page.locator("tbody tr").count()).toBeGreaterThan(2);
    expect(faults).toEqual([]);
  });

  test("has 200 KB at most with a hundred tables, and fits a telephone, dark or light", async () => {
    shown = await watched(behind(116_500));
    const throttle = {
      kind: "query" as const,
      reason: "throttleQuery.source is above 0",
      since: "2026-01-31T23:58:00.000Z",
    };
    const lastError = {
      at: "2026-01-31T23:57:01.000Z",
      code: "08006",
      reason: "source PostgreSQL 10.0.0.7:5432: the connection was lost while a batch was read",
    };
    for (let pending = 116_500; pending > 0; pending -= 6_000)
      await shown.look(behind(pending, { throttle, lastError }));
    const many = Array.from({ length: 100 }, (_, i) => table({ table: `TABLE_${i}_OF_A_LONG_NAME_INDEED` }));
    const page = await open();
    const folderOfPictures = testEnv.screenshots();
    if (folderOfPictures !== undefined) await mkdir(folderOfPictures, { recursive: true });
    for (const [name, width, colorScheme] of [
      ["light", 1280, "light"],
      ["dark", 1280, "dark"],
      ["narrow", 375, "light"],
    ] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      if (folderOfPictures !== undefined)
        await page.screenshot({ path: join(folderOfPictures, `${name}.png`), fullPage: true });
    }
    await shown.look(report({ tables: many }));
    const { length } = Buffer.from(await (await fetch(listener.url)).arrayBuffer());
    expect(length).toBeLessThanOrEqual(200_000);
    expect(faults).toEqual([]);
  });
});
