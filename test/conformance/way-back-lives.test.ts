import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Processor } from "../../src/transform/crypto/profile.ts";
import { availableDialects, describeDialects, type TestDialect } from "../support/dialects.ts";
import { type TestDialectName, testEnv } from "../support/env.ts";
import { crash, type Step, step } from "../support/history/arbitrary.ts";
import { waitFor } from "../support/wait-for.ts";
import { openWayBackLab, type Phase, type WayBackLab } from "../support/way-back/lab.ts";

const MINUTES = 60_000;

const crashes = fc.array(crash, { maxLength: 2 });
const phase: fc.Arbitrary<Phase> = fc.record({
  steps: fc.array(step, { minLength: 4, maxLength: 20, size: "max" }),
  late: fc.oneof(fc.constant([]), fc.array(step, { maxLength: 8, size: "max" })),
  batchSize: fc.constantFrom(1, 2, 5, 100),
  parallelism: fc.constantFrom(1, 1, 2, 4),
  crashes: fc.record({ blue: crashes, green: crashes }),
});
const QUIET: Phase = {
  steps: [],
  late: [],
  batchSize: 100,
  parallelism: 1,
  crashes: { blue: [], green: [] },
};
const act = (...acts: readonly Step["act"][]): readonly Step[] =>
  acts.map((one) => ({ session: 0, act: one }));
const life = fc.array(phase, { minLength: testEnv.switches(), maxLength: testEnv.switches(), size: "max" });

/** How the servers store tokens: each form is played on a database of its own. */
const STORED: Partial<Record<TestDialectName, Processor>> = { postgres: "encrypted", mysql: "hashed" };

function playLives(title: string, blue: TestDialect, green: TestDialect = blue): void {
  test(title, { timeout: 15 * MINUTES + testEnv.switches() * 20_000 }, async () => {
    const seed = testEnv.seed();
    await fc.assert(
      fc.asyncProperty(life, async (phases) => {
        const lab = await openWayBackLab(blue, green, STORED[blue.name] ?? "plain");
        try {
          for (const one of phases) {
            const { answer, served, users } = await lab.play(one);
            expect(users.found).toEqual(users.told);
            expect(await lab.letters()).toEqual([]);
            expect(answer).toMatchObject({ switched: true, reasons: [] });
            expect(await lab.serving()).not.toBe(served);
            expect(await lab.green()).toEqual(await lab.blue());
            const { all, ofUsers } = await lab.journaled();
            expect(ofUsers).toBe(all);
          }
        } finally {
          await lab.close();
        }
      }),
      { numRuns: 1, endOnFailure: true, ...(seed === undefined ? {} : { seed }) },
    );
  });
}

describeDialects("A life with a way back", (dialect) => {
  playLives(
    "leaves both sides equal after each switch, and keeps all that users of the serving side wrote",
    dialect,
  );
});

const [one, other] = availableDialects();
if (one !== undefined && other !== undefined)
  playLives(`A life between ${one.name} and ${other.name} leaves both sides equal, too`, one, other);
else test.skip("A life between two products: skipped, it takes servers of two kinds", () => undefined);

describeDialects("A late write", (dialect) => {
  let lab: WayBackLab;
  beforeEach(async () => {
    lab = await openWayBackLab(dialect);
  });
  afterEach(() => lab.close());

  test("does not tear a token and its scopes apart of which users have written one since", async () => {
    await lab.play({
      ...QUIET,
      steps: act(
        { do: "login", token: "t0", app: 1, slot: "s0" },
        { do: "scope", token: "t0", scope: "openid" },
      ),
    });
    expect(await lab.serving()).toBe("green");
    const source = lab.pair.source.test;
    const { users } = await lab.play(
      { ...QUIET, steps: act({ do: "scope", token: "t0", scope: "email" }) },
      async () => {
        // Blue has it by then, so that nothing of the way back has to be tried again.
        const scopes = "SELECT TOKEN_SCOPE FROM IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
        await waitFor(async () => (await source.query(scopes)).length === 2, {
          what: "both scopes on blue",
          timeoutMs: 30_000,
        });
        await source.exec("DELETE FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID = 't0'");
      },
    );
    expect(users.found).toEqual(users.told);
    const green = await lab.green();
    expect(green).toMatchObject({
      IDN_OAUTH2_ACCESS_TOKEN: [expect.stringContaining("t0")],
      IDN_OAUTH2_ACCESS_TOKEN_SCOPE: [expect.stringContaining("email"), expect.stringContaining("openid")],
    });
    expect(await lab.blue()).toEqual(green);
  });

  test("retires no token that users have been given since, also where it is the newer one", async () => {
    const token = (id: string, year: number) =>
      `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, ACCESS_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, USER_TYPE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, TOKEN_SCOPE_HASH, TOKEN_STATE, IDP_ID) VALUES ('${id}', 'at-${id}', 1, 'ann', -1234, 'PRIMARY', 'APPLICATION_USER', '${year}-03-04 05:06:07', '${year}-03-04 05:06:07', 'same', 'ACTIVE', 1)`;
    await lab.play(QUIET);
    const { source, target } = lab.pair;
    await lab.play({ ...QUIET, conflictPolicy: "newest", leavesLetters: true }, async () => {
      await target.test.exec(token("green-1", 2021));
      await source.test.exec(token("late-1", 2022));
    });
    const tokens = await target.test.query("SELECT TOKEN_ID, TOKEN_STATE FROM IDN_OAUTH2_ACCESS_TOKEN");
    expect(tokens).toEqual([{ TOKEN_ID: "green-1", TOKEN_STATE: "ACTIVE" }]);
    expect(await lab.letters()).toEqual([expect.stringContaining("late-1")]);
  });
});
