import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { anyHistory, type History } from "../support/history/arbitrary.ts";
import { type HistoryLab, openHistoryLab, SYNCED } from "../support/history/lab.ts";
import { startRunner } from "../support/runner-process.ts";

const MINUTES = 60_000;

/** Something to apply, so that a runner passes every place at least once. */
const A_LOGIN: History = {
  steps: [
    { session: 0, act: { do: "login", token: "t0", app: null, slot: "s0" } },
    { session: 0, act: { do: "commit" } },
  ],
  dumpBefore: 0,
  isolation: "READ COMMITTED",
  batchSize: 1,
  parallelism: [1],
  crashes: [],
};

/** Places of src/util/failpoint.ts, and how often each is passed before the process is gone. */
const anyFailpoint = fc
  .tuple(
    fc.constantFrom("beforeApply", "afterApplyBeforeCommit", "afterCommit"),
    fc.integer({ min: 1, max: 5 }),
  )
  .map(([place, times]) => `${place}:${times}`);

describeDialects("After kill -9", (dialect) => {
  let lab: HistoryLab;

  beforeAll(async () => {
    lab = await openHistoryLab(dialect);
  });
  afterAll(() => lab.pair.close());

  test("of the runner's process at any of its steps the next one loses and doubles nothing", {
    timeout: 10 * MINUTES + testEnv.crashes() * 15_000,
  }, async () => {
    const seed = testEnv.seed();
    let killed = 0;
    await fc.assert(
      fc
        .asyncProperty(
          anyHistory,
          fc.array(anyFailpoint, { minLength: 1, maxLength: 2 }),
          async (history, places) => {
            const { users } = lab;
            await users.setIsolation(history.isolation);
            await users.play(history.steps.slice(0, history.dumpBefore));
            await lab.dump();
            await users.play(history.steps.slice(history.dumpBefore));
            await users.finish();
            for (const place of places) if ((await runner(history, place).ended) === "SIGKILL") killed += 1;
            expect(await runner(history).ended).toBe(0);
            expect(await lab.found()).toEqual(await lab.expected());
          },
        )
        .beforeEach(() => lab.reset()),
      {
        numRuns: testEnv.crashes(),
        examples: [[A_LOGIN, ["beforeApply:1", "afterCommit:1"]]],
        endOnFailure: true,
        ...(seed === undefined ? {} : { seed }),
      },
    );
    expect(killed).toBeGreaterThanOrEqual(2);
  });

  const runner = (history: { batchSize: number; parallelism: readonly number[] }, failpoint?: string) =>
    startRunner(
      lab.pair,
      {
        sourceVersion: "5.9.0",
        targetVersion: "5.11.0",
        tables: SYNCED,
        batchSize: history.batchSize,
        parallelism: history.parallelism[0] ?? 1,
        until: "drained",
      },
      failpoint,
    );
});
