import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ChainLab, openChainLab } from "../support/chains/lab.ts";
import { anyLives, type Life } from "../support/chains/lives.ts";
import type { Work } from "../support/chains/work.ts";
import { availableDialects, describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";

const MINUTES = 60_000;

async function playLives(
  lab: ChainLab,
  anySuch: fc.Arbitrary<readonly Life[]>,
  numRuns: number,
): Promise<void> {
  const seed = testEnv.seed();
  await fc.assert(
    fc
      .asyncProperty(anySuch, async (lives) => {
        await lab.play(lives);
        expect(await lab.contents("target")).toEqual(await lab.contents("source"));
        expect(await lab.letters()).toEqual([]);
      })
      .beforeEach(() => lab.reset()),
    { numRuns, endOnFailure: false, ...(seed === undefined ? {} : { seed }) },
  );
}

describeDialects(
  "Chains of parents and children",
  (dialect) => {
    let lab: ChainLab;

    beforeAll(async () => {
      lab = await openChainLab(dialect);
    });
    afterAll(() => lab.pair.close());

    test("whose rows go round in circles are copied", {
      timeout: MINUTES,
    }, async () => {
      await lab.reset();
      const step = {
        do: "move",
        table: "T",
        id: 0,
        other: 0,
        up: null,
        unique: null,
        isPoison: false,
      } as const;
      const circle: Work[] = [
        { ...step, id: 0, up: 2 },
        { ...step, do: "insert", id: 3, up: 3 },
      ];
      const life = {
        until: "one pass",
        batchSize: 1,
        parallelism: 1,
        conflictPolicy: "dead-letter",
        failure: undefined,
        afterwards: "lose and copy",
        copies: 0,
      } as const;
      await lab.play([{ ...life, work: [circle] }]);
      expect(await lab.contents("target")).toEqual(await lab.contents("source"));
      expect(await lab.letters()).toEqual([]);
    });

    test(
      "are alike after any lives of a runner, with other settings, failures and the operator's work between them",
      {
        timeout: 60 * MINUTES,
      },
      () => playLives(lab, anyLives, testEnv.chains()),
    );
  },
  ["postgres", "mysql", "mariadb"],
);

const blue = availableDialects().find(({ name }) => name === "postgres");
const green = availableDialects().find(({ name }) => name === "mariadb" || name === "mysql");

describe.skipIf(blue === undefined || green === undefined)("Chains on PostgreSQL", () => {
  let lab: ChainLab | undefined;

  beforeAll(async () => {
    if (blue !== undefined) lab = await openChainLab(blue, green);
  });
  afterAll(() => lab?.pair.close());

  test("are alike on MariaDB or MySQL after any lives with copies beside them", {
    timeout: 60 * MINUTES,
  }, async () => {
    if (lab === undefined) throw new Error("no lab");
    const copied = anyLives.map((lives) =>
      lives.map((life) => ({ ...life, copies: life.copies === 0 ? (1 as const) : life.copies })),
    );
    await playLives(lab, copied, Math.ceil(testEnv.chains() / 3));
  });
});
