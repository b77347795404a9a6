import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChainLab, openChainLab } from "../support/chains/lab.ts";
import { anyLives } from "../support/chains/lives.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";

const MINUTES = 60_000;

describeDialects(
  "Chains of parents and children",
  (dialect) => {
    let lab: ChainLab;

    beforeAll(async () => {
      lab = await openChainLab(dialect);
    });
    afterAll(() => lab.pair.close());

    test("are alike after any lives of a runner, with other settings, failures and the operator's work between them", {
      timeout: 60 * MINUTES,
    }, async () => {
      const seed = testEnv.seed();
      await fc.assert(
        fc
          .asyncProperty(anyLives, async (lives) => {
            await lab.play(lives);
            expect(await lab.contents("target")).toEqual(await lab.contents("source"));
            expect(await lab.letters()).toEqual([]);
          })
          .beforeEach(() => lab.reset()),
        {
          numRuns: testEnv.chains(),
          endOnFailure: false,
          ...(seed === undefined ? {} : { seed }),
        },
      );
    });
  },
  ["postgres", "mysql", "mariadb"],
);
