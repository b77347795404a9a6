import { availableParallelism } from "node:os";
import { type DelayProxy, startDelayProxy } from "../delay-proxy.ts";
import { type DrainOptions, type Lab, openLab, TOKENS, targetThrough } from "../lab.ts";
import type { Scenario, ScenarioContext } from "../scenario.ts";
import { sharedCpuSeconds } from "../server-cpu.ts";
import { createTally, type Measured, median, ratioOf } from "../stats.ts";
import { fill, USER_DATA, userDataInserts } from "../token-data.ts";

const ROUND_TRIP_MS = 5;
const LANES = 4;
/** Enough for a turn of the fastest case. */
const TOKEN_ROWS = 30_000;
const LIGHT_ROWS = 40_000;
/** A turn lasts so long from its first batch on: what a start takes is no part of the pace of a long drain. */
const TURN_MS = 3_000;

interface Case {
  readonly name: string;
  readonly batchSize: number;
}

/**
 * What four lanes win over a network. They cannot win more than the processors that source, target, client and proxy share
 * here: how many of them were busy, and what they allow with none idle, is told beside it. Small batches of rows that cost next to nothing (four narrow columns
 * and no index but the key) leave the network as the limit.
 */
export const lanes: Scenario = {
  name: "lanes",
  async run(context) {
    const { server, scale } = context;
    const tokens = await openLab(server, "5.11.0", [TOKENS]);
    const light = await openLab(server, "5.11.0", [USER_DATA]);
    const proxy = await startDelayProxy(server.host, server.port, ROUND_TRIP_MS);
    try {
      await fill(tokens.source.test, { tokens: TOKEN_ROWS / scale }, true);
      await light.source.test.exec(userDataInserts(server.dialect, LIGHT_ROWS / scale));
      return [
        ...(await compared(context, proxy, tokens, {
          name: "tokens, batchSize 100",
          batchSize: 100,
        })),
        ...(await compared(context, proxy, tokens, { name: "tokens, batchSize 20", batchSize: 20 })),
        ...(await compared(context, proxy, light, { name: "light rows, batchSize 20", batchSize: 20 })),
      ];
    } finally {
      await proxy.close();
      await tokens.close();
      await light.close();
    }
  },
};

async function compared(
  { server, rounds, scale }: ScenarioContext,
  proxy: DelayProxy,
  lab: Lab,
  { name, batchSize }: Case,
): Promise<readonly Measured[]> {
  const [rates, cores] = [createTally(), createTally()];
  const targetDb = await targetThrough(lab, proxy.port);
  try {
    // The first turn opens the connections and warms up the program: it costs a third more processor time than the next.
    await pace(lab, { targetDb, batchSize, parallelism: LANES }, TURN_MS / scale);
    for (let round = 0; round < rounds; round++) {
      for (const parallelism of [1, LANES]) {
        await lab.reset();
        const before = sharedCpuSeconds(server, proxy);
        const started = performance.now();
        rates.note(`${parallelism}`, await pace(lab, { targetDb, batchSize, parallelism }, TURN_MS / scale));
        cores.note(
          `${parallelism}`,
          (sharedCpuSeconds(server, proxy) - before) / ((performance.now() - started) / 1000),
        );
      }
    }
  } finally {
    await targetDb.close();
  }
  return [
    ...rates.names().flatMap((count): Measured[] => [
      { name: `${name}, parallelism ${count}`, value: median(rates.of(count)), unit: "rows/s" },
      {
        name: `${name}, parallelism ${count}, busy`,
        value: median(cores.of(count)),
        unit: `of ${availableParallelism()} cores`,
      },
    ]),
    {
      name: `${name}, parallelism ${LANES} / 1, with all cores busy`,
      value: availableParallelism() / median(cores.of("1")),
      unit: "at most",
    },
    {
      name: `${name}, parallelism ${LANES} / 1`,
      value: ratioOf(rates, `${LANES}`, "1"),
      unit: "ratio",
      target: { atLeast: 3 },
    },
  ];
}

/** Rows per second between the first batch and the last one of that time. */
async function pace(lab: Lab, options: DrainOptions, turnMs: number): Promise<number> {
  const stop = new AbortController();
  let [first, last, rows] = [0, 0, 0];
  await lab.drain({
    ...options,
    signal: stop.signal,
    events: {
      batch({ changes }) {
        last = performance.now();
        if (first === 0) first = last;
        else rows += changes;
        if (last - first >= turnMs) stop.abort();
      },
    },
  });
  return rows / ((last - first) / 1000);
}
