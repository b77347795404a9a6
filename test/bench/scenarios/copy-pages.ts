import { availableParallelism } from "node:os";
import { type DelayProxy, startDelayProxy } from "../delay-proxy.ts";
import { type Lab, openLab, SCOPES, TOKENS, targetThrough } from "../lab.ts";
import { memoryOf } from "../peak-memory.ts";
import type { Scenario, ScenarioContext } from "../scenario.ts";
import { sharedCpuSeconds } from "../server-cpu.ts";
import { createTally, type Measured, median, ratioOf, rotated, seconds } from "../stats.ts";
import { fill, USER_DATA, userDataInserts } from "../token-data.ts";
import { copyAll } from "./copy.ts";

const ROUND_TRIP_MS = 5;
const PAGES = 4;
const TOKEN_ROWS = 30_000;
const SCOPES_EACH = 2;
const LIGHT_ROWS = 100_000;

/**
 * What several pages at a time win over a network, and what they cost in memory. Tokens keep the processors busy that source,
 * target, client and proxy share here, see `lanes`; rows of four narrow columns leave the network as the limit.
 */
export const copyPages: Scenario = {
  name: "copy-pages",
  async run(context) {
    const { server, scale } = context;
    const tokens = await openLab(server, "5.7.0", [TOKENS, SCOPES]);
    const light = await openLab(server, "5.11.0", [USER_DATA]);
    const proxy = await startDelayProxy(server.host, server.port, ROUND_TRIP_MS);
    try {
      const counts = { tokens: TOKEN_ROWS / scale, scopesEach: SCOPES_EACH };
      await fill(tokens.source.test, counts, false);
      await light.source.test.exec(userDataInserts(server.dialect, LIGHT_ROWS / scale));
      for (const lab of [tokens, light]) {
        await lab.drain({ batchSize: 1_000 });
        await lab.analyze();
      }
      const figures = [
        ...(await compared(context, proxy, tokens, "tokens", counts.tokens * (1 + SCOPES_EACH))),
        ...(await compared(context, proxy, light, "light rows", LIGHT_ROWS / scale)),
      ];
      await tokens.empty();
      const memory: Measured = {
        name: `peak memory of the command with parallelism ${PAGES}`,
        value: await memoryOf("copy", tokens, "5.7.0", PAGES),
        unit: "MB",
        target: { atMost: 150 },
      };
      return [...figures, memory];
    } finally {
      await proxy.close();
      await tokens.close();
      await light.close();
    }
  },
};

async function compared(
  { server, rounds }: ScenarioContext,
  proxy: DelayProxy,
  lab: Lab,
  name: string,
  rows: number,
): Promise<readonly Measured[]> {
  const [rates, cores] = [createTally(), createTally()];
  const db = await targetThrough(lab, proxy.port);
  const far: Lab = { ...lab, target: { ...lab.target, db } };
  try {
    // The first turn opens the connections, and warms up the server and the program.
    await lab.empty();
    await copyAll(far, { parallelism: PAGES });
    const turns = Object.entries({ 1: 1, [PAGES]: PAGES });
    for (let round = 0; round < rounds; round++)
      for (const [pages, parallelism] of rotated(turns, round)) {
        await lab.empty();
        const before = sharedCpuSeconds(server, proxy);
        const took = await seconds(async () => void (await copyAll(far, { parallelism })));
        rates.note(pages, rows / took);
        cores.note(pages, (sharedCpuSeconds(server, proxy) - before) / took);
      }
  } finally {
    await db.close();
  }
  return [
    ...rates.names().map(
      (pages): Measured => ({
        name: `${name}, parallelism ${pages}`,
        value: median(rates.of(pages)),
        unit: "rows/s",
      }),
    ),
    {
      name: `${name}, parallelism ${PAGES} / 1, with all cores busy`,
      value: availableParallelism() / median(cores.of("1")),
      unit: "at most",
    },
    {
      name: `${name}, parallelism ${PAGES} / 1 over ${ROUND_TRIP_MS} ms`,
      value: ratioOf(rates, `${PAGES}`, "1"),
      unit: "ratio",
      target: { atLeast: 2.5 },
    },
  ];
}
