import { afterAll, beforeAll, expect, test } from "vitest";
import { describeDialects } from "../support/dialects.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { waitFor } from "../support/wait-for.ts";

describeDialects("a test database", (dialect) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await (await dialect.server()).createDatabase();
  });
  afterAll(() => database.drop());

  test("gives every value as text and column names in upper case", async () => {
    await database.exec([
      "CREATE TABLE a (id INT PRIMARY KEY, amount DECIMAL(20,4), name VARCHAR(20))",
      "INSERT INTO a VALUES (1, 9007199254740993.0001, '😀')",
      "INSERT INTO a VALUES (2, NULL, '')",
    ]);
    expect(await database.query("SELECT * FROM a ORDER BY id")).toEqual([
      { ID: "1", AMOUNT: "9007199254740993.0001", NAME: "😀" },
      { ID: "2", AMOUNT: null, NAME: "" },
    ]);
  });

  test("keeps what an open transaction has written from other sessions", async () => {
    await database.exec("CREATE TABLE b (id INT PRIMARY KEY)");
    const writer = await database.session();
    await writer.exec(["BEGIN", "INSERT INTO b VALUES (1)"]);
    expect(await database.query("SELECT * FROM b")).toEqual([]);
    await writer.exec("COMMIT");
    expect(await database.query("SELECT * FROM b")).toEqual([{ ID: "1" }]);
    await writer.close();
  });

  const { startPrivate } = dialect;
  if (startPrivate !== undefined) {
    test("survives the kill of its server with all that was committed", async () => {
      const server = await startPrivate();
      try {
        const own = await server.createDatabase();
        await own.exec(["CREATE TABLE c (id INT PRIMARY KEY)", "INSERT INTO c VALUES (7)"]);
        await server.kill();
        await expect(own.query("SELECT * FROM c")).rejects.toThrow();
        await server.restart();
        expect(await own.query("SELECT * FROM c")).toEqual([{ ID: "7" }]);
      } finally {
        await server.stop();
      }
    });
  }
});

test("a wait that is in vain says for what", async () => {
  await expect(
    waitFor(() => false, { what: "the moon", timeoutMs: 1, facts: () => "it is day" }),
  ).rejects.toThrow("Waited 1 ms in vain for: the moon\nit is day");
});
