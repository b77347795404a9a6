import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sync-tool-e2e-"));
});
afterEach(() => rm(folder, { recursive: true }));

const SECRET = "correct-horse-battery";

/** A configuration whose two databases are at this port of this machine. */
async function configure(port: number, properties = ""): Promise<void> {
  const datasource = (id: string) =>
    `[[datasource]]\nid = "${id}"\nurl = "jdbc:postgresql://127.0.0.1:${port}/${id}"\nusername = "wso2"\npassword = "${SECRET}"\n`;
  await writeFile(join(folder, "deployment.toml"), datasource("blue") + datasource("green"));
  await writeFile(
    join(folder, "sync.properties"),
    `sourceVersion=5.9.0\ntargetVersion=5.11.0\nsyncTables=IDN_IDENTITY_USER_DATA\nidentitySchema=jdbc/blue,jdbc/green\n${properties}`,
  );
}

/** A port at which somebody counts who knocks. */
async function withListener(work: (port: number, knocks: () => number) => Promise<void>): Promise<void> {
  let knocks = 0;
  const server = createServer((socket) => {
    knocks++;
    socket.destroy();
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
  try {
    await work(port, () => knocks);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

describe("The command line", () => {
  test("prints its help to stdout and ends with 0", async () => {
    const { code, stdout, stderr } = await runCli(["--help"], folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const command of ["prepare", "run", "status", "purge", "cleanup"])
      expect(stdout).toContain(`  ${command} `);
    expect(await readdir(folder)).toEqual([]);
  });

  test("prints the help of a command", async () => {
    const { code, stdout } = await runCli(["run", "--help"], folder);
    expect(code).toBe(0);
    expect(stdout).toContain("--until-drained");
  });

  test("ends with 2 when no command is given, and shows the help", async () => {
    const { code, stderr } = await runCli([], folder);
    expect(code).toBe(2);
    expect(stderr).toContain("Usage: sync-tool");
  });

  test.each([
    [["run", "--fast"], "error: unknown option '--fast' (Did you mean --wait?) [USAGE_INVALID]"],
    [["sink"], "error: unknown command 'si...' [USAGE_INVALID]"],
    [["run", "--config"], "error: option '-c, --config <path>' argument missing [USAGE_INVALID]"],
    [
      ["run", "extra"],
      "error: too many arguments for 'run'. Expected 0 arguments but got 1. [USAGE_INVALID]",
    ],
    [
      ["run", "--once", "--until-drained"],
      "error: --once and --until-drained exclude each other [USAGE_INVALID]",
    ],
    [["prepare", "--out", "scripts"], "error: --out is given without --generate-ddl [USAGE_INVALID]"],
    [
      ["prepare", "--generate-ddl", "--dry-run"],
      "error: --generate-ddl and --dry-run exclude each other [USAGE_INVALID]",
    ],
    [["prepare", "--source-only"], "error: --source-only is given without --generate-ddl [USAGE_INVALID]"],
    [["--confog", "sync.properties", "run"], "error: unknown option '--co...' [USAGE_INVALID]"],
    [
      ["-DsyncData", "-DprepareSync"],
      "error: -DsyncData and -DprepareSync ask for two commands at once [USAGE_INVALID]",
    ],
  ])("ends with 2 for %j", async (args, first) => {
    const { code, stdout, stderr } = await runCli(args, folder);
    expect({ code, stdout, first: stderr.split("\n")[0] }).toEqual({ code: 2, stdout: "", first });
    expect(stderr.split("\n")[1]).toMatch(/^next: /);
  });

  test("takes options before the command as well", async () => {
    const { code, stderr } = await runCli(["--debug", "--config", "not-there.properties", "run"], folder);
    expect([code, stderr.includes("not-there.properties: no such file")]).toEqual([3, true]);
  });

  test("ends with 3 without a configuration", async () => {
    const { code, stderr } = await runCli(["run"], folder);
    expect(code).toBe(3);
    expect(stderr).toBe(
      "error: The configuration has 2 problems:\n" +
        "  sync.properties: no such file\n" +
        "  deployment.toml: not found, looked at deployment.toml (CARBON_HOME is not set); wanted there, or named by --deployment [CONFIG_INVALID]\n" +
        "next: Correct the lines above; config/sync.properties.example and config/deployment.toml.example show every key\n",
    );
  });

  test.each(["prepare", "run", "status", "cleanup", "purge"])(
    "%s ends with 3 for a malformed configuration, and connects to nothing",
    async (command) => {
      await withListener(async (port, knocks) => {
        await configure(port, "batchSize=many\n");
        const { code, stderr } = await runCli(
          [command, "--yes"].slice(0, /cleanup|purge/.test(command) ? 2 : 1),
          folder,
        );
        expect(code).toBe(3);
        expect(stderr).toContain(
          'sync.properties:5: batchSize: found "ma...", wanted a whole number from 1 to 100000 [CONFIG_INVALID]\n',
        );
        expect(knocks()).toBe(0);
      });
    },
  );

  test("ends with 4 when a database cannot be reached, and names it", async () => {
    await withListener(async (port) => {
      await configure(port);
      const { code, stderr } = await runCli(["run"], folder);
      expect(code).toBe(4);
      expect(stderr).toContain(`error: Datasource blue (PostgreSQL at 127.0.0.1:${port}) cannot be opened: `);
      expect(stderr).toContain(
        "nobody answers on them [DATABASE_UNREACHABLE]\nnext: Check host and port, a firewall or proxy on the way, and whether the server is stopped or overloaded; the url of blue in ",
      );
      expect(stderr).not.toContain(SECRET);
    });
  });

  test("with --debug says where a failure came from, and not what a driver said", async () => {
    await withListener(async (port) => {
      await configure(port);
      const { stderr } = await runCli(["run", "--debug"], folder);
      expect(stderr).toMatch(/\n {4}at .*\ncaused by \w*Error/s);
      expect(stderr).not.toContain(SECRET);
    });
  });

  test("takes the words of WSO2's own client", async () => {
    await configure(1);
    const config = join(folder, "sync.properties");
    const { code, stderr } = await runCli(
      ["-DsyncData", `-DconfigFile=${config}`, "-DbatchSize=0"],
      tmpdir(),
    );
    expect(code).toBe(3);
    expect(stderr).toContain('batchSize: found "0", wanted a whole number from 1 to 100000');
  });

  test("goes on without a log file when the folder cannot be written", async () => {
    await configure(1);
    await writeFile(join(folder, "logs"), "a file");
    const { code, stderr } = await runCli(["run"], folder);
    expect(code).toBe(4);
    expect(stderr).toContain(
      "warning: logs/sync.log cannot be written (ENOTDIR); the log goes to stderr only\n",
    );
  });
});
