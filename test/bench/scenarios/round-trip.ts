import { startDelayProxy } from "../delay-proxy.ts";
import { openLab, TOKENS, targetThrough } from "../lab.ts";
import type { Scenario } from "../scenario.ts";
import { createTally, type Measured, median, ratioOf, seconds } from "../stats.ts";
import { fill } from "../token-data.ts";
import { rowAtATime } from "../yardsticks.ts";

const ROWS = 10_000;
/** Rows written one at a time; they take about as long as all others together. */
const SAMPLE = 200;
/** How many times as fast as one row at a time, by milliseconds of a round trip. */
const AT_LEAST = [
  [1, 15],
  [5, 30],
] as const;

/** The drain with a network in between: what each statement's round trip costs. */
export const roundTrip: Scenario = {
  name: "round-trip",
  async run({ server, rounds, scale }) {
    const [rows, sample] = [ROWS / scale, Math.max(SAMPLE / scale, 100)];
    const lab = await openLab(server, "5.11.0", [TOKENS]);
    const figures: Measured[] = [];
    try {
      await fill(lab.source.test, { tokens: rows }, true);
      for (const [delayMs, atLeast] of AT_LEAST) {
        const proxy = await startDelayProxy(server.host, server.port, delayMs);
        const targetDb = await targetThrough(lab, proxy.port);
        const rates = createTally();
        try {
          for (let round = 0; round < rounds; round++) {
            await lab.reset();
            rates.note("batchSize 100", rows / (await seconds(() => lab.drain({ targetDb }))));
            rates.note("row at a time", sample / (await rowAtATime(lab, sample, targetDb)));
          }
        } finally {
          await targetDb.close();
          await proxy.close();
        }
        figures.push(
          ...rates.names().map((name) => ({
            name: `+${delayMs} ms, ${name}`,
            value: median(rates.of(name)),
            unit: "rows/s",
          })),
          {
            name: `+${delayMs} ms, batchSize 100 / row at a time`,
            value: ratioOf(rates, "batchSize 100", "row at a time"),
            unit: "ratio",
            target: { atLeast },
          },
        );
      }
      return figures;
    } finally {
      await lab.close();
    }
  },
};
