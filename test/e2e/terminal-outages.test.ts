import { afterAll, beforeAll, expect, test } from "vitest";
import { behindProxy, startProxyBefore } from "../support/behind-proxy.ts";
import { runCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { describeWithProgram } from "../support/programs.ts";
import type { TestSession } from "../support/servers/test-server.ts";
import type { TcpProxy } from "../support/tcp-proxy.ts";
import { openTmux, type TmuxTerminal } from "../support/tmux.ts";
import { createTables } from "../support/wso2-tables.ts";

const DATA = "IDN_IDENTITY_USER_DATA";
const NOTES = "X_NOTES_WITH_A_VERY_LONG_NAME";
const ROWS = 20_000;
const SIZES = [
  [80, 24],
  [120, 40],
] as const;
/** Slow enough to be seen. */
const SLOWLY = ["--max-rows-per-second", "1000"] as const;

const all = <T>(ones: readonly TmuxTerminal[], what: (one: TmuxTerminal) => Promise<T>): Promise<T[]> =>
  Promise.all(ones.map(what));

/** What nobody may read while something is wrong. */
const NEVER = /safe to switch: yes|drained: yes|\b0\.0 s|\bundefined\b|\bNaN\b/;

describeWithProgram("What an operator sees", "tmux", () => {
  describeDialects(
    "while servers go and come",
    (dialect) => {
      let pair: CliPair;
      let toBlue: TcpProxy;
      let toGreen: TcpProxy;
      let held: TestSession;
      const open: TmuxTerminal[] = [];

      beforeAll(async () => {
        pair = await openCliPair(dialect);
        const { folder, blue, green } = pair;
        for (const database of [blue, green])
          await database.exec([
            ...createTables(dialect.name, "5.11.0", [DATA]),
            `INSERT INTO ${DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) SELECT -1234, 'user' || n, 'k', 'v' FROM generate_series(1, ${ROWS}) AS n`,
            `CREATE TABLE ${NOTES} (ID INTEGER PRIMARY KEY)`,
            `INSERT INTO ${NOTES} SELECT n FROM generate_series(1, ${ROWS}) AS n`,
            "ANALYZE",
          ]);
        toBlue = await startProxyBefore(blue);
        toGreen = await startProxyBefore(green);
        await writeConfigFiles(folder, {
          source: behindProxy(blue, toBlue),
          target: behindProxy(green, toGreen),
          sourceVersion: "5.11.0",
          syncTables: [DATA, NOTES],
          properties: { syncInterval: "100" },
        });
        expect(await runCli(["prepare"], folder)).toMatchObject({ code: 0 });
        // What green held before is found equal.
        expect(await runCli(["verify"], folder)).toMatchObject({ code: 0 });
        held = await blue.session();
      });
      afterAll(async () => {
        for (const one of open) await one.close();
        await held.close();
        await toBlue.close();
        await toGreen.close();
        await pair.close();
      });

      const terminal = async (size: (typeof SIZES)[number], ...args: string[]): Promise<TmuxTerminal> => {
        const one = await openTmux(pair.folder, args, size);
        open.push(one);
        return one;
      };
      const inBoth = (...args: string[]): Promise<TmuxTerminal[]> =>
        Promise.all(SIZES.map((size) => terminal(size, ...args)));
      test.runIf(testEnv.long())(
        "a transaction is open, green is killed, blue is restarted: the state in words, whole lines, and no stale yes",
        async () => {
          const run = await terminal(SIZES[0], "run");
          await run.shows("nothing pending");
          const standby = await terminal(SIZES[1], "run");
          await standby.shows(/^standby, \d+@\S+ is at work: nothing pending$/m);

          await held.exec([
            "BEGIN",
            `INSERT INTO ${DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, 'held', 'k', 'v')`,
          ]);
          await pair.blue.exec(`UPDATE ${DATA} SET DATA_VALUE = 'newer' WHERE USER_NAME = 'user7'`);
          const drains = await inBoth("drain", "--wait");
          const verifies = await inBoth("verify");
          const waits = `  waits \\d+ s for a transaction on the source: backend \\d+ \\(\\w+\\)$`;
          for (const one of [run, standby]) await one.shows(new RegExp(waits, "m"));
          await run.shows(/^waiting for a transaction: 1 pending, 0 % done/m);
          for (const one of drains)
            await one.shows(
              /1 of 1 pending; \w+: a transaction on the source has not\s+ended: position 1 may still\s+appear/,
            );
          for (const one of verifies) {
            expect(await one.exitCode()).toBe(8);
            expect(await one.screen()).toMatch(/^not all is judged: 1 row waits/m);
            expect(await one.screen()).toMatch(
              /^pending +IDN_IDENTITY_USER_DATA TENANT_ID=-1234 USER_NAME=user7/m,
            );
          }

          for (const [name, proxy, verifySize, copySize] of [
            ["target", toGreen, SIZES[0], SIZES[1]],
            ["source", toBlue, SIZES[1], SIZES[0]],
          ] as const) {
            const working = [
              await terminal(verifySize, "verify", ...SLOWLY),
              await terminal(copySize, "copy", "--table", DATA, ...SLOWLY),
            ];
            await all(working, (one) => one.shows(/: [\d,]+ of about 20,000 rows,.* left$/m));
            proxy.refuse();
            const [narrow, wide] = [await run.shows(/^DOWN since/m), await standby.shows(/^DOWN since/m)];
            expect(narrow).toContain(name);
            expect(wide).toContain(name);
            for (const one of drains) expect(await one.shows("no answer: ")).toContain(name);
            for (const one of working) {
              expect(await one.exitCode()).toBeGreaterThan(0);
              const screen = await one.screen();
              expect(screen).toMatch(/^error: /m);
              expect(screen).toMatch(/^next: /m);
              expect(screen).toContain(name);
              expect(screen).toContain(name);
              expect(screen).not.toMatch(/ left$/m);
            }
            for (const one of [run, standby, ...drains, ...working])
              expect(await one.screen()).not.toMatch(NEVER);
            await proxy.heal();
            for (const one of drains) await one.shows(/1 of 1 pending; /);
            for (const one of [run, standby]) await one.shows(/^last error [\d:]+ UTC/m);
          }

          // Copies that were broken off keep the gate shut, and rightly.
          expect(await runCli(["copy"], pair.folder)).toMatchObject({ code: 0 });
          await held.exec("ROLLBACK");
          for (const one of drains) {
            expect(await one.exitCode()).toBe(0);
            expect(await one.screen()).toContain("drained: yes");
          }
          for (const one of await inBoth("verify")) {
            expect(await one.exitCode()).toBe(0);
            expect(await one.screen()).toContain("equal: 40,000 rows");
          }
          await all([run, standby], (one) => one.interrupt());
          for (const one of [run, standby]) expect(await one.exitCode()).toBe(0);
        },
        180_000,
      );
    },
    ["postgres"],
  );
});
