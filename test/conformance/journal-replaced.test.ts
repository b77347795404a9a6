import { afterEach, beforeEach, expect, test } from "vitest";
import { installCapture } from "../../src/capture/install.ts";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { isJournalReplaced } from "../../src/journal/is-replaced.ts";
import { purgeJournal } from "../../src/journal/purge.ts";
import { readStatus } from "../../src/status/status.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";

const SCHEMA = ["CREATE TABLE ROWS_OF (ID INT PRIMARY KEY, V VARCHAR(20))"];
const TABLES = ["ROWS_OF"];
const insert = (id: number, value = "v"): string => `INSERT INTO ROWS_OF VALUES (${id}, '${value}')`;

/** How a journal's counter is set, and how a journal goes with all that belongs to it. */
interface Words {
  countFrom(position: number): string;
  readonly ofTable: string;
  readonly dropCounter: readonly string[];
}

const MYSQL: Words = {
  countFrom: (position) => `ALTER TABLE ROWS_OF_S AUTO_INCREMENT = ${position}`,
  ofTable: "",
  dropCounter: [],
};
const WORDS: Partial<Record<TestDialectName, Words>> = {
  postgres: {
    countFrom: (position) => `ALTER TABLE ROWS_OF_S ALTER COLUMN SYNC_ID RESTART WITH ${position}`,
    ofTable: " ON ROWS_OF",
    dropCounter: [],
  },
  mssql: {
    countFrom: (position) => `ALTER SEQUENCE ROWS_OF_Q RESTART WITH ${position}`,
    ofTable: "",
    dropCounter: ["DROP SEQUENCE ROWS_OF_Q"],
  },
  oracle: {
    countFrom: (position) => `ALTER SEQUENCE ROWS_OF_Q RESTART START WITH ${position}`,
    ofTable: "",
    dropCounter: ["DROP SEQUENCE ROWS_OF_Q"],
  },
};

