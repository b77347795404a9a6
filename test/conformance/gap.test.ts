import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { installCapture } from "../../src/capture/install.ts";
import { noteAfterPrepare, noteBeforePrepare } from "../../src/capture/prepare-gaps.ts";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import { withSourceLock } from "../../src/capture/source-lock.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { readGaps } from "../../src/state/gap.ts";
import { stateTable } from "../../src/state/state.ts";
import { readStatus } from "../../src/status/status.ts";
import { openGaps } from "../../src/verify/settle-gaps.ts";
import { startRun } from "../support/background-run.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { waitFor } from "../support/wait-for.ts";

const TABLE = "CREATE TABLE ROWS_OF (ID INT PRIMARY KEY, V VARCHAR(20))";
let nextId = 1;
const insert = (): string => `INSERT INTO ROWS_OF (ID, V) VALUES (${nextId++}, 'v')`;

/** How somebody touches a trigger, in each database's words. */
interface Words {
  readonly drop: string;
  /** The statement that makes the trigger again as it was, asked of the catalogue. */
  readonly text: string;
  readonly off?: string;
  readonly on?: string;
  readonly swap: readonly string[];
}

const MYSQL: Words = {
  drop: "DROP TRIGGER ROWS_OF_IT",
  text: "SELECT CONCAT('CREATE TRIGGER ROWS_OF_IT AFTER INSERT ON ROWS_OF FOR EACH ROW ', ACTION_STATEMENT) AS T FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME = 'ROWS_OF_IT'",
  swap: [
    "RENAME TABLE ROWS_OF TO ROWS_OLD",
    "CREATE TABLE ROWS_OF LIKE ROWS_OLD",
    "INSERT INTO ROWS_OF SELECT * FROM ROWS_OLD",
    "DROP TABLE ROWS_OLD",
  ],
};
const WORDS: Partial<Record<TestDialectName, Words>> = {
  postgres: {
    drop: "DROP TRIGGER rows_of_it ON rows_of",
    text: "SELECT pg_get_triggerdef(oid) || '; ALTER TABLE rows_of ENABLE ALWAYS TRIGGER rows_of_it' AS t FROM pg_trigger WHERE tgname = 'rows_of_it' AND tgrelid = 'rows_of'::regclass",
    off: "ALTER TABLE rows_of DISABLE TRIGGER rows_of_it",
    on: "ALTER TABLE rows_of ENABLE ALWAYS TRIGGER rows_of_it",
    swap: [
      "ALTER TABLE rows_of RENAME TO rows_old",
      "CREATE TABLE rows_of (LIKE rows_old INCLUDING DEFAULTS)",
      "INSERT INTO rows_of SELECT * FROM rows_old",
      "DROP TABLE rows_old",
      "ALTER TABLE rows_of ADD PRIMARY KEY (id)",
    ],
  },
  mssql: {
    drop: "DROP TRIGGER ROWS_OF_IT",
    text: "SELECT OBJECT_DEFINITION(OBJECT_ID('ROWS_OF_IT')) AS T",
    off: "DISABLE TRIGGER ROWS_OF_IT ON ROWS_OF",
    on: "ENABLE TRIGGER ROWS_OF_IT ON ROWS_OF",
    swap: ["EXEC sp_rename 'ROWS_OF', 'ROWS_OLD'", TABLE, "INSERT INTO ROWS_OF SELECT * FROM ROWS_OLD"],
  },
};

