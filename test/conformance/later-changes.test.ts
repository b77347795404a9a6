import { afterAll, beforeAll, expect, test } from "vitest";
import type { TablePlan } from "../../src/contract/sync-plan.ts";
import { createLaterChanges, type LaterQuestion } from "../../src/journal/later-changes.ts";
import { sourceKeyOf } from "../../src/journal/net.ts";
import { createJournalReader } from "../../src/journal/reader.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { watchedDatabase } from "../support/watched-database.ts";

const create = "CREATE TABLE K (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(20))";
const ROWS = 60;

describeDialects("Whether a row is changed again further on", (dialect) => {
  let pair: BlueGreen;
  let table: TablePlan;
  let questions: readonly LaterQuestion[];

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: [create],
      targetSchema: [create],
      tables: ["K"],
    });
    await pair.prepare();
    table = await pair.table("K");
    const write: string[] = [];
    for (let i = 0; i < ROWS; i++) write.push(`INSERT INTO K (ID, N) VALUES ('key ${i}', 'x')`);
    for (let i = 0; i < ROWS; i += 2) write.push(`UPDATE K SET N = 'y' WHERE ID = 'key ${i}'`);
    for (let i = 0; i < ROWS; i += 5) write.push(`DELETE FROM K WHERE ID = 'key ${i}'`);
    // Keys that are one to some databases, and two to others.
    write.push("INSERT INTO K (ID, N) VALUES ('Ann', 'x')", "UPDATE K SET ID = 'ann' WHERE ID = 'Ann'");
    write.push("UPDATE K SET ID = 'ANN' WHERE ID = 'ann'", "UPDATE K SET N = 'z' WHERE ID = 'ANN'");
    await pair.source.test.exec(write);
    const reader = createJournalReader(pair.source, table);
    const { changes } = await reader.read({ position: 0n, digest: "" }, 1_000);
    questions = changes.flatMap((change) => {
      const key = sourceKeyOf(table.key, change);
      return [
        { after: change.position, key },
        { after: change.position - 1n, key },
      ];
    });
    questions = [...questions, ...["none", "ANN", "Ann "].map((id) => ({ after: 0n, key: [id] }))];
  });
  afterAll(() => pair.close());

  const answers = async (options: object): Promise<{ answers: boolean[]; statements: number }> => {
    let statements = 0;
    const db = watchedDatabase(pair.source.db, {
      before: () => {
        statements += 1;
      },
    });
    const later = createLaterChanges({ ...pair.source, db }, table, options);
    await later.prepare(questions);
    const given: boolean[] = [];
    for (const question of questions) given.push(await later.has(question));
    return { answers: given, statements };
  };

  test("is answered alike by a search for each and from the keys of the backlog, whole or in part", async () => {
    const searched = await answers({ searches: Number.POSITIVE_INFINITY });
    expect(searched.answers.filter((isLater) => isLater).length).toBeGreaterThan(ROWS);
    expect(searched.answers.filter((isLater) => !isLater).length).toBeGreaterThan(ROWS);
    const read = await answers({ searches: 0 });
    expect(read.answers).toEqual(searched.answers);
    const inPart = await answers({ searches: 0, maxRows: 10 });
    expect(inPart.answers).toEqual(searched.answers);
  });

  test("takes no search for each of many rows", async () => {
    const { statements } = await answers({ searches: 0 });
    expect(questions.length).toBeGreaterThan(200);
    // The backlog's keys, the changes found, and what only the database can tell apart.
    expect(statements).toBeLessThan(30);
  });

  test("knows what has come since", async () => {
    const later = createLaterChanges(pair.source, table, { searches: 0 });
    const [first] = questions.slice(-3);
    if (first === undefined) throw new Error("no question");
    await later.prepare([first]);
    expect(await later.has(first)).toBe(false);
    await pair.source.test.exec("INSERT INTO K (ID, N) VALUES ('none', 'x')");
    await later.prepare([first]);
    expect(await later.has(first)).toBe(true);
    await pair.source.test.exec("DELETE FROM K WHERE ID = 'none'");
  });
});