describeDialects("A run whose journal is not what it was", (dialect) => {
  const words = WORDS[dialect.name] ?? MYSQL;
  let pair: BlueGreen;

  /** Five changes applied: the checkpoint stands at position 5. */
  beforeEach(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceSchema: SCHEMA,
      targetSchema: SCHEMA,
      tables: TABLES,
    });
    await pair.prepare();
    await pair.source.test.exec([1, 2, 3, 4, 5].map((id) => insert(id)));
    await pair.run();
    expect(await checkpoint()).toBe("5");
  });
  afterEach(() => pair.close());

  const checkpoint = async () =>
    String((await pair.target.test.query("SELECT SYNC_ID FROM ROWS_OF_SV"))[0]?.["SYNC_ID"]);
  const stops = async (message: RegExp): Promise<void> => {
    const before = await pair.rows("target", "ROWS_OF");
    await expect(pair.run()).rejects.toMatchObject({
      code: "JOURNAL_REPLACED",
      exitCode: 5,
      message: expect.stringMatching(message),
    });
    expect(await pair.rows("target", "ROWS_OF")).toEqual(before);
    expect(await checkpoint()).toBe("5");
  };
  const goesOn = async (): Promise<void> => {
    await pair.run();
    expect(await pair.rows("target", "ROWS_OF")).toEqual(await pair.rows("source", "ROWS_OF"));
  };
  /** What a restored backup does: rows and counter of the journal go back to a position. */
  const restoreTo = (position: number): string[] => [
    `DELETE FROM ROWS_OF WHERE ID > ${position}`,
    `DELETE FROM ROWS_OF_S WHERE SYNC_ID > ${position}`,
    words.countFrom(position + 1),
  ];
  const purge = async (position: bigint) =>
    expect(await purgeJournal(pair.source, await pair.table("ROWS_OF"), position)).toMatchObject({
      upTo: position,
    });

  test("stops when the journal was dropped and made anew, and can be told to begin with the new one", async () => {
    const { test: source } = pair.source;
    await source.exec([
      ...["IT", "UT", "DT"].map((kind) => `DROP TRIGGER ROWS_OF_${kind}${words.ofTable}`),
      "DROP TABLE ROWS_OF_S",
      ...words.dropCounter,
    ]);
    const tables = planTables(await pair.plan());
    const { journals } = await installCapture(pair.source.db, pair.source.dialect, tables);
    await source.exec(insert(6));
    await stops(/the journal was made anew.*checkpoint 5/);
    const prepare = prepareTarget(pair.target.db, pair.target.dialect, tables, journals);
    await expect(prepare).rejects.toMatchObject({ code: "JOURNAL_REPLACED", exitCode: 5 });
    await prepareTarget(pair.target.db, pair.target.dialect, tables, journals, { acceptNewJournal: true });
    await goesOn();
    expect(await checkpoint()).toBe("1");
  });

  test("stops when the journal was emptied and its counter began again", async () => {
    await pair.source.test.exec("TRUNCATE TABLE ROWS_OF_S");
    await stops(/ends before the checkpoint/);
    const tables = planTables(await pair.plan());
    const { journals } = await installCapture(pair.source.db, pair.source.dialect, tables);
    await prepareTarget(pair.target.db, pair.target.dialect, tables, journals, {
      acceptNewJournal: true,
      isReplaced: (table, at) => isJournalReplaced(pair.source, table, at),
    });
    await pair.source.test.exec(insert(6));
    await goesOn();
  });

  test("stops when the source was restored from a backup older than the checkpoint", async () => {
    await pair.source.test.exec(restoreTo(3));
    await stops(/ends before the checkpoint/);
    await pair.source.test.exec(insert(4, "other"));
    await stops(/ends before the checkpoint/);
  });

  test("stops when the restored source has gone beyond the checkpoint with other changes", async () => {
    await pair.source.test.exec([...restoreTo(3), ...[4, 5, 6, 7].map((id) => insert(id, "other"))]);
    await stops(/another change stands at the checkpoint's position/);
  });

  test("stops when the source lost its last commits and wrote the same image at the checkpoint's position again", async () => {
    // What a crash takes back that did not wait for the disk: rows, journal and counter.
    await pair.source.test.exec([...restoreTo(3), insert(9), insert(5)]);
    await stops(/another change stands at the checkpoint's position/);
  });

  test("goes on when the source was restored from a backup younger than the checkpoint", async () => {
    await pair.source.test.exec([6, 7, 8].map((id) => insert(id)));
    await pair.source.test.exec([...restoreTo(7), insert(8, "other"), "DELETE FROM ROWS_OF WHERE ID = 1"]);
    await goesOn();
    expect(await checkpoint()).toBe("9");
  });

  test("stops when the row at the checkpoint was deleted from the journal by hand", async () => {
    await pair.source.test.exec([insert(6), "DELETE FROM ROWS_OF_S WHERE SYNC_ID <= 5"]);
    await stops(/the change at the checkpoint is gone, the next one is 6/);
  });

  test("goes on when rows before the checkpoint were deleted by hand", async () => {
    await pair.source.test.exec([insert(6), "DELETE FROM ROWS_OF_S WHERE SYNC_ID < 5"]);
    await goesOn();
  });

  test("goes on after a purge up to the checkpoint", async () => {
    await purge(5n);
    await goesOn();
    await pair.source.test.exec([insert(6), "DELETE FROM ROWS_OF WHERE ID = 2"]);
    await goesOn();
    expect(await checkpoint()).toBe("7");
    await purge(7n);
    await pair.source.test.exec(insert(8));
    await goesOn();
    expect(await pair.source.test.query("SELECT SYNC_ID, ACTION FROM ROWS_OF_S ORDER BY 1")).toEqual([
      { SYNC_ID: "7", ACTION: "PURGE" },
      { SYNC_ID: "8", ACTION: "INSERT" },
    ]);
  });

  test("stops when the target was restored from before a purge", async () => {
    const [old] = await pair.target.test.query("SELECT SYNC_ID, DIGEST FROM ROWS_OF_SV");
    await pair.source.test.exec([insert(6), insert(7), insert(8)]);
    await goesOn();
    await purge(7n);
    const restored = (position: string, digest: string): string[] => [
      `DELETE FROM ROWS_OF WHERE ID > ${position}`,
      `UPDATE ROWS_OF_SV SET SYNC_ID = ${position}, DIGEST = '${digest}'`,
    ];
    await pair.target.test.exec(restored("5", String(old?.["DIGEST"])));
    await stops(/purged up to position 7, the target's checkpoint is 5/);
    const { source, target } = pair;
    const { tables } = await readStatus([{ name: "identity", plan: await pair.plan(), source, target }]);
    const rowsOf = tables.find(({ table }) => table === "ROWS_OF");
    expect(rowsOf?.problems).toEqual([expect.stringMatching(/^the journal was purged up to position 7/)]);
    await pair.target.test.exec(restored("0", ""));
    await expect(pair.run()).rejects.toMatchObject({
      code: "JOURNAL_REPLACED",
      message: expect.stringMatching(/purged up to position 7, the target's checkpoint is 0/),
    });
  });
});

describeDialects("A journal that was purged of everything", (dialect) => {
  test.runIf(dialect.startPrivate !== undefined)(
    "hands out higher positions after a restart of its server, and the run goes on",
    async () => {
      const server = await dialect.startPrivate?.();
      if (server === undefined) throw new Error("no private server");
      let pair: BlueGreen | undefined;
      try {
        pair = await openBlueGreen({
          source: { ...dialect, server: async () => server },
          target: dialect,
          sourceSchema: SCHEMA,
          targetSchema: SCHEMA,
          tables: TABLES,
        });
        await pair.prepare();
        await pair.source.test.exec([1, 2, 3].map((id) => insert(id)));
        await pair.run();
        await purgeJournal(pair.source, await pair.table("ROWS_OF"), 3n);
        await server.restart();
        await pair.source.test.exec([insert(4), "DELETE FROM ROWS_OF WHERE ID = 1"]);
        expect(await pair.source.test.query("SELECT SYNC_ID FROM ROWS_OF_S ORDER BY 1")).toEqual([
          { SYNC_ID: "3" },
          { SYNC_ID: "4" },
          { SYNC_ID: "5" },
        ]);
        await pair.run();
        expect(await pair.rows("target", "ROWS_OF")).toEqual(await pair.rows("source", "ROWS_OF"));
      } finally {
        await pair?.close();
        await server.stop();
      }
    },
  );
});

describeDialects("A journal of which nothing was applied yet", (dialect) => {
  const words = WORDS[dialect.name] ?? MYSQL;
  let pair: BlueGreen;
  beforeEach(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceSchema: SCHEMA,
      targetSchema: SCHEMA,
      tables: TABLES,
    });
    await pair.prepare();
    await pair.source.test.exec([insert(1), insert(2)]);
  });
  afterEach(() => pair.close());

  const refused = async (): Promise<void> => {
    await expect(pair.run()).rejects.toMatchObject({
      code: "JOURNAL_REPLACED",
      message: expect.stringMatching(/lacks the row that it began with.*\(checkpoint 0\)/),
    });
    expect(await pair.rows("target", "ROWS_OF")).toEqual([]);
  };

  test("begins with a row that is no change, and is refused when it was emptied", async () => {
    const { test: source } = pair.source;
    expect(await source.query("SELECT SYNC_ID, ACTION FROM ROWS_OF_S ORDER BY 1")).toEqual([
      { SYNC_ID: "0", ACTION: "ANCHOR" },
      { SYNC_ID: "1", ACTION: "INSERT" },
      { SYNC_ID: "2", ACTION: "INSERT" },
    ]);
    expect(await purgeJournal(pair.source, await pair.table("ROWS_OF"), 0n)).toEqual({ deleted: 0 });
    await source.exec("DELETE FROM ROWS_OF_S");
    await refused();
    await source.exec(insert(3));
    await refused();
    // A new beginning in the old place is another one.
    await source.exec(["DELETE FROM ROWS_OF_S", words.countFrom(1)]);
    await pair.prepare();
    await source.exec(insert(4));
    await refused();
    await expect(readStatus([{ ...pair, name: "identity", plan: await pair.plan() }])).resolves.toMatchObject(
      { tables: [{ problems: [expect.stringMatching(/lacks the row that it began with/)] }] },
    );
  });

  test("is read from its first change on where an older release made it, without such a row", async () => {
    await pair.source.test.exec("DELETE FROM ROWS_OF_S WHERE SYNC_ID = 0");
    await pair.target.test.exec("UPDATE ROWS_OF_SV SET DIGEST = ''");
    await pair.prepare();
    await pair.run();
    expect(await pair.rows("target", "ROWS_OF")).toEqual(await pair.rows("source", "ROWS_OF"));
  });
});
