import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { availableDialects, type TestDialect } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { behind } from "./behind.ts";
import { createRandom, type Random } from "./random.ts";
import { type Runner, runCommand, startRunner } from "./runner.ts";
import { startSmallWrites } from "./small-writes.ts";

const GROUPS = 40;
const TABLES = Array.from({ length: GROUPS }, (_, n) => `W${n}`);
const create = (table: string): string =>
  `CREATE TABLE ${table} (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(60))`;
/** A tenth of what one table's chaos has: each takes longer here. */
const FAULTS = Math.ceil(testEnv.chaosFaults() / 10);
const TIMEOUT_MS = 300_000 + FAULTS * 10_000;

const dialects = availableDialects().filter(({ startPrivate }) => startPrivate !== undefined);
const mixed = dialects.flatMap((source) =>
  dialects.filter(({ name }) => name !== source.name).map((target) => ({ source, target })),
);
/** One pair that is drawn anew each time, or with many faults all of them. */
const drawn = Math.floor(Math.random() * mixed.length);
const pairs = FAULTS >= 50 ? mixed : mixed.slice(drawn, drawn + 1);

if (pairs.length === 0) test.skip("skipped: it takes servers of two kinds", () => undefined);

/** A runner and its own ways to the databases. */
interface Hand {
  readonly runner: Runner;
  readonly source: TcpProxy;
  readonly target: TcpProxy;
}

const rest = (random: Random, ms: number): Promise<void> => delay(200 + random.below(ms));

/** How often each occurs among a hundred; one runner at most is ill at a time, so that the other can work. */
const FAULTS_OF: readonly (readonly [number, (hand: Hand, random: Random) => Promise<void>])[] = [
  [20, ({ runner }) => runner.kill()],
  [15, async ({ source }) => source.cut()],
  [15, async ({ target }) => target.cut()],
  ...(["source", "target"] as const).flatMap((side): readonly (typeof FAULTS_OF)[number][] => [
    [
      15,
      async (hand, random) => {
        hand[side].refuse();
        await rest(random, 4_000);
        await hand[side].heal();
      },
    ],
    [
      10,
      async (hand, random) => {
        hand[side].silence();
        await rest(random, 5_000);
        await hand[side].heal();
      },
    ],
  ]),
];

describe.each(pairs.map((pair) => ({ ...pair, from: pair.source.name, to: pair.target.name })))(
  "Forty groups and two runners under chaos, from $from to $to",
  ({ source, target }) => {
    let pair: BlueGreen;
    let stopServers: () => Promise<void>;
    const proxies: TcpProxy[] = [];
    let folder: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "sync-tool-chaos-"));
      const servers = await Promise.all([
        source.startPrivate?.({ binaryLog: true }),
        target.startPrivate?.(),
      ]);
      stopServers = async () => {
        await Promise.all(servers.map((server) => server?.stop()));
      };
      const on = (dialect: TestDialect, i: number): TestDialect => ({
        ...dialect,
        server: async () => servers[i] ?? (await dialect.server()),
      });
      pair = await openBlueGreen({
        source: on(source, 0),
        target: on(target, 1),
        sourceVersion: "5.11.0",
        sourceSchema: TABLES.map(create),
        targetSchema: TABLES.map(create),
        tables: TABLES,
      });
      await pair.prepare();
    });
    afterAll(async () => {
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await pair.source.db.close();
      await pair.target.db.close();
      await stopServers();
      await rm(folder, { recursive: true, force: true });
    });

    async function openHand(name: string): Promise<Hand> {
      const [one, other] = [pair.source.test, pair.target.test].map(({ settings }) => settings.hosts[0]);
      if (one === undefined || other === undefined) throw new Error("a server has a host");
      const ways = [await startTcpProxy(one), await startTcpProxy(other)] as const;
      proxies.push(...ways);
      const own = await mkdtemp(join(folder, name));
      const config = await writeConfigFiles(own, {
        source: behind(pair.source.test, ways[0]),
        target: behind(pair.target.test, ways[1]),
        sourceVersion: "5.11.0",
        syncTables: TABLES,
        properties: { batchSize: "20", syncInterval: "100" },
        maxActive: 6,
      });
      const runner = startRunner(["run", "--config", config, "--log-dir", join(own, "logs")]);
      return { runner, source: ways[0], target: ways[1] };
    }

    test("nothing is lost, and neither runner ends", { timeout: TIMEOUT_MS }, async () => {
      const seed = testEnv.seed() ?? Math.floor(Math.random() * 2 ** 31);
      const random = createRandom(seed);
      const hands = [await openHand("a"), await openHand("b")];
      const writes = startSmallWrites(pair.source.test, TABLES, seed);
      try {
        const deck = FAULTS_OF.flatMap(([share, fault]) =>
          Array.from({ length: Math.ceil((share * FAULTS) / 115) }, () => fault),
        );
        for (const fault of random.shuffled(deck)) {
          await fault(random.pick(hands), random);
          for (const { runner } of hands) runner.check();
          await rest(random, 400);
        }
        await writes.stop();
        for (const { runner } of hands) await runner.stop();
        const plain = await writeConfigFiles(folder, {
          source: pair.source.test,
          target: pair.target.test,
          sourceVersion: "5.11.0",
          syncTables: TABLES,
        });
        const args = ["--config", plain, "--log-dir", join(folder, "logs")];
        const drained = await runCommand(["run", "--until-drained", ...args], 120_000);
        expect(drained, drained.output).toMatchObject({ code: 0 });
        expect(writes.committed()).toBeGreaterThan(FAULTS);
        for (const table of TABLES)
          expect(await pair.rows("target", table), table).toEqual(await pair.rows("source", table));
      } catch (error) {
        throw new Error(`chaos with SYNC_TEST_SEED=${seed}: ${(error as Error).message}`, { cause: error });
      } finally {
        for (const { runner } of hands) await runner.stop().catch(() => undefined);
        await writes.stop();
      }
    });
  },
);
