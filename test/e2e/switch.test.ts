import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readCatalogue } from "../support/catalogue.ts";
import { type CliProcess, runCli, startCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { faultsOfJson } from "../support/json-contract.ts";
import { metricsIn } from "../support/metric-lines.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { runScript } from "../support/sql-client.ts";
import { waitFor } from "../support/wait-for.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const put = (user: string, value: string): string =>
  `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, '${user}', 'k', '${value}')`;
const change = (user: string, value: string): string =>
  `UPDATE ${TABLE} SET DATA_VALUE = '${value}' WHERE USER_NAME = '${user}'`;

describeDialects("The switch and the way back", (dialect) => {
  let pair: CliPair;
  let pristine: unknown;
  let run: CliProcess | undefined;

  const tool = (...args: readonly string[]) => runCli(args, pair.folder);
  const catalogues = async () => [await readCatalogue(pair.blue), await readCatalogue(pair.green)];
  const found = async (side: TestDatabase, user: string): Promise<unknown> =>
    (await side.query(`SELECT DATA_VALUE FROM ${TABLE} WHERE USER_NAME = '${user}'`))[0]?.["DATA_VALUE"];
  const arrives = async (side: TestDatabase, user: string, value: string): Promise<void> => {
    await waitFor(async () => (await found(side, user)) === value, {
      what: `${user} to be ${value}`,
      timeoutMs: 30_000,
      facts: () => run?.output().stderr ?? "",
    });
  };

  /** Page, metrics and /status.json are those of the direction that carries the users' changes, and all are applied. */
  const shows = async (side: "blue" | "green", applied: number): Promise<void> => {
    const output = (): string => run?.output().stderr ?? "";
    const url = /"url":"([^"]+)"/.exec(output())?.[1] ?? "";
    const get = async (path: string): Promise<string> => await (await fetch(`${url}${path}`)).text();
    const [direction, way] =
      side === "blue" ? ["forward", "from blue to green"] : ["back", "from green to blue"];
    const told = await waitFor(
      async () => {
        const [status, metrics, page] = [await get("status.json"), await get("metrics"), await get("")];
        const report = JSON.parse(status.startsWith("{") ? status : "{}");
        const isSame = (await get("status.json")) === status;
        const isSo = report.serving?.side === side && report.tables[0].pending === 0;
        return isSame && isSo && { report, metrics: metricsIn(metrics), page };
      },
      { what: `a look that finds ${side} serving`, timeoutMs: 60_000, pollMs: 200, facts: output },
    );
    const { report, metrics, page } = told;
    expect(faultsOfJson("status", JSON.stringify(report))).toEqual([]);
    expect(report).toMatchObject({ direction, phase: side === "green" ? "switched" : expect.any(String) });
    for (const other of ["blue", "green"])
      expect(metrics.one("sync_tool_serving", { side: other })).toBe(other === side ? 1 : 0);
    const directions = metrics.samples.flatMap(({ labels }) => labels["direction"] ?? []);
    expect(new Set(directions)).toEqual(new Set([direction]));
    expect(metrics.one("sync_tool_applied_changes_total", { direction })).toBeGreaterThanOrEqual(applied);
    expect(page).toContain(`Changes go ${way}, ${side} serves users.`);
  };

  beforeEach(async () => {
    pair = await openMigrationPair(dialect, [TABLE]);
    pristine = await catalogues();
    await writeConfigFiles(pair.folder, {
      source: pair.blue,
      target: pair.green,
      sourceVersion: "5.7.0",
      syncTables: [TABLE],
      properties: { syncInterval: "50", wayBack: "true" },
    });
  });
  afterEach(async () => {
    run?.kill("SIGKILL");
    await run?.ended.catch(() => undefined);
    await pair.close();
  });

  test("carry what users do to the other side, whichever serves, and lose nothing of it", async () => {
    const { blue, green } = pair;
    for (const side of [blue, green]) await side.exec([put("old", "1")]);
    expect(await tool("prepare")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("the way back is prepared"),
    });
    // Both sides capture: only what they were told tells them apart.
    const exchanged = [
      "-D",
      "identitySchema=jdbc/GreenIdentityDB,jdbc/BlueIdentityDB",
      "-D",
      "sourceVersion=5.11.0",
    ];
    expect(await tool("run", "--once", ...exchanged)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("[SIDES_SWAPPED]"),
    });
    // What the dump may lack is settled by a comparison; of the way back nothing is to be settled.
    expect(await tool("verify")).toMatchObject({ code: 0 });
    run = startCli(["run", "--listen", "127.0.0.1:0"], pair.folder);
    await blue.exec([put("ann", "1"), put("bob", "1")]);
    await arrives(green, "bob", "1");
    await shows("blue", 2);
    // A test on green, before anybody is served there.
    await green.exec([put("tester", "1")]);
    expect(await tool("doctor")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^ok .* pair\.way-back: .*: can go back to blue$/m),
    });
    expect(await tool("doctor", "-D", "syncTables=IDN_AUTH_SESSION_STORE")).toMatchObject({
      code: 6,
      stdout: expect.stringMatching(/^FAIL .* pair\.way-back: .*: IDN_AUTH_SESSION_STORE: sessions are/m),
    });
    expect(await tool("switch", "--dry-run", "--wait", "--timeout", "20")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("nothing stands in the way"),
    });
    expect(await tool("switch", "--wait", "--timeout", "20")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^green serves users since \S+: send the traffic to green now\n.*\n1 changes/,
      ),
    });
    expect((await tool("switch")).stdout).toContain("nothing was to be done");
    expect(JSON.parse((await tool("status", "--json")).stdout)).toMatchObject({
      serving: { side: "green", since: expect.any(String), host: expect.any(String) },
      tables: [{ captured: true, problems: [], gap: null }],
    });

    await green.exec([change("ann", "2"), put("eve", "1")]);
    await arrives(blue, "eve", "1");
    expect(await found(blue, "ann")).toBe("2");
    expect(await found(blue, "tester")).toBeUndefined();
    await shows("green", 2);

    // What would write older rows over those of users, or forget which are theirs.
    for (const args of [
      ["copy"],
      ["purge", "--yes"],
      ["verify", "--repair", "--direction", "forward"],
      ["cleanup", "--yes", "--direction", "back"],
    ])
      expect(await tool(...args)).toMatchObject({
        code: 5,
        stderr: expect.stringContaining("green serves users"),
      });

    // Late writes on blue: of a row that green's users have changed, and of another.
    await blue.exec([change("ann", "late"), change("bob", "late")]);
    await arrives(green, "bob", "late");
    await waitFor(
      async () =>
        (await tool("dead-letters", "list", "--direction", "forward")).stdout.includes("late write"),
      { what: "the letter", timeoutMs: 20_000 },
    );
    expect(await found(green, "ann")).toBe("2");
    await arrives(blue, "ann", "2");

    // What was a test stays on green until somebody removes it there.
    expect((await tool("verify")).stdout).toContain("USER_NAME=tester");
    await green.exec([`DELETE FROM ${TABLE} WHERE USER_NAME = 'tester'`]);
    expect(await tool("verify")).toMatchObject({ code: 0, stdout: expect.stringContaining("equal") });
    expect(await tool("switch", "--back", "--wait", "--timeout", "20")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^blue serves users since/),
    });
    await blue.exec([change("eve", "3"), put("fay", "1")]);
    await arrives(green, "fay", "1");
    expect(await found(green, "eve")).toBe("3");
    await shows("blue", 4);

    // A late write stays refused, whoever serves by now.
    expect((await tool("dead-letters", "retry", "--direction", "forward")).code).toBe(0);
    await blue.exec([put("gus", "1")]);
    await arrives(green, "gus", "1");
    for (const side of [blue, green]) expect(await found(side, "ann")).toBe("2");

    run.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ code: 0 });
    expect((await tool("dead-letters", "discard", "--yes", "--direction", "forward")).code).toBe(0);
    // Another host's configuration, without the line.
    expect(await tool("run", "--once", "-D", "wayBack=false")).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/a way back was prepared.*\n?.*Set wayBack=true/s),
    });
    expect(await tool("cleanup", "--yes")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/target journal .*source journal /s),
    });
    expect(await catalogues()).toEqual(pristine);
  }, 240_000);

  test("may be prepared by a DBA with the scripts", async () => {
    const { blue, green } = pair;
    const lacking = JSON.parse((await tool("doctor", "--direction", "back", "--json")).stdout) as {
      readonly checks: readonly { readonly id: string; readonly status: string }[];
    };
    expect(lacking).toMatchObject({ direction: "back" });
    expect(lacking.checks.filter(({ status }) => status === "fail").map(({ id }) => id)).toEqual([
      "source.capture",
      "target.checkpoints",
    ]);
    expect((await tool("prepare", "--generate-ddl", "--out", "scripts")).code).toBe(0);
    for (const [side, file] of [
      [blue, "identity_source"],
      [green, "identity_target"],
      [green, "identity_back_source"],
      [blue, "identity_back_target"],
    ] as const)
      expect(await runScript(side, join(pair.folder, "scripts", `${file}.sql`))).toEqual({
        code: 0,
        output: "",
      });
    expect(await tool("run", "--until-drained")).toMatchObject({ code: 0 });
    expect(await tool("doctor", "--direction", "back")).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("the source is green, the target is blue"),
    });
    expect(await tool("switch")).toMatchObject({ code: 0 });
    await green.exec([put("ann", "1")]);
    expect(await tool("run", "--until-drained")).toMatchObject({ code: 0 });
    expect(await found(blue, "ann")).toBe("1");
    // The end of it: green serves for good, and blue may be dropped.
    expect(await tool("cleanup", "--yes")).toMatchObject({ code: 0 });
    expect(await catalogues()).toEqual(pristine);
  });
});
