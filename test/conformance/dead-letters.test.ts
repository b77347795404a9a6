import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { askForRetry, discard, listDeadLetters } from "../../src/apply/dead-letter.ts";
import { installCapture } from "../../src/capture/install.ts";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import { deadLettersName } from "../../src/contract/object-names.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import type { SyncError } from "../../src/errors.ts";
import { purgeJournal } from "../../src/journal/purge.ts";
import { findPurgeable } from "../../src/status/purgeable.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { watchedDatabase } from "../support/watched-database.ts";

const parent =
  "CREATE TABLE P (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(20), U VARCHAR(20), UNIQUE (U))";
const child =
  "CREATE TABLE C (ID VARCHAR(20) NOT NULL PRIMARY KEY, P_ID VARCHAR(20), N VARCHAR(20), FOREIGN KEY (P_ID) REFERENCES P (ID) ON DELETE CASCADE)";

/** The target is narrower than the source: what fits there is refused here. */
const narrowParent =
  "CREATE TABLE P (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(5) NOT NULL, U VARCHAR(20), UNIQUE (U))";

describeDialects("Changes that the target refuses", (dialect) => {
  /** Oracle refuses to make NOT NULL what is it already. */
  const widen = (length: number): string =>
    `ALTER TABLE P ${dialect.name === "mssql" ? "ALTER COLUMN" : "MODIFY"} N VARCHAR(${length})${dialect.name === "oracle" ? "" : " NOT NULL"}`;
  const setLength = (length: number): string =>
    dialect.name === "postgres" ? `ALTER TABLE P ALTER COLUMN N TYPE VARCHAR(${length})` : widen(length);
  const mend = [setLength(20)];
  const narrow = ["DELETE FROM P", setLength(5)];
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: [parent, child],
      targetSchema: [narrowParent, child],
      tables: ["P", "C"],
    });
    await pair.prepare();
  });
  afterAll(() => pair.close());

  const store = async () => ({
    dialect: pair.target.dialect,
    name: deadLettersName((await pair.table("P")).target.name),
  });
  const letters = async () => await listDeadLetters(pair.target.db, await store());
  const drain = async (batchSize = 1000): Promise<string> =>
    await pair.run({ batchSize }).then(
      () => "drained",
      (error: unknown) => (error as SyncError).code,
    );

  beforeEach(async () => {
    await pair.source.test.exec(["DELETE FROM C", "DELETE FROM P"]);
    await drain();
    await pair.target.test.exec(["DELETE FROM C", "DELETE FROM P"]);
    await discard(pair.target.db, await store(), await letters());
  });

  test("one poison row of each kind is set aside and every other row arrives", async () => {
    const good = Array.from({ length: 500 }, (_, i) => `('g${i}', 'n${i}', 'u${i}')`);
    const bad = ["('long', 'far too long', 'ul')", "('null', NULL, 'un')"];
    const rows = [...good.slice(0, 250), ...bad, ...good.slice(250)];
    await pair.source.test.exec(`INSERT INTO P (ID, N, U) VALUES ${rows.join(", ")}`);
    expect(await drain()).toBe("DEAD_LETTERS_LEFT");
    expect(await pair.rows("target", "P")).toHaveLength(500);
    expect(
      (await letters()).map(({ table, key, attempts }) => ({ table, key, tried: attempts > 0 })),
    ).toEqual([
      { table: "P", key: '["long"]', tried: true },
      { table: "P", key: '["null"]', tried: true },
    ]);
  });

  test("a dead letter holds no value of the row", async () => {
    await pair.source.test.exec("INSERT INTO P (ID, N, U) VALUES ('k', 'SECRETSECRET', 'SECRETU')");
    await drain();
    const found = await letters();
    expect(found).toHaveLength(1);
    expect(
      JSON.stringify(found, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value)),
    ).not.toContain("SECRET");
  });

  test("a later change of the same key supersedes its dead letter", async () => {
    await pair.source.test.exec("INSERT INTO P (ID, N, U) VALUES ('k', 'far too long', 'u')");
    expect(await drain()).toBe("DEAD_LETTERS_LEFT");
    await pair.source.test.exec("UPDATE P SET N = 'fits' WHERE ID = 'k'");
    expect(await drain()).toBe("drained");
    expect(await pair.rows("target", "P")).toEqual([{ ID: "k", N: "fits", U: "u" }]);
    expect(await letters()).toEqual([]);
  });

  test("children of a dead letter wait with it, and arrive once it is mended and retried", async () => {
    await pair.source.test.exec([
      "INSERT INTO P (ID, N, U) VALUES ('k', 'far too long', 'u')",
      "INSERT INTO C (ID, P_ID, N) VALUES ('c', 'k', 'x')",
      "INSERT INTO P (ID, N, U) VALUES ('ok', 'fits', 'u2')",
      "INSERT INTO C (ID, P_ID, N) VALUES ('c2', 'ok', 'x')",
    ]);
    expect(await drain(1)).toBe("DEAD_LETTERS_LEFT");
    expect(await pair.rows("target", "C")).toEqual([{ ID: "c2", P_ID: "ok", N: "x" }]);
    expect(await letters()).toHaveLength(2);
    await pair.target.test.exec(mend);
    await askForRetry(pair.target.db, await store(), await letters());
    expect(await drain()).toBe("drained");
    expect(await pair.rows("target", "C")).toEqual(await pair.rows("source", "C"));
    expect(await pair.rows("target", "P")).toEqual(await pair.rows("source", "P"));
    await pair.target.test.exec(narrow);
  });

  test("several children of dead letters are set aside, in one batch and while others are tried again", async () => {
    await pair.source.test.exec([
      "INSERT INTO P (ID, N, U) VALUES ('k1', 'far too long', 'u1'), ('k2', 'far too long', 'u2')",
      "INSERT INTO C (ID, P_ID, N) VALUES ('a', 'k1', 'x'), ('b', 'k1', 'x'), ('c', 'k2', 'x')",
    ]);
    expect(await drain()).toBe("DEAD_LETTERS_LEFT");
    expect((await letters()).filter(({ table }) => table === "C")).toHaveLength(3);
    await pair.source.test.exec("INSERT INTO C (ID, P_ID, N) VALUES ('d', 'k2', 'x')");
    await askForRetry(pair.target.db, await store(), await letters());
    expect(await drain()).toBe("DEAD_LETTERS_LEFT");
    const children = (await letters()).filter(({ table }) => table === "C");
    expect(children.map(({ key }) => key)).toEqual(['["a"]', '["b"]', '["c"]', '["d"]']);
    expect(children.map(({ lastTried }) => lastTried)).not.toContain("");
  });

  test("a deleted row takes its dead letter along", async () => {
    await pair.source.test.exec("INSERT INTO P (ID, N, U) VALUES ('k', 'far too long', 'u')");
    await drain();
    await pair.source.test.exec("DELETE FROM P WHERE ID = 'k'");
    expect(await drain()).toBe("drained");
    expect(await letters()).toEqual([]);
  });

  test("a swap of unique keys inside one batch needs no policy", async () => {
    await pair.source.test.exec([
      "INSERT INTO P (ID, N, U) VALUES ('a', 'x', 'u1')",
      "INSERT INTO P (ID, N, U) VALUES ('b', 'x', 'u2')",
    ]);
    await drain();
    await pair.source.test.exec([
      "UPDATE P SET U = 'tmp' WHERE ID = 'a'",
      "UPDATE P SET U = 'u1' WHERE ID = 'b'",
      "UPDATE P SET U = 'u2' WHERE ID = 'a'",
    ]);
    expect(await drain()).toBe("drained");
    expect(await pair.rows("target", "P")).toEqual([
      { ID: "a", N: "x", U: "u2" },
      { ID: "b", N: "x", U: "u1" },
    ]);
  });

  test("a row of green's own keeps its unique key, and the source's row becomes a dead letter", async () => {
    await pair.target.test.exec("INSERT INTO P (ID, N, U) VALUES ('green', 'x', 'u')");
    await pair.source.test.exec("INSERT INTO P (ID, N, U) VALUES ('blue', 'x', 'u')");
    expect(await drain()).toBe("DEAD_LETTERS_LEFT");
    expect(await pair.rows("target", "P")).toEqual([{ ID: "green", N: "x", U: "u" }]);
  });

  test("an update that collides on a unique key never overwrites the row that holds it", async () => {
    await pair.source.test.exec("INSERT INTO P (ID, N, U) VALUES ('blue', 'x', 'u1')");
    await drain();
    await pair.target.test.exec("INSERT INTO P (ID, N, U) VALUES ('green', 'x', 'u2')");
    await pair.source.test.exec("UPDATE P SET U = 'u2' WHERE ID = 'blue'");
    expect(await drain()).toBe("DEAD_LETTERS_LEFT");
    expect(await pair.rows("target", "P")).toEqual([
      { ID: "blue", N: "x", U: "u1" },
      { ID: "green", N: "x", U: "u2" },
    ]);
  });

  test("with keep-target the source's row and its children are dropped", async () => {
    await pair.target.test.exec("INSERT INTO P (ID, N, U) VALUES ('green', 'x', 'u')");
    await pair.source.test.exec([
      "INSERT INTO P (ID, N, U) VALUES ('blue', 'x', 'u')",
      "INSERT INTO C (ID, P_ID, N) VALUES ('c', 'blue', 'x')",
    ]);
    await pair.run({ conflictPolicy: "keep-target" });
    expect(await pair.rows("target", "P")).toEqual([{ ID: "green", N: "x", U: "u" }]);
    expect(await pair.rows("target", "C")).toEqual([]);
    expect(await letters()).toEqual([]);
  });

  test("more dead letters than the limit stop the group with the reason, and lose nothing", async () => {
    await pair.source.test.exec(
      "INSERT INTO P (ID, N, U) VALUES ('a', 'far too long', 'u1'), ('b', 'far too long', 'u2'), ('c', 'far too long', 'u3')",
    );
    await expect(pair.run({ deadLetterLimit: 2, batchSize: 1 })).rejects.toMatchObject({
      code: "ROW_REFUSED",
      exitCode: 7,
    });
    expect(await letters()).toHaveLength(3);
  });

  test("letters of a journal that was made anew are forgotten: their positions are other changes' now", async () => {
    await pair.source.test.exec("INSERT INTO P (ID, N, U) VALUES ('k', 'far too long', 'u')");
    expect(await drain()).toBe("DEAD_LETTERS_LEFT");
    const tables = planTables(await pair.plan());
    const { journals } = await installCapture(pair.source.db, pair.source.dialect, tables);
    const begin = async () =>
      await prepareTarget(pair.target.db, pair.target.dialect, tables, journals, { acceptNewJournal: true });
    await begin();
    expect(await letters()).toHaveLength(1);
    await pair.target.test.exec(`UPDATE ${tables[0]?.targetNames.checkpoint} SET JOURNAL_ID = 'the old one'`);
    await begin();
    expect(await letters()).toEqual([]);
  });

  /** A row of green's own, which nobody syncs, refers to the row. */
  const refuseDeletes = [
    "CREATE TABLE GREEN (P_ID VARCHAR(20), FOREIGN KEY (P_ID) REFERENCES P (ID))",
    "INSERT INTO GREEN (P_ID) VALUES ('k')",
  ];
  const allowDeletes = ["DROP TABLE GREEN"];

  test("with keep-target a row whose deletion was refused is not taken for green's own when it is made again", async () => {
    await pair.source.test.exec([
      "INSERT INTO P (ID, N, U) VALUES ('k', 'old', 'u')",
      "INSERT INTO C (ID, P_ID) VALUES ('c', 'k')",
    ]);
    expect(await drain()).toBe("drained");
    await pair.target.test.exec(refuseDeletes);
    await pair.source.test.exec([
      "DELETE FROM P WHERE ID = 'k'",
      "INSERT INTO P (ID, N, U) VALUES ('k', 'new', 'u')",
    ]);
    await pair.run({ batchSize: 1, conflictPolicy: "keep-target" });
    await pair.target.test.exec(allowDeletes);
    expect(await pair.rows("target", "P")).toEqual(await pair.rows("source", "P"));
  });

  test("a change that is set aside while its journal is purged keeps its row there", async () => {
    await pair.source.test.exec("INSERT INTO P (ID, N, U) VALUES ('k', 'far too long', 'u')");
    let looks = 0;
    const db = watchedDatabase(pair.target.db, {
      // A runner sets it aside between the two looks at the target.
      async after(sql) {
        if (/SYNC_ID/i.test(sql) && looks++ === 0) await drain();
      },
    });
    const table = await pair.table("P");
    const purgeable = await findPurgeable({ ...pair.target, db }, [table], table);
    expect(looks).toBe(2);
    await purgeJournal(pair.source, table, purgeable?.upTo ?? 0n);
    await pair.target.test.exec(mend);
    await askForRetry(pair.target.db, await store(), await letters());
    expect(await drain()).toBe("drained");
    expect(await pair.rows("target", "P")).toHaveLength(1);
    await pair.target.test.exec(narrow);
  });
});
