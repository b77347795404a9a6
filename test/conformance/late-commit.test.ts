import { afterEach, beforeEach, expect, test } from "vitest";
import { type BackgroundRun, startRun } from "../support/background-run.ts";
import { type BlueGreen, waitUntilEqual } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { insertToken, openTokenPair, TOKEN_TABLES, tokenIds, touchToken } from "../support/token-rows.ts";
import { waitFor } from "../support/wait-for.ts";
import { watchedDatabase } from "../support/watched-database.ts";

const [AT] = TOKEN_TABLES;

describeDialects("A transaction that commits late", (dialect) => {
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

  const values = async (): Promise<unknown[]> =>
    (await pair.rows("target", AT)).map((row) => [row["TOKEN_ID"], row["REFRESH_TOKEN"]]).sort();

  test("is waited for, and nothing of it is lost", async () => {
    const late = await pair.source.test.session();
    await late.exec(["BEGIN", insertToken("late")]);
    await pair.source.test.exec(insertToken("early"));
    run = startRun(pair);
    await run.blocked();
    expect(await tokenIds(pair, "target")).toEqual([]);
    await late.exec("COMMIT");
    await waitUntilEqual(pair, AT);
    expect(await tokenIds(pair, "target")).toEqual(["early", "late"]);
  });

  test("leaves each row as it was written last", async () => {
    await pair.source.test.exec([insertToken("a"), insertToken("b")]);
    run = startRun(pair, { batchSize: 1 });
    await waitUntilEqual(pair, AT);
    const late = await pair.source.test.session();
    await late.exec(["BEGIN", touchToken("a", "late")]);
    await pair.source.test.exec([touchToken("b", "first"), touchToken("b", "second")]);
    await run.blocked();
    await late.exec("COMMIT");
    await pair.source.test.exec(touchToken("a", "last"));
    await waitUntilEqual(pair, AT);
    expect(await values()).toEqual([
      ["a", "last"],
      ["b", "second"],
    ]);
  });

  test("may have rolled back to a savepoint", async () => {
    const late = await pair.source.test.session();
    await late.exec(["BEGIN", insertToken("b-kept"), "SAVEPOINT s", insertToken("c-gone")]);
    // Before the rollback: after it InnoDB keeps the journal's end locked until the transaction ends.
    await pair.source.test.exec(insertToken("a-early"));
    await late.exec("ROLLBACK TO SAVEPOINT s");
    run = startRun(pair, { batchSize: 1 });
    await run.blocked();
    await late.exec([insertToken("d-kept"), "COMMIT"]);
    await waitUntilEqual(pair, AT);
    expect(await tokenIds(pair, "target")).toEqual(["a-early", "b-kept", "d-kept"]);
  });

  test.runIf(dialect.name === "postgres")(
    "may have been prepared for two-phase commit meanwhile",
    async () => {
      const late = await pair.source.test.session();
      await late.exec(["BEGIN", insertToken("late")]);
      await pair.source.test.exec(insertToken("early"));
      let looks = 0;
      const sourceDb = watchedDatabase(pair.source.db, {
        after(sql) {
          if (sql.includes("pg_locks")) looks += 1;
        },
      });
      run = startRun(pair, { sourceDb });
      await run.blocked();
      await late.exec(`PREPARE TRANSACTION '${pair.source.test.name}'`);
      looks = 0;
      await waitFor(() => looks >= 3, { what: "the runner to look again" });
      await pair.source.test.exec(insertToken("after"));
      looks = 0;
      await waitFor(() => looks >= 3, { what: "the runner to look again" });
      expect(await tokenIds(pair, "target")).toEqual([]);
      await late.exec(`COMMIT PREPARED '${pair.source.test.name}'`);
      await waitUntilEqual(pair, AT);
      expect(await tokenIds(pair, "target")).toEqual(["after", "early", "late"]);
    },
  );
});
