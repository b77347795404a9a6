import { fillTokenJournal } from "../fill-journal.ts";
import { openLab, TOKENS } from "../lab.ts";
import { peakMemory } from "../peak-memory.ts";
import type { Scenario } from "../scenario.ts";
import { type Measured, median, seconds } from "../stats.ts";

const FEW = 50_000;
const MANY = 2_000_000;
/** Changes applied in each turn. */
const SAMPLE = 10_000;

/** Whether a long backlog slows the run down or makes it large: 50,000 pending changes against 2,000,000. */
export const growth: Scenario = {
  name: "growth",
  async run({ server, rounds, scale }) {
    const sample = SAMPLE / scale;
    const few = await openLab(server, "5.11.0", [TOKENS]);
    const many = await openLab(server, "5.11.0", [TOKENS]);
    try {
      await fillTokenJournal(few, FEW / scale);
      await fillTokenJournal(many, MANY / scale);
      const rates: { few: number[]; many: number[] } = { few: [], many: [] };
      const labs = [
        ["few", few],
        ["many", many],
      ] as const;
      // A turn is short, so that both are measured under the same load: there are more of them.
      for (let turn = 0; turn <= rounds * 2; turn++) {
        for (const [name, lab] of turn % 2 === 0 ? labs : labs.slice().reverse()) {
          await lab.reset();
          const s = await seconds(() => lab.drain({ atMost: sample }));
          // The first turn warms up.
          if (turn > 0) rates[name].push(sample / s);
        }
      }
      await many.reset();
      const memory = await peakMemory(many, "5.11.0", 15_000 / Math.min(scale, 3));
      return [
        { name: `${FEW / scale} pending`, value: median(rates.few), unit: "rows/s" },
        { name: `${MANY / scale} pending`, value: median(rates.many), unit: "rows/s" },
        {
          name: "many pending / few",
          value: median(rates.few.map((rate, turn) => (rates.many[turn] ?? Number.NaN) / rate)),
          unit: "ratio",
          target: { atLeast: 0.95 },
        },
        { name: "changes applied meanwhile", value: memory.applied, unit: "" },
        { name: "peak memory (RSS)", value: memory.peakMb, unit: "MB", target: { atMost: 150 } },
      ] satisfies Measured[];
    } finally {
      await few.close();
      await many.close();
    }
  },
};
