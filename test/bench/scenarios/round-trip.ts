import type { ConnectionSettings } from "../../../src/config/sync-config.ts";
import { startDelayProxy } from "../delay-proxy.ts";
import { openLab, TOKENS } from "../lab.ts";
import type { Scenario } from "../scenario.ts";
import { type Measured, median, seconds } from "../stats.ts";
import { fill } from "../token-data.ts";
import { syncRowAtATime } from "../yardsticks.ts";

/** The same with a network in between: what each statement's round trip costs. */
export const roundTrip: Scenario = {
  name: "round-trip",
  async run({ server, rounds, scale }) {
    const tokens = 20_000 / scale;
    const sample = 500;
    const lab = await openLab(server, "5.11.0", [TOKENS]);
    const [table] = lab.tables;
    if (table === undefined) throw new Error("a lab without tables");
    const figures: Measured[] = [];
    try {
      await fill(lab.source.test, { tokens }, true);
      for (const delayMs of [1, 5]) {
        const proxy = await startDelayProxy(server.host, server.port, delayMs);
        const settings = {
          ...lab.target.test.settings,
          hosts: [{ host: "127.0.0.1", port: proxy.port }],
        } as ConnectionSettings;
        const targetDb = await lab.target.dialect.connect(settings);
        try {
          const rates: { ours: number[]; lanes: number[]; row: number[] } = { ours: [], lanes: [], row: [] };
          for (let round = 0; round < rounds; round++) {
            await lab.reset();
            rates.ours.push(tokens / (await seconds(() => lab.drain({ targetDb }))));
            await lab.reset();
            rates.lanes.push(tokens / (await seconds(() => lab.drain({ targetDb, parallelism: 4 }))));
            await lab.reset();
            const [source, target] = [await lab.source.db.session(), await targetDb.session()];
            rates.row.push(
              sample / (await seconds(() => syncRowAtATime(source, target, lab, table, sample))),
            );
            await source.release();
            await target.release();
          }
          const wanted = delayMs === 1 ? 15 : 30;
          figures.push(
            { name: `+${delayMs} ms, batchSize 100`, value: median(rates.ours), unit: "rows/s" },
            { name: `+${delayMs} ms, parallelism 4`, value: median(rates.lanes), unit: "rows/s" },
            { name: `+${delayMs} ms, row at a time`, value: median(rates.row), unit: "rows/s" },
            {
              name: `+${delayMs} ms, batchSize 100 / row at a time`,
              value: median(rates.ours) / median(rates.row),
              unit: "ratio",
              target: { atLeast: wanted },
            },
            {
              name: `+${delayMs} ms, parallelism 4 / 1`,
              value: median(rates.lanes) / median(rates.ours),
              unit: "ratio",
              ...(delayMs === 5 ? { target: { atLeast: 3 } } : {}),
            },
          );
        } finally {
          await targetDb.close();
          proxy.close();
        }
      }
      return figures;
    } finally {
      await lab.close();
    }
  },
};
