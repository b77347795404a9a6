import { afterAll, beforeAll, expect, test } from "vitest";
import type { BlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import {
  insertScope,
  insertToken,
  openTokenPair,
  scopes,
  TOKEN_TABLES,
  tokenIds,
} from "../support/token-rows.ts";
import { watchedDatabase } from "../support/watched-database.ts";

const [AT] = TOKEN_TABLES;
const CHANGES = 5_000;
const BATCH = 1_000;

describeDialects("A table of more than 20 columns", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openTokenPair(dialect, [AT]);
  });
  afterAll(() => pair.close());

  /** Statements that a drain of the journal sends to the target, without those that find nothing more to do. */
  async function statementsPerBatch(): Promise<number> {
    let sent = 0;
    let batches = 0;
    let counted = 0;
    const targetDb = watchedDatabase(pair.target.db, {
      before: () => {
        sent += 1;
      },
    });
    await pair.run({
      batchSize: BATCH,
      targetDb,
      events: {
        batch: () => {
          batches += 1;
          counted = sent;
        },
      },
    });
    expect(batches).toBe(CHANGES / BATCH);
    return counted / batches;
  }

  test("is inserted, updated and deleted with at most 12 statements for each batch of 1,000 changes", async () => {
    const ids = Array.from({ length: CHANGES }, (_, i) => `t${String(i).padStart(4, "0")}`);
    const columns =
      "TOKEN_ID, ACCESS_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED";
    const values = ids.map(
      (id) => `('${id}', 'at', 1, 'user-${id}', -1234, '2021-03-04 05:06:07', '2021-03-04 05:06:07')`,
    );
    for (let first = 0; first < CHANGES; first += 250)
      await pair.source.test.exec(
        `INSERT INTO ${AT} (${columns}) VALUES ${values.slice(first, first + 250).join(",")}`,
      );
    expect(await statementsPerBatch()).toBeLessThanOrEqual(12);
    expect(await pair.rows("target", AT)).toHaveLength(5_000);

    await pair.source.test.exec(`UPDATE ${AT} SET REFRESH_TOKEN = 'touched'`);
    expect(await statementsPerBatch()).toBeLessThanOrEqual(12);
    expect((await pair.rows("target", AT)).filter((row) => row["REFRESH_TOKEN"] === "touched")).toHaveLength(
      5_000,
    );

    await pair.source.test.exec(`DELETE FROM ${AT}`);
    expect(await statementsPerBatch()).toBeLessThanOrEqual(12);
    expect(await pair.rows("target", AT)).toEqual([]);
  });

  test.runIf(dialect.name === "postgres")(
    "has one statement whose plan is kept, whatever the size of its batches",
    async () => {
      for (const id of ["kept-1", "kept-2", "kept-3"]) {
        await pair.source.test.exec(insertToken(id));
        await pair.run();
      }
      await pair.source.test.exec(`UPDATE ${AT} SET REFRESH_TOKEN = 'once more'`);
      await pair.run();
      // The pool has opened one connection so far.
      const kept = await pair.target.db.query("SELECT statement FROM pg_prepared_statements");
      expect(kept.map(({ statement }) => String(statement).slice(0, 10))).toEqual(["WITH moved"]);
    },
  );
});

describeDialects("Scopes of tokens that were deleted since", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openTokenPair(dialect);
  });
  afterAll(() => pair.close());

  test("are left out with at most 12 statements on both sides for each batch of 100 changes", async () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => `t${String(i).padStart(4, "0")}`);
    await pair.source.test.exec([
      ...ids.map(insertToken),
      ...ids.map((id) => insertScope(id, "openid")),
      `DELETE FROM ${AT} WHERE TOKEN_ID NOT LIKE '%0'`,
    ]);
    let sent = 0;
    let batches = 0;
    let counted = 0;
    const count = {
      before: () => {
        sent += 1;
      },
    };
    await pair.run({
      batchSize: 100,
      sourceDb: watchedDatabase(pair.source.db, count),
      targetDb: watchedDatabase(pair.target.db, count),
      events: {
        batch: () => {
          batches += 1;
          counted = sent;
        },
      },
    });
    expect(await tokenIds(pair, "target")).toHaveLength(100);
    expect(await scopes(pair, "target")).toHaveLength(100);
    expect(batches).toBeGreaterThanOrEqual(38);
    expect(counted / batches).toBeLessThanOrEqual(12);
  });
});