describeDialects("A gap in capture", (dialect) => {
  const words = WORDS[dialect.name] ?? MYSQL;
  let pair: BlueGreen;

  const tables = async () => planTables(await pair.plan());
  const noted = async () => {
    const gaps = await readGaps(pair.target.db, stateTable(pair.target.dialect, await tables()));
    return [...gaps.values()];
  };
  const reasons = async (): Promise<readonly string[]> =>
    (await readStatus([{ ...pair, name: "identity", plan: await pair.plan() }])).reasons;
  /** As the command does it. */
  async function prepare(accept = false) {
    const planned = await tables();
    await noteBeforePrepare(pair.source, pair.target, planned);
    const { journals, created } = await installCapture(pair.source.db, pair.source.dialect, planned);
    await prepareTarget(pair.target.db, pair.target.dialect, planned, journals, { acceptNewJournal: true });
    return await noteAfterPrepare(pair.source, pair.target, planned, { created, accept });
  }
  const touch = (first: string, then: string) => pair.source.test.exec([first, insert(), then]);
  async function makeAgain(): Promise<void> {
    const [row] = await pair.source.test.query(words.text);
    await pair.source.test.exec([words.drop, insert(), String(row?.["T"])]);
  }

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceSchema: [TABLE],
      targetSchema: [TABLE],
      tables: ["ROWS_OF"],
    });
  });
  afterAll(() => pair?.close());
  beforeEach(async () => {
    await prepare(true);
    await pair.source.test.exec(insert());
    await pair.run();
    expect([await noted(), await reasons()]).toEqual([[], []]);
  });

  const MAY_BE_MISSING = /^ROWS_OF: changes may be missing since .*trigger rows_of_it was made anew/;

  test("is known by the catalogue when a trigger was dropped and made again as it was, until a verification is clean", async () => {
    await makeAgain();
    expect(await reasons()).toEqual([expect.stringMatching(MAY_BE_MISSING)]);
    expect(await noted()).toEqual([]);
    const endGaps = await openGaps(pair.source, pair.target, await tables());
    expect(await noted()).toMatchObject([{ since: expect.any(String), until: expect.any(String) }]);
    expect(await reasons()).toEqual([expect.stringMatching(MAY_BE_MISSING)]);
    // Touched again while rows are compared: what was compared says nothing of that.
    await makeAgain();
    const again = await openGaps(pair.source, pair.target, await tables());
    expect(await endGaps(["ROWS_OF"])).toEqual([]);
    expect(await reasons()).toHaveLength(1);
    expect(await again([])).toEqual([]);
    expect(await again(["ROWS_OF"])).toEqual(["ROWS_OF"]);
    expect(await reasons()).toEqual([]);
  });

  test.runIf(words.off !== undefined)("is known when a trigger was switched off and on", async () => {
    await touch(words.off ?? "", words.on ?? "");
    expect(await reasons()).toEqual([expect.stringMatching(MAY_BE_MISSING)]);
    await prepare();
    expect(await noted()).toMatchObject([
      { why: [expect.stringMatching(/was made anew, changed or switched/)] },
    ]);
  });

  test("is noted by prepare when it mends a trigger that was missing, and outlives the next prepare", async () => {
    await pair.source.test.exec([words.drop, insert()]);
    expect(await reasons()).toEqual([expect.stringMatching(/^ROWS_OF: changes are not captured/)]);
    const left = await prepare();
    expect([...left]).toMatchObject([
      [
        "ROWS_OF",
        {
          since: expect.any(String),
          until: expect.any(String),
          why: [/rows_of_it is missing/i].map((one) => expect.stringMatching(one)),
        },
      ],
    ]);
    expect((await prepare()).size).toBe(1);
    expect(await reasons()).toEqual([
      expect.stringMatching(
        /^ROWS_OF: changes may be missing since .* until .*: trigger rows_of_it is missing/i,
      ),
    ]);
    expect((await prepare(true)).size).toBe(0);
    expect(await reasons()).toEqual([]);
  });

  test("is noted by prepare that is killed before it has mended anything", async () => {
    await pair.source.test.exec([words.drop, insert()]);
    await noteBeforePrepare(pair.source, pair.target, await tables());
    expect(await noted()).toMatchObject([{ until: null }]);
    await prepare();
    expect(await noted()).toMatchObject([{ until: expect.any(String) }]);
  });

  test("is noted when the table was renamed and another one put in its place", async () => {
    await pair.source.test.exec([...words.swap, insert()]);
    await prepare();
    expect(await noted()).toMatchObject([
      { why: expect.arrayContaining([expect.stringMatching(/missing/)]) },
    ]);
  });

  test("is noted when the journal was emptied by hand", async () => {
    await pair.source.test.exec([insert(), "DELETE FROM ROWS_OF_S"]);
    expect(await reasons()).toEqual(
      expect.arrayContaining([expect.stringMatching(/changes are not captured \(the journal was emptied/)]),
    );
    await prepare();
    expect(await noted()).toMatchObject([{ why: ["the journal was emptied"] }]);
    await pair.source.test.exec([insert()]);
    // The operator has begun again from a new dump.
    await pair.target.test.exec(["DELETE FROM ROWS_OF_SV", "DELETE FROM ROWS_OF"]);
    await pair.target.test.exec(
      (await pair.rows("source", "ROWS_OF")).map((row) => `INSERT INTO ROWS_OF VALUES (${row["ID"]}, 'v')`),
    );
  });

  test("is noted when a column that green has was not captured for a while", async () => {
    for (const side of [pair.source, pair.target])
      await side.test.exec("ALTER TABLE ROWS_OF ADD EXTRA VARCHAR(10)");
    await pair.source.test.exec("UPDATE ROWS_OF SET EXTRA = 'lost' WHERE ID = 1");
    await prepare();
    expect(await noted()).toMatchObject([
      { why: [expect.stringMatching(/^column extra is not captured$/i)] },
    ]);
    for (const side of [pair.source, pair.target])
      await side.test.exec("ALTER TABLE ROWS_OF DROP COLUMN EXTRA");
  });

  test("stops a run at once, is noted, and a prepare at work or one that was is none", async () => {
    const run = startRun(pair, { captureLookMs: 20 });
    await run.started();
    await pair.source.test.exec(insert());
    // Triggers that were never right are replaced by a prepare beside the run, which goes on.
    await withSourceLock(pair.source, async () => {
      await pair.source.test.exec(words.drop);
      await prepare(true);
    });
    await pair.source.test.exec(insert());
    await waitFor(async () => (await reasons()).length === 0, { what: "the run to go on" });
    run.check();
    await pair.source.test.exec(words.drop);
    await expect(run.failed()).resolves.toMatchObject({
      code: "CAPTURE_LOST",
      exitCode: 7,
      message: expect.stringMatching(/trigger rows_of_it is missing/i),
    });
    expect(await noted()).toMatchObject([{ until: null, why: [expect.stringMatching(/missing/)] }]);
  });

  test("a run stops when a table gets another shape on the source", async () => {
    const run = startRun(pair, { captureLookMs: 20 });
    await run.started();
    await pair.source.test.exec("ALTER TABLE ROWS_OF ADD EXTRA VARCHAR(10)");
    await expect(run.failed()).resolves.toMatchObject({
      code: "CAPTURE_LOST",
      message: expect.stringMatching(/ROWS_OF: column extra is new/i),
    });
    await pair.source.test.exec("ALTER TABLE ROWS_OF DROP COLUMN EXTRA");
  });
});

