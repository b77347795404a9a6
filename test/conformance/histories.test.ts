import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { anyHistory } from "../support/history/arbitrary.ts";
import { FAILED_BEFORE } from "../support/history/failed-before.ts";
import { type HistoryLab, openHistoryLab } from "../support/history/lab.ts";

const MINUTES = 60_000;

describeDialects("After any history", (dialect) => {
  let lab: HistoryLab;

  beforeAll(async () => {
    lab = await openHistoryLab(dialect);
  });
  afterAll(() => lab.pair.close());

  test("of concurrent transactions, with any batch size and any crashes, the target is the transformed source", {
    timeout: 15 * MINUTES,
  }, async () => {
    const seed = testEnv.seed();
    await fc.assert(
      fc
        .asyncProperty(anyHistory, async (history) => {
          await lab.play(history);
          expect(await lab.found()).toEqual(await lab.expected());
        })
        .beforeEach(() => lab.reset()),
      {
        numRuns: testEnv.histories(),
        examples: FAILED_BEFORE.map((history) => [history] as const),
        // A failure prints its seed; shrinking plays histories too, some of which take seconds.
        endOnFailure: false,
        interruptAfterTimeLimit: 14 * MINUTES,
        markInterruptAsFailure: true,
        ...(seed === undefined ? {} : { seed }),
      },
    );
  });
});
