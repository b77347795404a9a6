import { availableParallelism } from "node:os";
import { type DelayProxy, startDelayProxy } from "../delay-proxy.ts";
import { type Lab, openLab, TOKENS, targetThrough } from "../lab.ts";
import type { Scenario, ScenarioContext } from "../scenario.ts";
import { cpuSeconds, serverCpuSeconds } from "../server-cpu.ts";
import { createTally, type Measured, median, ratioOf, seconds } from "../stats.ts";
import { fill, USER_DATA, userDataInserts } from "../token-data.ts";

const ROUND_TRIP_MS = 5;
const LANES = 4;
const ROWS = 20_000;

interface Case {
  readonly name: string;
  readonly batchSize: number;
}

/**
 * What four lanes win over a network. They cannot win more than the processors that source, target, client and proxy share
 * here: how many of them were busy is told beside it. Small batches of rows that cost next to nothing (four narrow columns
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
      await fill(tokens.source.test, { tokens: ROWS / scale }, true);
      await light.source.test.exec(userDataInserts(server.dialect, ROWS / scale));
      return [
        ...(await compared(context, proxy, tokens, { name: "tokens, batchSize 100", batchSize: 100 })),
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
  // As many statements for each of the cases.
  const atMost = (ROWS / scale) * Math.min(1, batchSize / 50);
  const used = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6 + serverCpuSeconds(server) + cpuSeconds(proxy.pid);
  };
  try {
    // The first turn opens the connections and warms up the program: it costs a third more processor time than the next.
    await lab.drain({ targetDb, batchSize, parallelism: LANES, atMost });
    for (let round = 0; round < rounds; round++) {
      for (const parallelism of [1, LANES]) {
        await lab.reset();
        const before = used();
        const s = await seconds(() => lab.drain({ targetDb, batchSize, parallelism, atMost }));
        rates.note(`${parallelism}`, atMost / s);
        cores.note(`${parallelism}`, (used() - before) / s);
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
      name: `${name}, parallelism ${LANES} / 1`,
      value: ratioOf(rates, `${LANES}`, "1"),
      unit: "ratio",
      target: { atLeast: 3 },
    },
  ];
}
