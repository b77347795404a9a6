import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type CliResult, runCli, startCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestSession } from "../support/servers/test-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const TIMEOUT_S = 4;
/** Room for several attempts at a lock. */
const LOCKED_S = 9;
const COMMANDS = [["drain", "--wait"], ["status"], ["verify"], ["prepare"], ["cleanup", "--yes"]] as const;

describeDialects("A command with a deadline", (dialect) => {
  let pair: CliPair;
  let proxy: TcpProxy;
  let user: TestSession;

  beforeAll(async () => {
    pair = await openCliPair(dialect);
    const { folder, blue, green } = pair;
    await blue.exec(createTables(dialect.name, "5.11.0"));
    await green.exec(createTables(dialect.name, "5.11.0"));
    const files = { source: blue, target: green, sourceVersion: "5.11.0", syncTables: [TABLE] };
    await writeConfigFiles(folder, files);
    expect((await runCli(["prepare"], folder)).code).toBe(0);
    // From now on green is reached by way of a proxy.
    const [host] = green.settings.hosts;
    proxy = await startTcpProxy(host ?? { host: "", port: 0 });
    const file = join(folder, "deployment.toml");
    const [before, after] = (await readFile(file, "utf8")).split('id = "GreenIdentityDB"');
    const moved = (after ?? "").replace(`:${host?.port}`, `:${proxy.port}`);
    await writeFile(file, `${before}id = "GreenIdentityDB"${moved}`);
    user = await blue.session();
  });
  afterEach(() => proxy.heal());
  afterAll(async () => {
    await proxy.close();
    await pair.close();
  });

  /** Seconds of a whole process. */
  async function timed(args: readonly string[]): Promise<{ result: CliResult; seconds: number }> {
    const began = performance.now();
    const result = await startCli(args, pair.folder).ended;
    return { result, seconds: (performance.now() - began) / 1000 };
  }
  /** What a process takes to begin and to end. */
  async function overhead(): Promise<number> {
    const { seconds } = await timed(["status", "--config", "none"]);
    return seconds;
  }
  async function endsInTime(args: readonly string[], timeout = TIMEOUT_S): Promise<CliResult> {
    const extra = await overhead();
    const { result, seconds } = await timed([...args, "--timeout", String(timeout)]);
    expect(seconds).toBeLessThan(timeout + 1 + 3 * extra);
    return result;
  }
  const expected = (command: string): { readonly code: number; readonly words: string } =>
    command === "drain"
      ? { code: 5, words: "[CHANGES_PENDING]" }
      : { code: 4, words: `did not answer within ${TIMEOUT_S} s [DEADLINE_PASSED]` };

  describe.each(COMMANDS.map((command) => [command] as const))(
    "%s",
    (command: readonly [string, ...string[]]) => {
      test("ends when a server takes connections and never answers", async () => {
        proxy.silence();
        const { code, stderr, stdout } = await endsInTime(command);
        const { code: wanted, words } = expected(command[0]);
        expect(stderr).toContain(words);
        expect(code).toBe(wanted);
        if (command[0] === "drain") expect(stdout).toMatch(/^drained: no\n {2}- /);
      });
    },
  );

  test("drain answers no when a server falls silent while it waits", async () => {
    await user.exec(
      `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, 'ann', 'k', 'v')`,
    );
    const before = proxy.connections();
    const drain = startCli(["drain", "--wait", "--timeout", "6"], pair.folder);
    // It polls green once a second.
    await waitFor(() => proxy.connections() > before, { what: "the gate to look", timeoutMs: 60_000 });
    proxy.silence();
    const { code, stdout } = await drain.ended;
    expect(code).toBe(5);
    expect(stdout).toMatch(/^drained: no\n/);
  });

  test.each([
    ["prepare", 5, "stayed locked"],
    ["cleanup", 5, "stayed locked"],
  ] as const)("%s ends when a table stays locked", async (command, code, words) => {
    expect((await runCli(["run", "--until-drained"], pair.folder)).code).toBe(0);
    const table = pair.blue.settings.type === "postgres" ? "DROP TRIGGER idn_identity_user_data_it ON" : "";
    if (command === "prepare")
      await pair.blue.exec(
        table === "" ? "DROP TRIGGER IDN_IDENTITY_USER_DATA_IT" : `${table} ${TABLE.toLowerCase()}`,
      );
    const reader = await pair.blue.session();
    await reader.exec(
      command === "prepare"
        ? ["BEGIN", `UPDATE ${TABLE} SET DATA_VALUE = DATA_VALUE`]
        : ["BEGIN", `SELECT COUNT(*) FROM ${TABLE}`],
    );
    const result = await endsInTime(command === "cleanup" ? ["cleanup", "--yes"] : [command], LOCKED_S);
    expect(result.stderr).toContain(words);
    expect(result.code).toBe(code);
    await reader.exec("ROLLBACK");
    await reader.close();
    expect((await runCli(["prepare"], pair.folder)).code).toBe(0);
  });

  describe("verify", () => {
    const isPostgres = (): boolean => pair.blue.settings.type === "postgres";
    test.each(["blue", "green"] as const)("ends when somebody holds the table of %s", async (side) => {
      const owner = await pair[side].session();
      await owner.exec(
        isPostgres()
          ? ["BEGIN", `LOCK TABLE ${TABLE} IN ACCESS EXCLUSIVE MODE`]
          : [`LOCK TABLES ${TABLE} WRITE`],
      );
      const { code, stderr } = await endsInTime(["verify"]);
      expect(stderr).toContain(`did not answer within ${TIMEOUT_S} s [DEADLINE_PASSED]`);
      expect(code).toBe(4);
      await owner.close();
    });

    test("ends when a server falls silent amid the comparison", async () => {
      const before = proxy.connections();
      const verify = startCli(["verify", "--max-rows-per-second", "1", "--timeout", "4"], pair.folder);
      await waitFor(() => proxy.connections() > before, { what: "verify to connect", timeoutMs: 60_000 });
      proxy.silence();
      expect((await verify.ended).code).toBe(4);
    });
  });

  describe("An interruption is told as one", () => {
    test.each([
      ["run", "SIGTERM", 143],
      ["status", "SIGTERM", 143],
      ["prepare", "SIGINT", 130],
    ] as const)("by %s while green does not answer, %s", async (command, signal, code) => {
      proxy.silence();
      const before = proxy.connections();
      const running = startCli([command], pair.folder);
      await waitFor(() => proxy.connections() > before, {
        what: "the command to connect",
        timeoutMs: 60_000,
      });
      running.kill(signal);
      const { code: ended, stderr } = await running.ended;
      // What stood in its way may be named behind it.
      expect(stderr).toMatch(
        new RegExp(
          `^error: ${signal} came before the command was done(: .+)? \\[INTERRUPTED\\]\nnext: Give it again`,
          "m",
        ),
      );
      expect(ended).toBe(code);
    });

    test("by a run at work whose target falls silent: it ends with 0", async () => {
      const running = startCli(["run", "-D", "syncInterval=50"], pair.folder);
      await waitFor(() => running.output().stderr.includes("No data to sync"), {
        what: "the run to be idle",
        timeoutMs: 60_000,
      });
      proxy.silence();
      running.kill("SIGTERM");
      expect((await running.ended).code).toBe(0);
    });
  });
});
