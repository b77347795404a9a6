/**
 * A server thread that stands still after it has drawn a position and before it has inserted the row: here it waits for a
 * gap that somebody has locked, so that its row cannot be met by any probe.
 */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { watchDrain } from "../../src/run/drain-gate.ts";
import { readStatus } from "../../src/status/status.ts";
import { type BackgroundRun, startRun } from "../support/background-run.ts";
import { type BlueGreen, waitUntilEqual } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitUntilBlocked } from "../support/lock-waits.ts";
import type { TestSession } from "../support/servers/test-server.ts";
import { insertToken, openTokenPair, TOKEN_TABLES, tokenIds, touchToken } from "../support/token-rows.ts";
import { waitFor } from "../support/wait-for.ts";
import { watchedDatabase } from "../support/watched-database.ts";

const [TOKENS] = TOKEN_TABLES;

describeDialects(
  "A statement that stands still with a position drawn",
  (dialect) => {
    let pair: BlueGreen;
    let run: BackgroundRun | undefined;
    let journal: string;
    let gap: TestSession;
    let stalled: TestSession;
    let insert: Promise<void>;
    let sourceDb: Database | undefined;

    beforeEach(async () => {
      pair = await openTokenPair(dialect, [TOKENS]);
      journal = (await pair.table(TOKENS)).names.journal;
      await pair.source.test.exec(insertToken("first"));
      await pair.run();
      gap = await pair.source.test.session();
      stalled = await pair.source.test.session();
    });
    afterEach(async () => {
      await run?.stop();
      run = undefined;
      await sourceDb?.close();
      sourceDb = undefined;
      await pair.close();
    });

    /** Connections that have the privilege: it counts for those made after it was granted. */
    const granted = async (privilege: string): Promise<Database> => {
      const admin = await pair.source.test.session({ admin: true });
      await admin.exec(`GRANT ${privilege} TO '${pair.source.test.name}'@'%'`);
      await admin.close();
      sourceDb = await pair.source.dialect.connect(pair.source.test.settings);
      return sourceDb;
    };
    /** Locks the gap that the next position falls into, then writes a row whose change cannot be inserted. */
    const standStill = async (position?: number): Promise<void> => {
      await gap.exec([
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "BEGIN",
        // A key that is not there: of the row behind it, which a probe may touch, only the gap before it is locked.
        `SELECT SYNC_ID FROM ${journal} WHERE SYNC_ID = ${position ?? 2} FOR UPDATE`,
      ]);
      const number = position === undefined ? [] : [`SET SESSION insert_id = ${position}`];
      await stalled.exec("SET SESSION innodb_lock_wait_timeout = 60");
      insert = stalled.exec([...number, insertToken("stalled")]);
      insert.catch(() => undefined);
      await waitUntilBlocked(pair.source.test);
    };
    const goOn = async (): Promise<void> => {
      await gap.exec("COMMIT");
      await insert;
    };

    /** As a statement would whose number was drawn long ago: the runner has passed it, for nobody was at work on the journal. */
    const comeLate = () => pair.source.test.exec(["SET SESSION insert_id = 500", insertToken("late")]);

    test("a change that comes late is applied, unless a later one of its row was", async () => {
      await pair.source.test.exec(["SET SESSION insert_id = 1000", insertToken("behind")]);
      run = startRun(pair);
      await waitFor(async () => (await tokenIds(pair, "target")).includes("behind"), {
        what: "the row behind the position that was passed",
      });
      await comeLate();
      await waitUntilEqual(pair, TOKENS);
      expect(await tokenIds(pair, "target")).toEqual(["behind", "first", "late"]);
    });

    test("what a runner has passed the next one looks at again", async () => {
      await pair.source.test.exec(["SET SESSION insert_id = 1000", insertToken("behind")]);
      await pair.run({ until: "one pass" });
      expect(await tokenIds(pair, "target")).toEqual(["behind", "first"]);
      const status = async () => await readStatus([{ ...pair, name: "identity", plan: await pair.plan() }]);
      expect((await status()).safeToSwitch).toBe(true);
      await comeLate();
      expect(await status()).toMatchObject({
        safeToSwitch: false,
        reasons: [`${TOKENS}: 1 changes are pending`],
      });
      // The row is changed once more: its newer image must stay.
      await pair.source.test.exec(touchToken("late", "newer"));
      run = startRun(pair);
      await waitUntilEqual(pair, TOKENS);
      const rows = await pair.rows("target", TOKENS);
      expect(rows.find((row) => row["TOKEN_ID"] === "late")?.["REFRESH_TOKEN"]).toBe("newer");
      await waitFor(async () => (await status()).safeToSwitch, {
        what: "the change that came late to be settled",
      });
    });

    test("a change that comes late and is refused is set aside, and has its turn again", async () => {
      const { test: green } = pair.target;
      await pair.source.test.exec(["SET SESSION insert_id = 1000", insertToken("behind")]);
      await pair.run();
      await comeLate();
      await green.exec(`ALTER TABLE ${TOKENS} ADD CONSTRAINT refuse CHECK (TOKEN_ID <> 'late')`);
      await expect(pair.run()).rejects.toMatchObject({ code: "DEAD_LETTERS_LEFT" });
      const [table] = (await readStatus([{ ...pair, name: "identity", plan: await pair.plan() }])).tables;
      expect(table).toMatchObject({ deadLetters: 1, pending: 0 });
      await green.exec(`ALTER TABLE ${TOKENS} DROP CONSTRAINT refuse`);
      await pair.run();
      expect(await tokenIds(pair, "target")).toEqual(["behind", "first", "late"]);
    });

    const evidence = [
      "USAGE ON *.*",
      ...(dialect.name === "mysql" ? ["SELECT ON performance_schema.*"] : []),
      "PROCESS ON *.*",
    ];
    describe.each(evidence)("with GRANT %s", (privilege) => {
      test("is waited for, though nothing of it can be met", async () => {
        const db = await granted(privilege);
        // A row that is visible behind the position which the statement has.
        await pair.source.test.exec(["SET SESSION insert_id = 1000", insertToken("behind")]);
        await standStill(500);
        let looks = 0;
        const watched = watchedDatabase(db, {
          after(sql) {
            if (sql.includes("MAX(SYNC_ID) AS highest")) looks += 1;
          },
        });
        run = startRun(pair, { sourceDb: watched });
        const { hole } = await run.blocked();
        expect(hole).toEqual({ first: 2n, last: 999n });
        const began = performance.now();
        looks = 0;
        await waitFor(() => performance.now() - began > 2_500 && looks > 3, { what: "looks at the hole" });
        expect(await tokenIds(pair, "target")).toEqual(["first"]);
        await goOn();
        await waitUntilEqual(pair, TOKENS);
        expect(await tokenIds(pair, "target")).toEqual(["behind", "first", "stalled"]);
      });

      test("keeps the gate shut when its position is the last", async () => {
        const source = { ...pair.source, db: await granted(privilege) };
        await standStill();
        const options = {
          schemas: [{ name: "identity", plan: await pair.plan(), source, target: pair.target }],
          wait: true,
          pollMs: 200,
          signal: new AbortController().signal,
        } as const;
        const answer = await watchDrain({ ...options, deadline: AbortSignal.timeout(3_000) });
        expect(answer.drained).toBe(false);
        expect(answer.reasons.map(({ kind }) => kind)).toEqual(["open-hole"]);
        await goOn();
        await pair.run();
        expect((await watchDrain({ ...options, deadline: AbortSignal.timeout(20_000) })).drained).toBe(true);
        expect(await tokenIds(pair, "target")).toEqual(["first", "stalled"]);
      });
    });
  },
  ["mysql", "mariadb"],
);
