import { afterEach, beforeEach, expect, test } from "vitest";
import { behindProxy, startProxyBefore } from "../support/behind-proxy.ts";
import { type CliProcess, runCli, startCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";

describeDialects("A run whose database goes away in its first second", (dialect) => {
  let pair: CliPair;
  let proxies: readonly TcpProxy[] = [];
  let running: CliProcess | undefined;
  beforeEach(async () => {
    pair = await openMigrationPair(dialect, [TABLE]);
    expect(await runCli(["prepare"], pair.folder)).toMatchObject({ code: 0 });
    const [blue, green] = [await startProxyBefore(pair.blue), await startProxyBefore(pair.green)];
    proxies = [blue, green];
    await writeConfigFiles(pair.folder, {
      source: behindProxy(pair.blue, blue),
      target: behindProxy(pair.green, green),
      sourceVersion: "5.7.0",
      syncTables: [TABLE],
      // One look is enough: those that come after it would be counted as packets of the start.
      properties: { syncInterval: "60000" },
    });
  });
  afterEach(async () => {
    running?.kill("SIGKILL");
    await running?.ended.catch(() => undefined);
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await pair.close();
  });

  const start = (): CliProcess => {
    running = startCli(["run"], pair.folder);
    return running;
  };

  const untilSaid = async (run: CliProcess, words: string): Promise<void> => {
    await waitFor(() => run.output().stderr.includes(words), {
      what: words,
      timeoutMs: 60_000,
      facts: () => run.output().stderr,
    });
  };

  const stop = async (run: CliProcess): Promise<void> => {
    run.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ code: 0 });
  };

  test.each(["source", "target"])("goes on when the %s is back, at whatever moment it went", async (side) => {
    const proxy = proxies[side === "source" ? 0 : 1];
    if (proxy === undefined) throw new Error("not set up");
    const undisturbed = start();
    await untilSaid(undisturbed, "run begins");
    const needed = proxy.packets();
    await stop(undisturbed);
    // The first packets open the first connection: without it a run ends, and says that the server is not there.
    for (const part of [0.4, 0.6, 0.8, 0.95]) {
      proxy.atPacket(proxy.packets() + Math.ceil(needed * part), () => proxy.refuse());
      const run = start();
      await untilSaid(run, "a failure is tried again");
      await proxy.heal();
      await untilSaid(run, "run begins");
      await untilSaid(run, `No data to sync for: ${TABLE}`);
      await stop(run);
    }
  });

  test("ends well when it is told to while the target is away", async () => {
    const [, green] = proxies;
    if (green === undefined) throw new Error("not set up");
    const undisturbed = start();
    await untilSaid(undisturbed, "run begins");
    const needed = green.packets();
    await stop(undisturbed);
    // Until the words were seen the run went on: its start ended somewhere before.
    const stoppedAt: string[] = [];
    for (const part of [0.5, 0.4, 0.3, 0.25]) {
      green.atPacket(green.packets() + Math.ceil(needed * part), () => green.refuse());
      const run = start();
      await untilSaid(run, "a failure is tried again");
      await stop(run);
      await green.heal();
      const { stderr } = run.output();
      stoppedAt.push(stderr.includes("run begins") ? "at work" : "before");
      expect(stderr).toContain(stoppedAt.at(-1) === "before" ? "stopped before the run began" : "run ends");
      if (stoppedAt.includes("before")) break;
    }
    expect(stoppedAt).toContain("before");
  });
});
