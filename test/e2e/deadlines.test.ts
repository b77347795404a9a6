import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type CliProcess, type CliResult, runCli, startCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables, isMysqlLike } from "../support/wso2-tables.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const TIMEOUT_S = 4;
/** Room for several attempts at a lock. */
const LOCKED_S = 9;
/** Room to compare some rows. */
const COMPARED_S = 8;
const slowly = ["verify", "--max-rows-per-second", "4"] as const;
/** What many processes on few cores need to end, and far less than any time-out of a server or a driver. */
const SLACK_S = 6;
/** None of these is in another's way; `cleanup` would be in that of `prepare`. */
const COMMANDS = [["drain", "--wait"], ["status"], ["verify"], ["prepare"]] as const;
const CLEANUP = ["cleanup", "--yes"] as const;

/** A command under way that reaches green through a proxy of its own. */
interface Started {
  readonly process: CliProcess;
  readonly proxy: TcpProxy;
  /** How it ended, and how long after it had connected to green. */
  readonly ended: Promise<CliResult & { readonly seconds: number }>;
}

describeDialects("A command with a deadline", (dialect) => {
  /** The second one is there for commands that would be in the others' way. */
  let pairs: readonly CliPair[];
  const proxies: TcpProxy[] = [];

  beforeAll(async () => {
    pairs = [await openCliPair(dialect), await openCliPair(dialect)];
    await Promise.all(
      pairs.map(async ({ folder, blue, green }) => {
        await blue.exec(createTables(dialect.name, "5.11.0"));
        await green.exec(createTables(dialect.name, "5.11.0"));
        await writeConfigFiles(folder, {
          source: blue,
          target: green,
          sourceVersion: "5.11.0",
          syncTables: [TABLE],
        });
        // Of rows that are older than the journal nothing is on its way.
        if (green === pair(1).green) await blue.exec(insert(100));
        expect((await runCli(["prepare"], folder)).code).toBe(0);
      }),
    );
  });
  afterAll(async () => {
    for (const proxy of proxies) await proxy.close();
    for (const pair of pairs) await pair.close();
  });

  const pair = (n: number): CliPair => pairs[n] as CliPair;

  /** Starts a command in a folder of its own; `before` treats its proxy badly. */
  async function start(
    n: number,
    args: readonly string[],
    before: (proxy: TcpProxy) => void = () => undefined,
  ): Promise<Started> {
    const { folder, green } = pair(n);
    const [host] = green.settings.hosts;
    const proxy = await startTcpProxy(host ?? { host: "", port: 0 });
    const own = join(folder, `${args[0]}-${proxies.push(proxy)}`);
    await mkdir(own);
    await writeFile(join(own, "sync.properties"), await readFile(join(folder, "sync.properties"), "utf8"));
    const [head, tail] = (await readFile(join(folder, "deployment.toml"), "utf8")).split(
      'id = "GreenIdentityDB"',
    );
    const moved = (tail ?? "").replace(`:${host?.port}`, `:${proxy.port}`);
    await writeFile(join(own, "deployment.toml"), `${head}id = "GreenIdentityDB"${moved}`);
    before(proxy);
    const process = startCli(args, own);
    let isOver = false;
    const over = process.ended.finally(() => {
      isOver = true;
    });
    const ended = (async () => {
      // What a process takes to begin is no part of its time.
      await waitFor(() => isOver || proxy.connections() > 0, {
        what: `${args[0]} to connect to green`,
        timeoutMs: 60_000,
      });
      const since = performance.now();
      const result = await over;
      return { ...result, seconds: (performance.now() - since) / 1000 };
    })();
    return { process, proxy, ended };
  }
  const withTimeout = (args: readonly string[], timeout = TIMEOUT_S): readonly string[] => [
    ...args,
    "--timeout",
    String(timeout),
  ];

  /** `drain` says no; the others tell that their time was over. */
  async function expectDeadlineTold(
    n: number,
    commands: readonly (readonly string[])[],
    before?: (proxy: TcpProxy) => void,
  ): Promise<void> {
    const started = await Promise.all(
      commands.map(async (args) => await start(n, withTimeout(args), before)),
    );
    const results = await Promise.all(started.map(({ ended }) => ended));
    for (const [i, { code, stdout, stderr, seconds }] of results.entries()) {
      const command = commands[i]?.[0];
      const [wanted, words] =
        command === "drain"
          ? [5, "[CHANGES_PENDING]"]
          : [4, `did not answer within ${TIMEOUT_S} s [DEADLINE_PASSED]`];
      expect(stderr, command).toContain(words);
      expect(code, command).toBe(wanted);
      if (command === "drain") expect(stdout).toMatch(/^drained: no\n {2}- /);
      expect(seconds, command).toBeLessThan(TIMEOUT_S + SLACK_S);
    }
  }

  /** Nobody else reads or writes these tables meanwhile. */
  async function whileLocked(
    { session: open }: TestDatabase,
    tables: readonly string[],
    work: () => Promise<void>,
  ): Promise<void> {
    const session = await open();
    await session.exec(
      isMysqlLike(dialect.name)
        ? [`LOCK TABLES ${tables.map((table) => `${table} WRITE`).join(", ")}`]
        : ["BEGIN", `LOCK TABLE ${tables.join(", ")} IN ACCESS EXCLUSIVE MODE`],
    );
    try {
      await work();
    } finally {
      await session.close();
    }
  }
  const whileGreenIsLocked = async (work: () => Promise<void>): Promise<void> =>
    await whileLocked(pair(0).green, [TABLE, `${TABLE}_SV`], () =>
      whileLocked(pair(1).green, [TABLE, `${TABLE}_SV`], work),
    );

  describe.concurrent("against a server that does not answer at all", () => {
    test("every command ends", async () => {
      await expectDeadlineTold(0, [...COMMANDS, CLEANUP], (proxy) => proxy.silence());
    });

    test("verify ends when somebody holds the lock of blue's tables", async () => {
      await whileLocked(pair(1).blue, [TABLE], () => expectDeadlineTold(1, [["verify"]]));
    });

    test.each([
      ["run", "SIGTERM", 143],
      ["status", "SIGTERM", 143],
      ["prepare", "SIGINT", 130],
    ] as const)("an interruption of %s by %s is told as one", async (command, signal, code) => {
      const { process, proxy, ended } = await start(0, [command], (one) => one.silence());
      await waitFor(() => proxy.connections() > 0, {
        what: "the command to connect",
        timeoutMs: 60_000,
      });
      process.kill(signal);
      const result = await ended;
      // What stood in its way may be named behind it.
      expect(result.stderr).toMatch(
        new RegExp(
          `^error: ${signal} came before the command was done(: .+)? \\[INTERRUPTED\\]\nnext: Give it again`,
          "m",
        ),
      );
      expect(result.code).toBe(code);
    });
  });

  test("every command ends when somebody holds the lock of green's tables", async () => {
    await whileGreenIsLocked(async () => {
      await Promise.all([expectDeadlineTold(0, COMMANDS), expectDeadlineTold(1, [CLEANUP])]);
    });
  });

  test("every command ends when green falls silent in the middle of its work", async () => {
    // They are connected by then; the lock keeps them from having ended.
    const soon = (proxy: TcpProxy): void => proxy.atPacket(8, proxy.silence);
    await whileGreenIsLocked(async () => {
      await Promise.all([expectDeadlineTold(0, COMMANDS, soon), expectDeadlineTold(1, [CLEANUP], soon)]);
    });
  });

  test("prepare and cleanup end when a table of blue stays in use", async () => {
    const [toPrepare, toCleanUp] = [pair(0).blue, pair(1).blue];
    await toPrepare.exec(
      isMysqlLike(dialect.name)
        ? `DROP TRIGGER ${TABLE}_IT`
        : `DROP TRIGGER ${TABLE.toLowerCase()}_it ON ${TABLE}`,
    );
    const [writer, reader] = [await toPrepare.session(), await toCleanUp.session()];
    await writer.exec(["BEGIN", insert(1)]);
    await reader.exec(["BEGIN", `SELECT COUNT(*) FROM ${TABLE}`]);
    const started = [
      await start(0, withTimeout(["prepare"], LOCKED_S)),
      await start(1, withTimeout(CLEANUP, LOCKED_S)),
    ];
    for (const { code, stderr, seconds } of await Promise.all(started.map(({ ended }) => ended))) {
      expect(stderr).toContain("stayed locked");
      expect(code).toBe(5);
      expect(seconds).toBeLessThan(LOCKED_S + SLACK_S);
    }
    await writer.exec("ROLLBACK");
    for (const session of [writer, reader]) await session.close();
    expect((await runCli(["prepare"], pair(0).folder)).code).toBe(0);
  });

  describe.concurrent("in the middle of its work", () => {
    test("drain says no when green falls silent while it waits", async () => {
      await pair(0).blue.exec(insert(20));
      const { proxy, ended } = await start(0, withTimeout(["drain", "--wait"]));
      await waitFor(() => proxy.connections() > 0, { what: "the gate to look", timeoutMs: 60_000 });
      proxy.silence();
      const { code, stdout } = await ended;
      expect(stdout).toMatch(/^drained: no\n/);
      expect(code).toBe(5);
    });

    test("verify tells what it has compared when green falls silent", async () => {
      const { process, proxy, ended } = await start(1, withTimeout(slowly, COMPARED_S));
      await waitFor(() => process.output().stdout.includes("missing"), {
        what: "the first rows to be compared",
        timeoutMs: 60_000,
      });
      proxy.silence();
      const { code, stdout, stderr, seconds } = await ended;
      expect(stdout).toMatch(/^different: \d+ rows;.* stopped before the end$/m);
      expect(stderr).toContain(`did not answer within ${COMPARED_S} s [DEADLINE_PASSED]`);
      expect(code).toBe(4);
      expect(seconds).toBeLessThan(COMPARED_S + SLACK_S);
    });

    test.each([
      [
        "while it waits for changes",
        0,
        ["verify"],
        8,
        /^not all is judged: \d+ rows wait to be looked at again; stopped before the end$/m,
      ],
      ["in the middle of a table", 1, slowly, 6, /^different: \d+ rows;.* stopped before the end$/m],
    ] as const)("verify tells what it has compared %s", async (_, n, args, code, words) => {
      if (n === 0) await pair(0).blue.exec(insert(20).replaceAll("'ann", "'bob"));
      const { ended } = await start(n, withTimeout(args, COMPARED_S));
      const result = await ended;
      expect(result.stdout).toMatch(words);
      expect(result.code).toBe(code);
      expect(result.seconds).toBeLessThan(COMPARED_S + SLACK_S);
    });

    test("a run whose target falls silent ends with 0 when it is asked to", async () => {
      const { process, proxy, ended } = await start(1, ["run", "-D", "syncInterval=50"]);
      await waitFor(() => process.output().stderr.includes("No data to sync"), {
        what: "the run to be idle",
        timeoutMs: 60_000,
      });
      proxy.silence();
      process.kill("SIGTERM");
      expect((await ended).code).toBe(0);
    });
  });
});

/** The statement for so many rows. */
function insert(rows: number): string {
  const values = Array.from({ length: rows }, (_, i) => `(1, 'ann${i}', 'k', 'v')`);
  return `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES ${values.join(", ")}`;
}
