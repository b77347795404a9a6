import { rowSources } from "../../../src/run/row-sources.ts";
import { verify } from "../../../src/verify/verify.ts";
import { openLab, TOKENS } from "../lab.ts";
import type { Scenario } from "../scenario.ts";
import { median, seconds } from "../stats.ts";
import { fill } from "../token-data.ts";

/** Rows compared per second, both sides read to the end. */
export const verifying: Scenario = {
  name: "verify",
  async run({ server, rounds, scale }) {
    const tokens = 50_000 / scale;
    const lab = await openLab(server, "5.9.0", [TOKENS]);
    try {
      await fill(lab.source.test, { tokens }, false);
      await lab.drain({ batchSize: 1_000 });
      const rates: number[] = [];
      for (let round = 0; round < rounds; round++) {
        let different = 0;
        const s = await seconds(async () => {
          await verify({
            plan: lab.plan,
            source: lab.source,
            target: lab.target,
            rowsFor: rowSources(lab.plan, lab),
            signal: new AbortController().signal,
            onDifference: () => {
              different += 1;
            },
          });
        });
        if (different > 0) throw new Error(`verify found ${different} differences where there are none`);
        rates.push(tokens / s);
      }
      return [{ name: "tokens, 5.9.0 to 5.11.0", value: median(rates), unit: "rows/s" }];
    } finally {
      await lab.close();
    }
  },
};
