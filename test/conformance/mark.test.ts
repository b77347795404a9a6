import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { isComplete, readCaptureState } from "../../src/capture/capture-state.ts";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import type { Queryable } from "../../src/db/database.ts";
import { startRun } from "../support/background-run.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { waitFor } from "../support/wait-for.ts";

/** A chain of cascades, a table that refers to itself, and ancestors that are not synced. */
const SCHEMA = [
  "CREATE TABLE TOP_OF (ID INT PRIMARY KEY)",
  "CREATE TABLE PARENT (ID INT PRIMARY KEY, T INT, V VARCHAR(20), FOREIGN KEY (T) REFERENCES TOP_OF (ID) ON DELETE CASCADE)",
  "CREATE TABLE CHILD (ID INT PRIMARY KEY, P INT, FOREIGN KEY (P) REFERENCES PARENT (ID) ON DELETE CASCADE)",
];

/** Every kind of write, a changed key and cascades over one and two tables among them; what is there before is gone after. */
const LIFE = [
  "INSERT INTO TOP_OF VALUES (1)",
  "INSERT INTO PARENT VALUES (10, 1, 'a')",
  "INSERT INTO PARENT VALUES (11, 1, 'b')",
  "INSERT INTO CHILD VALUES (100, 10)",
  "INSERT INTO CHILD VALUES (101, 11)",
  "UPDATE PARENT SET V = 'c' WHERE ID = 10",
  "UPDATE CHILD SET ID = 102 WHERE ID = 101",
  "DELETE FROM PARENT WHERE ID = 10",
  "DELETE FROM TOP_OF WHERE ID = 1",
];

/** What triggers journal of it, by table; the rows of one cascade may come in any order. */
const JOURNALED = {
  PARENT: ["INSERT 10", "INSERT 11", "UPDATE 10", "DELETE 10", "DELETE 11"],
  CHILD: ["INSERT 100", "INSERT 101", "DELETE 101", "UPDATE 102", "DELETE 100", "DELETE 102"],
};

/** Of a thing that depends on which open table a session is given: enough to be seen each time where it is wrong. */
const TURNS = 40;

describeDialects("The mark", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceSchema: SCHEMA,
      targetSchema: SCHEMA,
      tables: ["PARENT", "CHILD"],
    });
    await pair.prepare();
  });
  afterAll(() => pair?.close());
  beforeEach(() => pair.source.test.exec(["DELETE FROM PARENT_S", "DELETE FROM CHILD_S"]));

  const journaled = async () => {
    const lines = async (journal: string) =>
      (await pair.source.test.query(`SELECT ACTION, ID FROM ${journal} ORDER BY SYNC_ID`)).map(
        (row) => `${row["ACTION"]} ${row["ID"]}`,
      );
    return { PARENT: await lines("PARENT_S"), CHILD: await lines("CHILD_S") };
  };
  const live = async (db: Queryable): Promise<void> => {
    for (const sql of LIFE) await db.execute(sql);
  };

  test("keeps what a marked session writes out of the journals, cascades included", async () => {
    const { dialect: product, test: server } = pair.source;
    const marked = await product.connect(server.settings as ConnectionSettings, { marked: true });
    try {
      await live(marked);
      await marked.transaction(live);
      const session = await marked.session();
      await live(session);
      await session.release();
      expect(await journaled()).toEqual({ PARENT: [], CHILD: [] });
    } finally {
      await marked.close();
    }
  });

  test("is not there where an application writes, beside a marked session too", async () => {
    const { dialect: product, test: server } = pair.source;
    const marked = await product.connect(server.settings as ConnectionSettings, { marked: true });
    try {
      await marked.transaction(async (tx) => {
        await tx.execute("INSERT INTO PARENT VALUES (90, NULL, 'marked')");
        await live(pair.source.db);
      });
      expect(await journaled()).toEqual(JOURNALED);
      await pair.source.test.exec("DELETE FROM PARENT WHERE ID = 90");
    } finally {
      await marked.close();
    }
  });

  test("ends with its session: whoever is given the tables that it had open is journaled", async () => {
    const { dialect: product, test: server } = pair.source;
    await server.exec("INSERT INTO PARENT VALUES (90, NULL, '0')");
    const marked = await product.connect(server.settings as ConnectionSettings, { marked: true });
    const counts: number[] = [];
    try {
      for (let turn = 1; turn <= TURNS; turn++) {
        const change = `UPDATE PARENT SET V = '${turn}' WHERE ID = 90`;
        if (turn % 2 === 1) await marked.execute(change);
        else await server.exec(change);
        counts.push(Number((await server.query("SELECT COUNT(*) AS N FROM PARENT_S"))[0]?.["N"]));
      }
    } finally {
      await marked.close();
    }
    // The row's own insert, and of every two changes one.
    expect(counts).toEqual(Array.from({ length: TURNS }, (_, i) => 1 + Math.floor((i + 1) / 2)));
    await server.exec("DELETE FROM PARENT WHERE ID = 90");
  });
});