describeDialects("A target that held rows when the journal was made", (dialect) => {
  test("may come from a dump older than prepare: that is a gap until it is settled", async () => {
    const row = "INSERT INTO ROWS_OF VALUES (1, 'v')";
    const pair = await openBlueGreen({
      source: dialect,
      sourceSchema: [TABLE, row],
      targetSchema: [TABLE, row],
      tables: ["ROWS_OF"],
    });
    try {
      const planned = planTables(await pair.plan());
      const { journals, created } = await installCapture(pair.source.db, pair.source.dialect, planned);
      await prepareTarget(pair.target.db, pair.target.dialect, planned, journals);
      const gaps = await noteAfterPrepare(pair.source, pair.target, planned, { created, accept: false });
      expect(gaps.get("ROWS_OF")?.why).toEqual([expect.stringMatching(/its dump may have begun before/)]);
      const endGaps = await openGaps(pair.source, pair.target, planned);
      expect(await endGaps(["ROWS_OF"])).toEqual(["ROWS_OF"]);
      const again = await installCapture(pair.source.db, pair.source.dialect, planned);
      const after = { created: again.created, accept: false };
      expect((await noteAfterPrepare(pair.source, pair.target, planned, after)).size).toBe(0);
    } finally {
      await pair.close();
    }
  });
});
