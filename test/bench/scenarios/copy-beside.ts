import { openLab, TOKENS } from "../lab.ts";
import { besideCopy } from "../peak-memory.ts";
import type { Scenario } from "../scenario.ts";
import { percentile } from "../stats.ts";
import { fill } from "../token-data.ts";
import { latencies } from "./latency.ts";

/** More than are copied in that time. */
const TOKEN_ROWS = 150_000;
const MEASURED_MS = 12_000;

/** What the built `sync-tool copy` at full speed adds to the time from a commit on blue to the row on green, in one run. */
export const copyBeside: Scenario = {
  name: "copy-beside",
  onDemand: true,
  async run({ server, scale }) {
    const lab = await openLab(server, "5.11.0", [TOKENS]);
    const forMs = MEASURED_MS / Math.sqrt(scale);
    try {
      await fill(lab.source.test, { tokens: TOKEN_ROWS / Math.sqrt(scale) }, true);
      await lab.drain({ batchSize: 1_000 });
      const alone = await latencies(lab, forMs);
      await lab.empty();
      let beside: readonly number[] = [];
      const wasAtWork = await besideCopy(lab, "5.11.0", async () => {
        beside = await latencies(lab, forMs);
      });
      if (!wasAtWork) throw new Error("the copy was through before its time: more tokens are needed");
      return [
        ...Object.entries({ alone, "beside a copy": beside }).flatMap(([name, found]) =>
          [0.5, 0.99].map((part) => ({
            name: `${name}, p${100 * part}`,
            value: percentile(found, part),
            unit: "ms",
          })),
        ),
        {
          name: "p99 beside a copy / alone",
          value: percentile(beside, 0.99) / percentile(alone, 0.99),
          unit: "ratio",
          target: { atMost: 2 },
        },
      ];
    } finally {
      await lab.close();
    }
  },
};
