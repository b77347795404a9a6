import { availableParallelism } from "node:os";
import type { ConnectionSettings } from "../../../src/config/sync-config.ts";
import type { Database } from "../../../src/db/database.ts";
import { startDelayProxy } from "../delay-proxy.ts";
import { type Lab, openLab, TOKENS } from "../lab.ts";
import type { Scenario } from "../scenario.ts";
import { serverCpuSeconds } from "../server-cpu.ts";
import { createTally, type Measured, median, ratioOf, seconds } from "../stats.ts";
import { fill, USER_DATA, userDataInserts } from "../token-data.ts";
import { syncRowAtATime } from "../yardsticks.ts";

/** Rows written one at a time; they take about as long as all others together. */
const SAMPLE = 200;

/** The round trip over which lanes are measured. */
const LANES_MS = 5;

/** The same with a network in between: what each statement's round trip costs. */
export const roundTrip: Scenario = {
  name: "round-trip",
  async run({ server, rounds, scale }) {
    const rows = 10_000 / scale;
    const sample = Math.max(SAMPLE / scale, 100);
    const tokens = await openLab(server, "5.11.0", [TOKENS]);
    // Four narrow columns and no index but the key: the round trip is nearly all that these rows cost.
    const light = await openLab(server, "5.11.0", [USER_DATA]);
    const figures: Measured[] = [];
    try {
      await fill(tokens.source.test, { tokens: rows }, true);
      await light.source.test.exec(userDataInserts(server.dialect, rows));
      for (const delayMs of [1, 5]) {
        const proxy = await startDelayProxy(server.host, server.port, delayMs);
        const [tokensDb, lightDb] = [await through(proxy.port, tokens), await through(proxy.port, light)];
        const [rates, cores] = [createTally(), createTally()];
        const drained = async (
          name: string,
          lab: Lab,
          targetDb: Database,
          parallelism: number,
          batchSize = 100,
        ) => {
          await lab.reset();
          const [client, onServer] = [process.cpuUsage(), serverCpuSeconds(server)];
          const s = await seconds(() => lab.drain({ targetDb, parallelism, batchSize }));
          const { user, system } = process.cpuUsage(client);
          rates.note(name, rows / s);
          // Source and target are one server here; together with the client it has the machine's cores to share.
          cores.note(`${name}: server`, (serverCpuSeconds(server) - onServer) / s);
          cores.note(`${name}: client`, (user + system) / 1e6 / s);
        };
        try {
          for (let round = 0; round < rounds; round++) {
            await drained("batchSize 100", tokens, tokensDb, 1);
            if (delayMs === LANES_MS) {
              await drained("parallelism 4", tokens, tokensDb, 4);
              // With small batches the network, not the server, is the limit: what lanes are made for.
              await drained("batchSize 20", tokens, tokensDb, 1, 20);
              await drained("batchSize 20, parallelism 4", tokens, tokensDb, 4, 20);
              await drained("light rows", light, lightDb, 1);
              await drained("light rows, parallelism 4", light, lightDb, 4);
            }
            await tokens.reset();
            rates.note("row at a time", sample / (await rowAtATime(tokens, tokensDb, sample)));
          }
        } finally {
          await tokensDb.close();
          await lightDb.close();
          await proxy.close();
        }
        const rate = (name: string): number => median(rates.of(name));
        const ratio = (name: string, value: number, atLeast?: number): Measured => ({
          name: `+${delayMs} ms, ${name}`,
          value,
          unit: "ratio",
          ...(atLeast === undefined ? {} : { target: { atLeast } }),
        });
        figures.push(
          ...rates
            .names()
            .map((name) => ({ name: `+${delayMs} ms, ${name}`, value: rate(name), unit: "rows/s" })),
          ...cores.names().map((name) => ({
            name: `+${delayMs} ms, ${name}`,
            value: median(cores.of(name)),
            unit: `of ${availableParallelism()} cores`,
          })),
          ratio(
            "batchSize 100 / row at a time",
            ratioOf(rates, "batchSize 100", "row at a time"),
            delayMs === 1 ? 15 : 30,
          ),
          ...(delayMs === LANES_MS
            ? [
                ratio("parallelism 4 / 1", ratioOf(rates, "parallelism 4", "batchSize 100"), 3),
                ratio(
                  "batchSize 20, parallelism 4 / 1",
                  ratioOf(rates, "batchSize 20, parallelism 4", "batchSize 20"),
                  3,
                ),
                ratio(
                  "light rows, parallelism 4 / 1",
                  ratioOf(rates, "light rows, parallelism 4", "light rows"),
                  3,
                ),
              ]
            : []),
        );
      }
      return figures;
    } finally {
      await tokens.close();
      await light.close();
    }
  },
};

async function through(port: number, lab: Lab): Promise<Database> {
  const settings = { ...lab.target.test.settings, hosts: [{ host: "127.0.0.1", port }] };
  return await lab.target.dialect.connect(settings as ConnectionSettings);
}

async function rowAtATime(lab: Lab, targetDb: Database, rows: number): Promise<number> {
  const [table] = lab.tables;
  if (table === undefined) throw new Error("a lab without tables");
  const [source, target] = [await lab.source.db.session(), await targetDb.session()];
  try {
    return await seconds(() => syncRowAtATime(source, target, lab, table, rows));
  } finally {
    await source.release();
    await target.release();
  }
}
