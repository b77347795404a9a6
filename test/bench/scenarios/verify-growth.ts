import { type Lab, openLab, SCOPES, TOKENS } from "../lab.ts";
import { memoryOf } from "../peak-memory.ts";
import type { Scenario } from "../scenario.ts";
import { type Measured, seconds } from "../stats.ts";
import { fillUnseen, inserts } from "../token-data.ts";
import { copyAll } from "./copy.ts";

/** With nine scopes for each: ten million rows in all. */
const TOKEN_ROWS = 1_000_000;
const SCOPES_EACH = 9;
/** The small size, of which the large one is so many times as much. */
const TIMES = 10;

/** Whether `verify` needs more memory, or more time for a row, the more rows there are. */
export const verifyGrowth: Scenario = {
  name: "verify-growth",
  onDemand: true,
  async run({ server, scale }) {
    const sizes = [TOKEN_ROWS / scale / TIMES, TOKEN_ROWS / scale];
    const figures: Measured[] = [];
    const rates: number[] = [];
    for (const tokens of sizes) {
      const lab = await openLab(server, "5.9.0", [TOKENS, SCOPES]);
      try {
        await fillBoth(lab, tokens);
        const rows = tokens * (1 + SCOPES_EACH);
        let peak = Number.NaN;
        const took = await seconds(async () => {
          peak = await memoryOf("verify", lab, "5.9.0");
        });
        rates.push(rows / took);
        figures.push(
          { name: `${rows} rows`, value: rows / took, unit: "rows/s" },
          {
            name: `${rows} rows: peak memory of the command`,
            value: peak,
            unit: "MB",
            target: { atMost: 150 },
          },
        );
      } finally {
        await lab.close();
      }
    }
    const [small = Number.NaN, large = Number.NaN] = rates;
    return [
      ...figures,
      { name: `pace with ${TIMES} times as many rows / before`, value: large / small, unit: "ratio" },
    ];
  },
};

/** Tokens, which green has otherwise, are copied; its scopes are blue's. */
async function fillBoth(lab: Lab, tokens: number): Promise<void> {
  const { test } = lab.target;
  await fillUnseen(lab.source, { tokens, scopesEach: SCOPES_EACH });
  await lab.analyze();
  await copyAll(lab, { tables: [TOKENS] });
  const scopes = inserts(test.settings.type, { tokens, scopesEach: SCOPES_EACH }, true).filter((sql) =>
    sql.includes(SCOPES),
  );
  await test.exec(scopes);
  await lab.analyze();
}
