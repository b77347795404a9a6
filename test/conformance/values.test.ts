import { afterAll, beforeAll, expect, test } from "vitest";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { everyType } from "./every-type.ts";

describeDialects("Values", (dialect) => {
  const { source, target, writes, select, ...limits } = everyType(dialect.name);
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceSchema: source,
      targetSchema: target,
      tables: ["EVERY_TYPE"],
    });
    await pair.prepare();
    await pair.source.test.exec(writes);
    await pair.run({ batchSize: 2 });
  });
  afterAll(() => pair.close());

  const read = (side: "source" | "target") =>
    pair[side].test.query(`SELECT ${select} FROM EVERY_TYPE ORDER BY ID`);

  test("of every type are on the target as they are on the source", async () => {
    const rows = await read("target");
    expect(rows).toHaveLength(4);
    expect(rows).toEqual(await read("source"));
  });

  test("at the limits of their types are what was written", async () => {
    const [empty, , cased] = await read("target").then((rows) => [rows[0], rows[1], rows[3]]);
    const [, full, low] = await read("target").then((rows) =>
      Buffer.from(rows[1]?.["ID"] as Uint8Array).toString("hex") === "00ff27"
        ? [rows[0], rows[1], rows[2]]
        : [rows[0], rows[2], rows[1]],
    );
    expect(full).toMatchObject(limits.full);
    expect(low).toMatchObject(limits.low);
    expect(empty).toMatchObject({ V: null, T: null, D: null, BI: null });
    expect(cased).toMatchObject({ V: "after|" });
  });

  test("of a column that only the target has are its default, and the plan names what is dropped once", async () => {
    expect(await pair.target.test.query("SELECT DISTINCT TARGET_ONLY AS T FROM EVERY_TYPE")).toEqual([
      { T: "it's" },
    ]);
    expect((await pair.plan()).notes).toEqual([
      expect.stringMatching(/^EVERY_TYPE: dropped, since only the source has it: SOURCE_ONLY$/),
    ]);
  });

  test("of a column that only the target has stay as they are when the row is updated", async () => {
    await pair.target.test.exec("UPDATE EVERY_TYPE SET TARGET_ONLY = 'green'");
    await pair.source.test.exec("UPDATE EVERY_TYPE SET V = 'again' WHERE V = 'after'");
    await pair.run();
    expect(
      await pair.target.test.query("SELECT V, TARGET_ONLY AS T FROM EVERY_TYPE WHERE V = 'again'"),
    ).toEqual([{ V: "again", T: "green" }]);
  });

  test("of CHAR columns are found by key and lose their padding in VARCHAR columns", async () => {
    const chars = await openBlueGreen({
      source: dialect,
      sourceSchema: ["CREATE TABLE CHARS (ID CHAR(5) PRIMARY KEY, V CHAR(5), N INT)"],
      targetSchema: ["CREATE TABLE CHARS (ID CHAR(5) PRIMARY KEY, V VARCHAR(5), N INT)"],
      tables: ["CHARS"],
    });
    try {
      await chars.prepare();
      await chars.source.test.exec("INSERT INTO CHARS VALUES ('a', 'x', 1), ('b', 'y', 1), ('c', 'z', 1)");
      await chars.run();
      await chars.source.test.exec([
        "DELETE FROM CHARS WHERE ID = 'a'",
        "UPDATE CHARS SET ID = 'd' WHERE ID = 'b'",
        "UPDATE CHARS SET N = 2 WHERE ID = 'c'",
      ]);
      await chars.run({ batchSize: 1 });
      const rows = await chars.target.test.query("SELECT ID, CONCAT(V, '|') AS V, N FROM CHARS ORDER BY ID");
      expect(rows.map((row) => ({ ...row, ID: String(row["ID"]).trimEnd() }))).toEqual([
        { ID: "c", V: "z|", N: "2" },
        { ID: "d", V: "y|", N: "1" },
      ]);
    } finally {
      await chars.close();
    }
  });
});
