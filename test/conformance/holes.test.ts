import { afterEach, beforeEach, expect, test } from "vitest";
import { sequenceName } from "../../src/dialect/sequence-name.ts";
import { type BackgroundRun, startRun } from "../support/background-run.ts";
import { type BlueGreen, waitUntilEqual } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { insertToken, openTokenPair, TOKEN_TABLES, tokenIds } from "../support/token-rows.ts";
import { waitFor } from "../support/wait-for.ts";
import { isMysqlLike } from "../support/wso2-tables.ts";

const [AT] = TOKEN_TABLES;

describeDialects("Missing positions", (dialect) => {
  let pair: BlueGreen;
  let run: BackgroundRun | undefined;
  beforeEach(async () => {
    pair = await openTokenPair(dialect, [AT]);
  });
  afterEach(async () => {
    await run?.stop();
    run = undefined;
    await pair.close();
  });

  const highest = async (): Promise<number> => {
    const { names } = await pair.table(AT);
    const [row] = await pair.source.test.query(`SELECT MAX(SYNC_ID) AS N FROM ${names.journal}`);
    return Number(row?.["N"]);
  };

  test.each([1, 100])("of %i rolled-back changes stall nothing", async (changes) => {
    await pair.source.test.exec(insertToken("before"));
    const session = await pair.source.test.session();
    await session.exec("BEGIN");
    for (let i = 0; i < changes; i++) await session.exec(insertToken(`gone-${i}`));
    await session.exec("ROLLBACK");
    await pair.source.test.exec(insertToken("after"));
    expect(await highest()).toBe(changes + 2);
    await pair.run({ batchSize: 10 });
    expect(await tokenIds(pair, "target")).toEqual(["after", "before"]);
  });

  test("that are dead do not end one pass", async () => {
    const session = await pair.source.test.session();
    await session.exec(["BEGIN", insertToken("gone"), "ROLLBACK"]);
    await pair.source.test.exec(insertToken("after"));
    await pair.run({ until: "one pass" });
    expect(await tokenIds(pair, "target")).toEqual(["after"]);
    // One that is open does, and soon.
    await session.exec(["BEGIN", insertToken("open")]);
    await pair.source.test.exec(insertToken("behind"));
    await pair.run({ until: "one pass" });
    await session.exec("COMMIT");
    expect(await tokenIds(pair, "target")).not.toContain("open");
    await pair.run({ until: "one pass" });
    expect(await tokenIds(pair, "target")).toEqual(["after", "behind", "open"]);
  });

  test("a million in a row cost no more than one", async () => {
    const { names } = await pair.table(AT);
    await pair.source.test.exec(insertToken("before"));
    await pair.source.test.exec(
      dialect.name === "postgres"
        ? `SELECT setval(pg_get_serial_sequence('${names.journal}', 'sync_id'), 1000001)`
        : isMysqlLike(dialect.name)
          ? `ALTER TABLE ${names.journal} AUTO_INCREMENT = 1000002`
          : `ALTER SEQUENCE ${sequenceName(names.journal)} RESTART ${dialect.name === "mssql" ? "WITH" : "START WITH"} 1000002`,
    );
    await pair.source.test.exec(insertToken("after"));
    expect(await highest()).toBe(1_000_002);
    const started = performance.now();
    await pair.run({ batchSize: 10 });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(await tokenIds(pair, "target")).toEqual(["after", "before"]);
  });

  test("that are open are waited for and reported, what is before them is applied, and writers go on", async () => {
    await pair.source.test.exec([insertToken("before-1"), insertToken("before-2")]);
    const open = await pair.source.test.session();
    await open.exec(["BEGIN", insertToken("open")]);
    await pair.source.test.exec(insertToken("behind"));
    run = startRun(pair);
    const report = await run.blocked();
    expect(report).toMatchObject({ table: AT, hole: { first: 3n, last: 3n } });
    if (dialect.name === "postgres") {
      expect(report.holders).toEqual(
        expect.arrayContaining([
          {
            holder: expect.stringMatching(/^backend \d+$/),
            user: pair.source.test.name,
            ageSeconds: expect.any(Number),
          },
        ]),
      );
    }
    await waitFor(async () => (await tokenIds(pair, "target")).length === 2, {
      what: "what is before the hole",
    });
    expect(await tokenIds(pair, "target")).toEqual(["before-1", "before-2"]);
    // Lock waits last until a time-out of seconds; without them an insert takes milliseconds.
    expect(await slowestInsert(4, 50)).toBeLessThan(1_000);
    expect(await tokenIds(pair, "target")).toEqual(["before-1", "before-2"]);
    await open.exec("COMMIT");
    await waitUntilEqual(pair, AT);
    expect(await tokenIds(pair, "target")).toHaveLength(204);
  });

  /** Milliseconds of the slowest insert of several writers, each in a transaction of its own. */
  async function slowestInsert(writers: number, inserts: number): Promise<number> {
    const sessions = await Promise.all(Array.from({ length: writers }, () => pair.source.test.session()));
    const slowest = await Promise.all(
      sessions.map(async (session, writer) => {
        let most = 0;
        for (let i = 0; i < inserts; i++) {
          const started = performance.now();
          await session.exec(insertToken(`w${writer}-${i}`));
          most = Math.max(most, performance.now() - started);
        }
        return most;
      }),
    );
    return Math.max(...slowest);
  }
});
