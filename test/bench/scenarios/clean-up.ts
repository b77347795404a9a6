import type { TestDatabase } from "../../support/servers/test-server.ts";
import { createTables } from "../../support/wso2-tables.ts";
import { type Lab, openLab, PARENTS, SCOPES, TOKENS } from "../lab.ts";
import type { Scenario } from "../scenario.ts";
import { createTally, type Measured, median, ratioOf, rotated, seconds } from "../stats.ts";
import { fill } from "../token-data.ts";

/** Tokens that WSO2's clean-up deletes in one statement: its `batchSize`. Each takes two scopes along by a cascade. */
const BURST = 10_000;

/** WSO2's clean-up on a blue that is captured: what a burst of deletions costs there, and how long green follows it. */
export const cleanUp: Scenario = {
  name: "clean-up",
  async run({ server, rounds, scale }) {
    const burst = BURST / scale;
    const tally = createTally();
    const lab = await openLab(server, "5.11.0", [TOKENS, SCOPES]);
    const plain = await server.createDatabase();
    try {
      await plain.exec([...createTables(server.dialect, "5.11.0"), ...PARENTS]);
      // One more than is counted: the first turn of a fresh server counts for nothing.
      for (let round = 0; round <= rounds; round++) {
        await fill(lab.source.test, { tokens: burst, scopesEach: 2 }, true);
        await fill(plain, { tokens: burst, scopesEach: 2 }, true);
        await lab.drain({ batchSize: 1_000 });
        const note = (name: string, value: number): void => {
          if (round > 0) tally.note(name, value);
        };
        const turns = [
          async () => note("without triggers", await deleteAll(plain)),
          async () => note("with triggers", await deleteAll(lab.source.test)),
        ];
        for (const turn of rotated(turns, round)) await turn();
        note("green follows", await seconds(() => lab.drain({ batchSize: 1_000 })));
        await expectEmpty(lab);
      }
      const figures: Measured[] = tally
        .names()
        .map((name) => ({ name: `${burst} deletions: ${name}`, value: median(tally.of(name)), unit: "s" }));
      const changes = burst * 3;
      figures.push({
        name: "drain of deletions",
        value: changes / median(tally.of("green follows")),
        unit: "rows/s",
      });
      figures.push({
        name: "burst with triggers / without",
        value: ratioOf(tally, "with triggers", "without triggers"),
        unit: "ratio",
      });
      return figures;
    } finally {
      await plain.drop();
      await lab.close();
    }
  },
};

const deleteAll = (blue: TestDatabase): Promise<number> => seconds(() => blue.exec(`DELETE FROM ${TOKENS}`));

/** A drain that left something would have been a fast one. */
async function expectEmpty(lab: Lab): Promise<void> {
  for (const table of [TOKENS, SCOPES]) {
    const [row] = await lab.target.test.query(`SELECT COUNT(*) AS N FROM ${table}`);
    if (String(row?.["N"]) !== "0")
      throw new Error(`${String(row?.["N"])} rows are left in ${table} on green`);
  }
}
