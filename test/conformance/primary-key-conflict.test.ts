import { afterEach, expect, test } from "vitest";
import type { ConflictPolicy } from "../../src/apply/conflict.ts";
import { listDeadLetters } from "../../src/apply/dead-letter.ts";
import { deadLettersName } from "../../src/contract/object-names.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { createTables } from "../support/wso2-tables.ts";

const DATA = "IDN_IDENTITY_USER_DATA";
const PARENT = "CREATE TABLE P (ID VARCHAR(20) NOT NULL PRIMARY KEY, V VARCHAR(20))";
const REFERRING =
  "CREATE TABLE R (ID VARCHAR(20) NOT NULL PRIMARY KEY, P VARCHAR(20), FOREIGN KEY (P) REFERENCES P (ID))";

const insert = (user: string, value: string): string =>
  `INSERT INTO ${DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, '${user}', 'k', '${value}')`;
const update = (user: string, value: string): string =>
  `UPDATE ${DATA} SET DATA_VALUE = '${value}' WHERE USER_NAME = '${user}'`;
const remove = (user: string): string => `DELETE FROM ${DATA} WHERE USER_NAME = '${user}'`;

describeDialects("A row with the same primary key on both sides", (dialect) => {
  let pair: BlueGreen;
  afterEach(() => pair.close());

  async function open(): Promise<void> {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: [...createTables(dialect.name, "5.11.0", [DATA]), PARENT],
      targetSchema: [...createTables(dialect.name, "5.11.0", [DATA]), PARENT, REFERRING],
      tables: [DATA, "P"],
    });
    await pair.prepare();
  }
  const green = async (): Promise<Readonly<Record<string, unknown>>> =>
    Object.fromEntries((await pair.rows("target", DATA)).map((row) => [row["USER_NAME"], row["DATA_VALUE"]]));
  const letters = async (table: string): Promise<readonly unknown[]> => {
    const store = {
      dialect: pair.target.dialect,
      name: deadLettersName((await pair.table(table)).target.name),
    };
    return (await listDeadLetters(pair.target.db, store, table)).map((letter) => letter.key);
  };

  for (const conflictPolicy of ["dead-letter", "newest"] satisfies ConflictPolicy[]) {
    test(`is one row, and blue's image of it, with ${conflictPolicy}`, async () => {
      await open();
      await pair.target.test.exec([insert("ann", "green"), insert("own", "green")]);
      await pair.source.test.exec([insert("ann", "blue"), insert("eve", "blue")]);
      await pair.run({ conflictPolicy });
      expect(await green()).toEqual({ ann: "blue", eve: "blue", own: "green" });
      expect(await letters(DATA)).toEqual([]);
    });
  }

  test("stays green's with keep-target until blue writes it again", async () => {
    await open();
    await pair.target.test.exec([insert("ann", "green"), insert("bob", "green")]);
    await pair.source.test.exec([insert("ann", "blue"), insert("eve", "blue"), insert("bob", "blue")]);
    await pair.run({ conflictPolicy: "keep-target" });
    expect(await green()).toEqual({ ann: "green", eve: "blue", bob: "green" });
    await pair.source.test.exec([update("ann", "blue again"), remove("bob")]);
    await pair.run({ conflictPolicy: "keep-target" });
    expect(await green()).toEqual({ ann: "blue again", eve: "blue" });
    expect(await letters(DATA)).toEqual([]);
  });

  for (const batchSize of [1, 100]) {
    test(`that the dump carried is never taken for green's own, ${batchSize} at a time`, async () => {
      await open();
      await pair.source.test.exec([
        insert("same", "1"),
        insert("later", "1"),
        insert("anew", "1"),
        insert("gone", "1"),
        insert("twice", "1"),
      ]);
      await pair.source.test.exec([update("later", "2"), update("twice", "2")]);
      for (const row of await pair.rows("source", DATA))
        await pair.target.test.exec(insert(String(row["USER_NAME"]), String(row["DATA_VALUE"])));
      await pair.source.test.exec([
        remove("anew"),
        insert("anew", "3"),
        remove("gone"),
        update("twice", "3"),
        insert("new", "1"),
      ]);
      await pair.run({ conflictPolicy: "keep-target", batchSize });
      expect(await green()).toEqual({ same: "1", later: "2", anew: "3", twice: "3", new: "1" });
    });

    test(`that is there only because its deletion was refused is blue's, ${batchSize} at a time`, async () => {
      await open();
      await pair.source.test.exec("INSERT INTO P VALUES ('p', 'old')");
      await pair.run({ conflictPolicy: "keep-target" });
      await pair.target.test.exec("INSERT INTO R VALUES ('r', 'p')");
      await pair.source.test.exec("DELETE FROM P");
      await pair.run({ conflictPolicy: "keep-target", until: "one pass" });
      expect(await letters("P")).toEqual(['["p"]']);
      await pair.source.test.exec("INSERT INTO P VALUES ('p', 'new')");
      await pair.run({ conflictPolicy: "keep-target", batchSize });
      expect(await pair.rows("target", "P")).toEqual([{ ID: "p", V: "new" }]);
    });
  }
});
