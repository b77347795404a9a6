import { afterAll, beforeAll, expect, test } from "vitest";
import { listDeadLetters } from "../../src/apply/dead-letter.ts";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import { deadLettersName } from "../../src/contract/object-names.ts";
import type { Database } from "../../src/db/database.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects, type TestDialect } from "../support/dialects.ts";
import type { TestServer } from "../support/servers/test-server.ts";

const LIMIT = 64 * 1024;
const TABLE = "CREATE TABLE W (ID VARCHAR(255) NOT NULL PRIMARY KEY, U VARCHAR(20), D LONGTEXT, UNIQUE (U))";
const ROWS = 400;
/** As long as a key may be: all of them together are more than one statement takes. */
const id = (name: string | number): string => `${name}-${"k".repeat(240)}`;

/** The other databases have no such limit but PostgreSQL's of a gigabyte. */
const hasLimit = (dialect: TestDialect): boolean => dialect.name === "mysql" || dialect.name === "mariadb";

describeDialects("A target with a small max_allowed_packet", (dialect) => {
  const { startPrivate } = dialect;
  if (!hasLimit(dialect) || startPrivate === undefined) {
    test.skip("skipped: the server has no such limit, or comes by URL and must not be harmed", () =>
      undefined);
    return;
  }
  let server: TestServer;
  let pair: BlueGreen;
  const opened: Database[] = [];

  beforeAll(async () => {
    server = await startPrivate();
    await setLimit(LIMIT);
    pair = await openBlueGreen({
      source: dialect,
      target: { ...dialect, server: () => Promise.resolve(server) },
      sourceVersion: "5.11.0",
      sourceSchema: [TABLE],
      targetSchema: [TABLE],
      tables: ["W"],
    });
    await pair.prepare();
  });
  afterAll(async () => {
    for (const db of opened) await db.close();
    await pair.close();
    await server.stop();
  });

  async function setLimit(bytes: number): Promise<void> {
    const foothold = await server.createDatabase();
    const admin = await foothold.session({ admin: true });
    await admin.exec(`SET GLOBAL max_allowed_packet = ${bytes}`);
    await admin.close();
    await foothold.drop();
  }
  /** With connections of its own: a connection keeps the limit that it began with. */
  async function run(): Promise<unknown> {
    const targetDb = await pair.target.dialect.connect(pair.target.test.settings as ConnectionSettings);
    opened.push(targetDb);
    return await pair.run({ batchSize: 1_000, targetDb }).then(
      () => undefined,
      (error: { code?: unknown }) => error.code,
    );
  }
  const letters = async (): Promise<readonly unknown[]> => {
    const store = {
      dialect: pair.target.dialect,
      name: deadLettersName((await pair.table("W")).target.name),
    };
    return (await listDeadLetters(pair.target.db, store, "W")).map(({ key, reason }) => [
      String(JSON.parse(key)[0]).split("-")[0],
      reason,
    ]);
  };
  const insert = (name: string | number, text: string): string =>
    `INSERT INTO W VALUES ('${id(name)}', 'u${name}', ${text})`;

  test("takes batches above it in parts, and sets aside alone a row that is above it", async () => {
    await pair.source.test.exec([
      ...Array.from({ length: ROWS }, (_, i) => insert(i, "REPEAT('x', 500)")),
      insert("fits", "REPEAT('é', 32000)"),
      insert("large", "REPEAT('x', 70000)"),
      // Each takes two bytes in the statement.
      insert("quotes", "REPEAT('\\'', 40000)"),
    ]);
    expect(await run()).toBe("DEAD_LETTERS_LEFT");
    const reason =
      "the row is larger than the server's max_allowed_packet: raise it, then start the run again";
    expect(await letters()).toEqual([
      ["large", reason],
      ["quotes", reason],
    ]);
    const count = "SELECT COUNT(*) AS N, SUM(LENGTH(D)) AS L FROM W";
    expect(await pair.target.test.query(count)).toEqual([
      { N: String(ROWS + 1), L: String(ROWS * 500 + 64_000) },
    ]);

    await setLimit(1024 * 1024);
    expect(await run()).toBeUndefined();
    expect(await letters()).toEqual([]);
    await setLimit(LIMIT);
    await pair.source.test.exec(`UPDATE W SET D = 'small'`);
    expect(await run()).toBeUndefined();
    expect(await pair.rows("target", "W")).toEqual(await pair.rows("source", "W"));
    await pair.source.test.exec("DELETE FROM W WHERE U <> 'ufits'");
    expect(await run()).toBeUndefined();
    expect(await pair.target.test.query("SELECT U FROM W")).toEqual([{ U: "ufits" }]);
  });
});
