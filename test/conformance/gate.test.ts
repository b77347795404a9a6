import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { type DrainAnswer, type DrainOptions, watchDrain } from "../../src/run/drain-gate.ts";
import { readStatus } from "../../src/status/status.ts";
import type { StatusRequest } from "../../src/status/table-status.ts";
import { type BackgroundRun, startRun } from "../support/background-run.ts";
import type { BlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestSession } from "../support/servers/test-server.ts";
import {
  insertScope,
  insertToken,
  openTokenPair,
  scopes,
  tokenIds,
  touchToken,
} from "../support/token-rows.ts";
import { waitFor } from "../support/wait-for.ts";
import { isMysqlLike } from "../support/wso2-tables.ts";

describeDialects("Whether everything has arrived", (dialect) => {
  let pair: BlueGreen;
  let request: StatusRequest;
  let run: BackgroundRun;
  let user: TestSession;

  beforeAll(async () => {
    pair = await openTokenPair(dialect);
    request = { name: "identity", plan: await pair.plan(), source: pair.source, target: pair.target };
    await pair.source.test.exec([insertToken("first"), insertScope("first", "openid")]);
    run = startRun(pair);
    user = await pair.source.test.session();
  });
  afterAll(async () => {
    await run.stop();
    await pair.close();
  });

  const ask = (options: Partial<DrainOptions> = {}): Promise<DrainAnswer> =>
    watchDrain({
      schemas: [request],
      wait: true,
      deadline: AbortSignal.timeout(20_000),
      pollMs: 100,
      signal: new AbortController().signal,
      ...options,
    });
  const kinds = ({ reasons }: DrainAnswer): readonly string[] => [
    ...new Set(reasons.map(({ kind }) => kind)),
  ];

  describe("while a transaction is open whose change is the last of its journal", () => {
    test.each([
      ["alone", [insertToken("alone")]],
      [
        "after a savepoint that was rolled back",
        [insertToken("kept"), "SAVEPOINT s", insertToken("undone"), "ROLLBACK TO SAVEPOINT s"],
      ],
      ["inside a savepoint", ["SAVEPOINT s", touchToken("first", "other")]],
      ["in the other table", [insertScope("first", "email")]],
      ["in both tables", [insertToken("both"), insertScope("both", "openid")]],
    ])("gate and status say no: %s", async (_, statements) => {
      expect((await ask()).drained).toBe(true);
      await user.exec(["BEGIN", ...statements]);
      // Longer than any minimum age: what the gate has not found out by then it never will.
      const answer = await ask({ deadline: AbortSignal.timeout(2_500) });
      expect(answer.drained).toBe(false);
      expect(kinds(answer)).toEqual(["open-hole"]);
      const { safeToSwitch, reasons } = await readStatus([request]);
      expect(safeToSwitch).toBe(false);
      for (const reason of reasons) expect(reason).toMatch(/has not ended/);
      await user.exec("COMMIT");
      expect((await ask()).drained).toBe(true);
      expect((await readStatus([request])).reasons).toEqual([]);
      expect(await tokenIds(pair, "target")).toEqual(await tokenIds(pair, "source"));
      expect(await scopes(pair, "target")).toEqual(await scopes(pair, "source"));
    });
  });

  test("a transaction that has written nothing captured is told of, and says no to nobody", async () => {
    const db = await seeing();
    await user.exec(["BEGIN", "SELECT COUNT(*) FROM IDN_OAUTH_CONSUMER_APPS"]);
    try {
      const schemas = [{ ...request, source: { ...pair.source, db } }];
      await waitFor(
        async () => {
          const { drained, open } = await ask({ schemas });
          expect(drained).toBe(true);
          return open.some(({ holder, ageSeconds }) => holder !== "" && ageSeconds !== undefined);
        },
        { what: "the transaction to be listed" },
      );
    } finally {
      await user.exec("COMMIT");
      if (db !== pair.source.db) await db.close();
    }
  });

  /** Connections of a user who may see what is open; the right counts for those made after it was granted. */
  async function seeing(): Promise<Database> {
    if (!isMysqlLike(dialect.name)) return pair.source.db;
    const admin = await pair.source.test.session({ admin: true });
    await admin.exec(`GRANT PROCESS ON *.* TO '${pair.source.test.name}'@'%'`);
    await admin.close();
    return await pair.source.dialect.connect(pair.source.test.settings);
  }

  test("positions that were rolled back at the end of a journal do not say no for ever", async () => {
    await user.exec(["BEGIN", insertToken("gone"), insertScope("gone", "openid"), "ROLLBACK"]);
    expect((await readStatus([request])).reasons).toEqual([]);
    expect((await ask({ wait: false })).drained).toBe(true);
  });

  test("a run until drained waits for the transaction at the end", async () => {
    await run.stop();
    try {
      await user.exec(["BEGIN", insertToken("waited-for")]);
      let told: () => void = () => undefined;
      const report = new Promise<void>((resolve) => {
        told = resolve;
      });
      const drained = pair.run({ until: "drained", events: { blocked: () => told() } });
      await Promise.race([
        report,
        drained.then(() => Promise.reject(new Error("the run ended before the transaction did"))),
      ]);
      await user.exec("COMMIT");
      await drained;
      expect(await tokenIds(pair, "target")).toContain("waited-for");
    } finally {
      run = startRun(pair);
    }
  });
});
