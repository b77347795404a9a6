import { afterEach, beforeEach, expect, test } from "vitest";
import { behindProxy, startProxyBefore } from "../support/behind-proxy.ts";
import { type CliProcess, runCli, startCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { waitFor } from "../support/wait-for.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";

describeDialects("status --watch", (dialect) => {
  let pair: CliPair;
  let proxy: TcpProxy;
  let watching: CliProcess | undefined;
  beforeEach(async () => {
    pair = await openMigrationPair(dialect, [TABLE]);
    expect(await runCli(["prepare"], pair.folder)).toMatchObject({ code: 0 });
    expect(await runCli(["run", "--until-drained"], pair.folder)).toMatchObject({ code: 0 });
    proxy = await startProxyBefore(pair.green);
    await writeConfigFiles(pair.folder, {
      source: pair.blue,
      target: behindProxy(pair.green, proxy),
      sourceVersion: "5.7.0",
      syncTables: [TABLE],
    });
  });
  afterEach(async () => {
    watching?.kill("SIGKILL");
    await watching?.ended.catch(() => undefined);
    await proxy.close();
    await pair.close();
  });

  test("outlives a server that goes away or falls silent, and says yes to nothing it does not see", async () => {
    const run = startCli(["status", "--watch"], pair.folder);
    watching = run;
    const frames = (): readonly string[] => run.output().stdout.split(/^TABLE /m);
    const said = async (words: string, since: number): Promise<void> => {
      await waitFor(
        () =>
          frames()
            .slice(since)
            .some((frame) => frame.includes(words)),
        {
          what: words,
          timeoutMs: 60_000,
          facts: () => `${run.output().stdout}${run.output().stderr}`,
        },
      );
    };
    const isFresh = "safe to switch: yes";
    await said(isFresh, 0);
    for (const goAway of [proxy.refuse, proxy.silence]) {
      goAway();
      const gone = frames().length;
      await said("stale: ", gone);
      const frame = frames().find((one, i) => i >= gone && one.includes("stale: "));
      expect(frame).toContain("safe to switch: no");
      expect(frame).toContain(TABLE);
      proxy.cut();
      await proxy.heal();
      await said(isFresh, frames().length);
    }
    run.kill("SIGTERM");
    expect(await run.ended).toMatchObject({ code: 0 });
  });
});