/** The triggers of ROWS_OF as the release before the mark made them. */
const WITHOUT_MARK: Partial<Record<TestDialectName, readonly string[]>> = {
  postgres: ["INSERT NEW", "UPDATE NEW", "DELETE OLD"].flatMap((kind) => {
    const [event = "", row = ""] = kind.split(" ");
    const name = `rows_of_${event.charAt(0).toLowerCase()}t`;
    const insert = (action: string, from: string) =>
      `INSERT INTO %1$I."rows_of_s" ("id", "v", action)\n  VALUES (${from}."id", ${from}."v", '${action}');`;
    const moved = `IF ROW(NEW."id") IS DISTINCT FROM ROW(OLD."id") THEN\n  ${insert("DELETE", "OLD")}\n  END IF;\n  `;
    return [
      `DROP TRIGGER ${name} ON rows_of`,
      `DO $o$ BEGIN EXECUTE format($t$CREATE OR REPLACE FUNCTION %1$I.${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $body$
-- sync-tool capture v1 0123456789ab
BEGIN
  ${event === "UPDATE" ? moved : ""}${insert(event, row)}
  RETURN NULL;
END
$body$$t$, current_schema()); END $o$`,
      `CREATE TRIGGER ${name} AFTER ${event} ON rows_of FOR EACH ROW EXECUTE FUNCTION ${name}()`,
      `ALTER TABLE rows_of ENABLE ALWAYS TRIGGER ${name}`,
    ];
  }),
  mysql: ["INSERT NEW", "UPDATE NEW", "DELETE OLD"].flatMap((kind) => {
    const [event = "", row = ""] = kind.split(" ");
    const name = `\`ROWS_OF_${event.charAt(0)}T\``;
    const insert = (action: string, from: string) =>
      `INSERT INTO \`ROWS_OF_S\` (\`ID\`, \`V\`, ACTION) VALUES (${from}.\`ID\`, ${from}.\`V\`, '${action}');`;
    const moved = `IF NOT (OLD.\`ID\` <=> NEW.\`ID\`) THEN ${insert("DELETE", "OLD")} END IF; `;
    const work = `${event === "UPDATE" ? moved : ""}${insert(event, row)}`;
    return [
      `DROP TRIGGER ${name}`,
      `CREATE TRIGGER ${name} AFTER ${event} ON \`ROWS_OF\` FOR EACH ROW sync_tool_v1_0123456789ab: BEGIN ${work} END sync_tool_v1_0123456789ab`,
    ];
  }),
};

describeDialects(
  "Triggers of the shape before the mark",
  (dialect) => {
    let pair: BlueGreen;
    beforeAll(async () => {
      const schema = ["CREATE TABLE ROWS_OF (ID INT PRIMARY KEY, V VARCHAR(20))"];
      pair = await openBlueGreen({
        source: dialect,
        sourceSchema: schema,
        targetSchema: schema,
        tables: ["ROWS_OF"],
      });
    });
    afterAll(() => pair?.close());

    /** Writes until told to stop; gives how many rows it inserted, each changed once, every third deleted. */
    async function write(writer: number, stopped: () => boolean): Promise<number> {
      const session = await pair.source.test.session();
      let n = 0;
      for (; !stopped(); n++) {
        const id = writer * 1_000_000 + n;
        await session.exec(`INSERT INTO ROWS_OF VALUES (${id}, 'new')`);
        await session.exec(`UPDATE ROWS_OF SET V = 'changed' WHERE ID = ${id}`);
        if (n % 3 === 0) await session.exec(`DELETE FROM ROWS_OF WHERE ID = ${id}`);
      }
      await session.close();
      return n;
    }

    test("are replaced while users write and a run works: no change is lost, none is journaled twice", async () => {
      await pair.prepare();
      const old = WITHOUT_MARK[dialect.name === "postgres" ? "postgres" : "mysql"] ?? [];
      await pair.source.test.exec(old);
      const state = async () =>
        await readCaptureState(pair.source.db, pair.source.dialect, planTables(await pair.plan()));
      const outdated = (await state()).flatMap(({ drifted }) => drifted.map(({ object }) => object.name));
      expect(new Set(outdated.map((name) => name.toUpperCase()))).toEqual(
        new Set(["ROWS_OF_IT", "ROWS_OF_UT", "ROWS_OF_DT"]),
      );
      let stop = false;
      const writers = [1, 2, 3, 4].map((writer) => write(writer, () => stop));
      const run = startRun(pair);
      const journaled = async (): Promise<number> =>
        Number((await pair.source.test.query("SELECT MAX(SYNC_ID) AS N FROM ROWS_OF_S"))[0]?.["N"] ?? 0);
      const grown = async (by: number): Promise<void> => {
        const before = await journaled();
        await waitFor(async () => (await journaled()) > before + by, {
          what: "more to be journaled",
          timeoutMs: 60_000,
        });
      };
      await grown(200);
      await pair.prepare();
      await grown(200);
      stop = true;
      const inserted = (await Promise.all(writers)).reduce((sum, n) => sum + n, 0);
      await run.stop();
      expect((await state()).every(isComplete)).toBe(true);
      const counts = await pair.source.test.query(
        "SELECT ACTION, COUNT(*) AS N, COUNT(DISTINCT ID) AS IDS FROM ROWS_OF_S WHERE ACTION <> 'ANCHOR' GROUP BY ACTION ORDER BY ACTION",
      );
      const left = Number((await pair.source.test.query("SELECT COUNT(*) AS N FROM ROWS_OF"))[0]?.["N"]);
      const times = (action: string, n: number) => ({ ACTION: action, N: String(n), IDS: String(n) });
      expect(counts).toEqual([
        times("DELETE", inserted - left),
        times("INSERT", inserted),
        times("UPDATE", inserted),
      ]);
      await pair.run();
      expect(await pair.rows("target", "ROWS_OF")).toEqual(await pair.rows("source", "ROWS_OF"));
    });
  },
  ["postgres", "mysql", "mariadb"],
);
