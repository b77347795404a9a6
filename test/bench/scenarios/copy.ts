import { copy } from "../../../src/copy/copy.ts";
import { rowSources } from "../../../src/run/row-sources.ts";
import { verify } from "../../../src/verify/verify.ts";
import { type Lab, openLab, SCOPES, TOKENS } from "../lab.ts";
import { memoryOf } from "../peak-memory.ts";
import type { Scenario } from "../scenario.ts";
import {
  createProgress,
  createTally,
  laterHalf,
  type Measured,
  median,
  type Progress,
  ratioOf,
  rotated,
  seconds,
} from "../stats.ts";
import { fill } from "../token-data.ts";
import { rowsInMemory, writeAllAtTheLimit } from "../yardsticks.ts";

const TOKEN_ROWS = 30_000;
const SCOPES_EACH = 2;

/**
 * Tokens and scopes that no journal tells of, into an empty target beside a run that has nothing to do: against rows that are
 * in memory already, and against what `verify --repair` makes of the same gap.
 */
export const copying: Scenario = {
  name: "copy",
  async run({ server, rounds, scale }) {
    const tokens = TOKEN_ROWS / scale;
    const rows = tokens * (1 + SCOPES_EACH);
    const lab = await openLab(server, "5.7.0", [TOKENS, SCOPES]);
    const stop = new AbortController();
    try {
      await fill(lab.source.test, { tokens, scopesEach: SCOPES_EACH }, false);
      await lab.drain({ batchSize: 1_000 });
      await lab.analyze();
      const running = lab.drain({ until: "stopped", syncIntervalMs: 100, signal: stop.signal });
      const inMemory = await Promise.all(lab.tables.map((table) => rowsInMemory(lab, table)));
      const rates = createTally();
      const halves: number[] = [];
      const turns: Readonly<Record<string, () => Promise<void>>> = {
        limit: async () => void (await writeAllAtTheLimit(lab, inMemory)),
        copy: async () => void halves.push(laterHalf(await copyAll(lab))),
        "verify --repair": () => repair(lab),
      };
      // The first turn warms up the server and the program.
      await lab.empty();
      await copyAll(lab);
      for (let round = 0; round < rounds; round++)
        for (const [name, turn] of rotated(Object.entries(turns), round)) {
          await lab.empty();
          rates.note(name, rows / (await seconds(turn)));
        }
      stop.abort();
      await running;
      await lab.empty();
      const memory = await memoryOf("copy", lab, "5.7.0");
      return [
        ...rates.names().map((name): Measured => ({ name, value: median(rates.of(name)), unit: "rows/s" })),
        {
          name: "copy / limit",
          value: ratioOf(rates, "copy", "limit"),
          unit: "ratio",
          target: { atLeast: 0.6 },
        },
        {
          name: "copy / verify --repair",
          value: ratioOf(rates, "copy", "verify --repair"),
          unit: "ratio",
          target: { atLeast: 3 },
        },
        {
          name: "second half of the tokens / first",
          value: median(halves),
          unit: "ratio",
          target: { atLeast: 0.95 },
        },
        { name: "peak memory of the command", value: memory, unit: "MB", target: { atMost: 150 } },
      ];
    } finally {
      stop.abort();
      await lab.close();
    }
  },
};

/** The pace of copying the tokens. */
export async function copyAll(
  lab: Lab,
  {
    parallelism = 1,
    tables: only,
  }: { readonly parallelism?: number; readonly tables?: readonly string[] } = {},
): Promise<Progress> {
  const progress = createProgress();
  const { source, target, plan } = lab;
  const tables = await copy({
    plan,
    source,
    target,
    rowsFor: rowSources(plan, lab),
    parallelism,
    ...(only === undefined ? {} : { tables: only }),
    signal: new AbortController().signal,
    onRefused: ({ reason }) => {
      throw new Error(reason);
    },
    onProgress: (table, { rows }) => {
      if (table === TOKENS) progress.reached(rows);
    },
  });
  const written = tables.map((table) => table.written);
  if (tables.some((table) => table.written !== table.rows)) throw new Error(`copied only ${written}`);
  return progress;
}

async function repair(lab: Lab): Promise<void> {
  const { source, target, plan } = lab;
  await verify({
    plan,
    source,
    target,
    rowsFor: rowSources(plan, lab),
    repair: { deleteExtra: false },
    signal: new AbortController().signal,
    onDifference: () => undefined,
  });
}
