import { type Lab, openLab, SCOPES, TOKENS } from "../lab.ts";
import type { Scenario } from "../scenario.ts";
import { createTally, type Measured, median, ratioOf, rotated, seconds } from "../stats.ts";
import { fill } from "../token-data.ts";
import { rowAtATime, rowsInMemory, writeAllAtTheLimit } from "../yardsticks.ts";

const PENDING = 50_000;
/** Changes applied in each turn, of those that are pending. */
const APPLIED = 20_000;
/** Rows written one at a time; they take as long as all others together. */
const SAMPLE = 2_000;

/** How fast a backlog goes: our drain against the driver's limit and against one row at a time, turn by turn. */
export const drain: Scenario = {
  name: "drain",
  async run({ server, rounds, scale }) {
    const [pending, applied, sample] = [PENDING / scale, APPLIED / scale, Math.max(SAMPLE / scale, 1_000)];
    const figures: Measured[] = [];
    const inserts = await openLab(server, "5.11.0", [TOKENS]);
    const updates = await openLab(server, "5.11.0", [TOKENS]);
    const old = await openLab(server, "5.3.0", [TOKENS]);
    const mix = await openLab(server, "5.11.0", [TOKENS, SCOPES]);
    try {
      await fill(inserts.source.test, { tokens: pending }, true);
      await fill(updates.source.test, { tokens: pending / 5, updatesEach: 5 }, true);
      await fill(old.source.test, { tokens: pending }, false);
      await fill(mix.source.test, { tokens: pending, scopesEach: 2 }, true);
      const [rates, cpu] = [createTally(), createTally()];
      const note = (name: string, rows: number, s: number): void => rates.note(name, rows / s);
      const timedWithCpu = async (
        name: string,
        cpuName: string,
        lab: Lab,
        batchSize: number,
      ): Promise<void> => {
        const [, used] = await withCpu(async () => note(name, applied, await timed(lab, batchSize, applied)));
        cpu.note(cpuName, used / applied);
      };
      const large = [
        async () => note("limit", applied, await limit(inserts, applied)),
        () => timedWithCpu("tokens, batchSize 1000", "batchSize 1000", inserts, 1_000),
        () => timedWithCpu("5.3.0 to 5.11.0", "5.3.0 to 5.11.0, batchSize 1000", old, 1_000),
        () => timedWithCpu("tokens, batchSize 100", "batchSize 100", inserts, 100),
      ];
      // The first turn of a fresh server and a cold program counts for nothing.
      await limit(inserts, applied);
      await timed(inserts, 1_000, applied);
      for (let round = 0; round < rounds; round++) {
        // What is compared with each other is next to each other, each time in another order.
        for (const turn of rotated(large, round)) await turn();
        const [, theirs] = await withCpu(async () =>
          note("row at a time", sample, await rowAtATime(inserts, sample)),
        );
        cpu.note("row at a time", theirs / sample);
        // As many rows into as empty a table: the indexes of a full one cost both more.
        note("batchSize 100, as many rows", sample, await timed(inserts, 100, sample));
        note("updates", pending * 1.2, await timed(updates, 1_000));
        note("updates, row at a time", sample, await rowAtATime(updates, sample));
      }
      note(`${pending} tokens, ${pending * 2} scopes`, pending * 3, await timed(mix, 100));
      const rate = (name: string): number => median(rates.of(name));
      for (const name of rates.names()) figures.push({ name, value: rate(name), unit: "rows/s" });
      const ratio = (name: string, value: number, target: Measured["target"]): void => {
        figures.push({ name, value, unit: "ratio", ...(target === undefined ? {} : { target }) });
      };
      const over = (name: string, to: string): number => ratioOf(rates, name, to);
      ratio("batchSize 1000 / limit", over("tokens, batchSize 1000", "limit"), { atLeast: 0.95 });
      ratio("batchSize 100 / limit", over("tokens, batchSize 100", "limit"), { atLeast: 0.9 });
      ratio("batchSize 100 / row at a time", over("batchSize 100, as many rows", "row at a time"), {
        atLeast: 4,
      });
      ratio("updates / row at a time", over("updates", "updates, row at a time"), { atLeast: 10 });
      ratio("5.3.0 to 5.11.0 / pass-through", over("5.3.0 to 5.11.0", "tokens, batchSize 1000"), {
        atLeast: 0.9,
      });
      ratio("CPU seconds per token / row at a time", ratioOf(cpu, "batchSize 100", "row at a time"), {
        atMost: 0.3,
      });
      for (const name of cpu.names())
        figures.push({ name: `client CPU, ${name}`, value: median(cpu.of(name)) * 1e6, unit: "us/row" });
      return figures;
    } finally {
      for (const lab of [inserts, updates, old, mix]) await lab.close();
    }
  },
};

async function timed(lab: Lab, batchSize: number, atMost?: number): Promise<number> {
  await lab.reset();
  return await seconds(() => lab.drain({ batchSize, ...(atMost === undefined ? {} : { atMost }) }));
}

async function limit(lab: Lab, count: number): Promise<number> {
  await lab.reset();
  const [table] = lab.tables;
  if (table === undefined) throw new Error("a lab without tables");
  const rows = (await rowsInMemory(lab, table)).slice(0, count);
  return await writeAllAtTheLimit(lab, [rows]);
}

async function withCpu<T>(work: () => Promise<T>): Promise<[T, number]> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1e6];
}
