import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { oracle } from "../../src/dialect/oracle/index.ts";
import { describeDialects } from "../support/dialects.ts";
import { type JournalReplay, openJournalReplay, SCOPE_TABLE, SCOPES } from "../support/journal-replay.ts";
import { wso2Plans } from "../support/wso2-plans.ts";

/**
 * The work of Oracle's triggers, translated word for word to PostgreSQL: the sections of the compound trigger become a row
 * trigger and a statement trigger, its variable a table, the row id a ctid. The same there: OLD and NEW, a section for each
 * row before the one for the statement, cascades and MERGE that fire row triggers. What is not the same: when a row's
 * section runs between the rows of a statement (it reads nothing but OLD and NEW), that a statement starts over, NLSSORT,
 * the mutating-table rule, FORALL.
 */
const TABLE = SCOPES;

const inWords = (work: string): string =>
  work
    .replace(/:(OLD|NEW)\.(?=")/g, "$1.")
    .replace(/("\w+")\.NEXTVAL/g, "nextval('$1')")
    .replace(/NLSSORT\(([^,]*), 'NLS_SORT=BINARY'\)/g, "convert_to($1, 'UTF8')")
    .replace(
      "moved(moved.COUNT + 1) := :NEW.ROWID;",
      `INSERT INTO moved (id) SELECT t.ctid FROM ${TABLE} t
       WHERE t."TOKEN_ID" = NEW."TOKEN_ID" AND t."TOKEN_SCOPE" = NEW."TOKEN_SCOPE";`,
    )
    .replace("SYS_CONTEXT('USERENV', 'CLIENT_INFO')", "current_setting('test.client_info', true)")
    .replace(/\bRETURN;/g, "RETURN NULL;")
    .replace("FORALL i IN 1 .. moved.COUNT\n", "")
    .replace("WHERE t.ROWID = moved(i);", "INNER JOIN moved m ON t.ctid = m.id ORDER BY m.n;")
    .replace("moved.DELETE;", "DELETE FROM moved;");

/** The triggers that one of Oracle's becomes. */
function translate(name: string, trigger: string): string[] {
  const [, event = ""] = /(?:AFTER|FOR) (INSERT|UPDATE|DELETE) ON/.exec(trigger) ?? [];
  const sections = trigger.includes("COMPOUND TRIGGER")
    ? [
        { level: "ROW", work: /AFTER EACH ROW IS\nBEGIN\n(.*)END AFTER EACH ROW;/s.exec(trigger)?.[1] },
        {
          level: "STATEMENT",
          work: /AFTER STATEMENT IS\nBEGIN\n(.*)END AFTER STATEMENT;/s.exec(trigger)?.[1],
        },
      ]
    : [{ level: "ROW", work: /\nBEGIN\n(.*)\nEND;$/s.exec(trigger)?.[1] }];
  return sections.flatMap(({ level, work = "RAISE EXCEPTION 'no work';" }) => [
    `CREATE FUNCTION "${name}_${level}"() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN ${inWords(work)} RETURN NULL; END $f$`,
    `CREATE TRIGGER "${name}_${level}" AFTER ${event} ON ${TABLE} FOR EACH ${level} EXECUTE FUNCTION "${name}_${level}"()`,
  ]);
}

describeDialects(
  "The rows that Oracle's triggers journal, tried",
  (dialect) => {
    let replay: JournalReplay;
    const journaled: JournalReplay["journaled"] = (...of) => replay.journaled(...of);

    beforeAll(async () => {
      const plan = (await wso2Plans("oracle", "5.9.0")).find((table) => table.name === SCOPE_TABLE);
      if (plan === undefined) throw new Error("no plan");
      const triggers = oracle.ddl.capture(plan).filter((step) => step.object.kind === "trigger");
      replay = await openJournalReplay(dialect, { position: "bigint" }, [
        `CREATE SEQUENCE "${plan.names.journal.replace(/_S$/, "_Q")}"`,
        "CREATE TABLE moved (n bigserial, id tid)",
        ...triggers.flatMap(({ object, sql }) => translate(object.name, sql[0] ?? "")),
      ]);
    });
    afterAll(() => replay.database.drop());
    beforeEach(() => replay.clear());

    const scopes = (...rows: readonly string[]) =>
      `INSERT INTO ${TABLE} VALUES ${rows.map((id, i) => `('${id}', 'openid', ${i + 1})`).join(", ")}`;

    test("every row of a statement is journaled, and none of a statement without rows", async () => {
      expect(await journaled([], scopes("a", "b", "c"))).toEqual(["INSERT a 1", "INSERT b 2", "INSERT c 3"]);
      expect(await journaled([], `UPDATE ${TABLE} SET "TENANT_ID" = 9 WHERE "TOKEN_ID" < 'c'`)).toEqual([
        "UPDATE a 9",
        "UPDATE b 9",
      ]);
      expect(await journaled([], `UPDATE ${TABLE} SET "TENANT_ID" = 3 WHERE "TOKEN_ID" = 'x'`)).toEqual([]);
      expect((await journaled([], `DELETE FROM ${TABLE}`)).sort()).toEqual([
        "DELETE a 9",
        "DELETE b 9",
        "DELETE c 3",
      ]);
    });

    test("keys that move along in one statement are deleted at once and written when it has ended", async () => {
      const lines = await journaled(
        [scopes("1", "2", "3")],
        `UPDATE ${TABLE} SET "TOKEN_ID" = ("TOKEN_ID"::int + 1)::text`,
      );
      expect(lines).toEqual([
        "DELETE 1 1",
        "DELETE 2 2",
        "DELETE 3 3",
        "UPDATE 2 1",
        "UPDATE 3 2",
        "UPDATE 4 3",
      ]);
    });

    test("whatever places the keys of a statement change, the journal replayed gives the rows", async () => {
      const ids = ["1", "2", "3", "4", "5"];
      for (let turn = 1; turn <= 20; turn++) {
        // Every turn another arrangement: some rows stay, some exchange, some go around.
        const to = ids.map((_, i) => ids[(i * turn + (turn % 3)) % 5] ?? "");
        const moves = new Set(to).size === 5 ? to : [...ids].reverse();
        const cases = ids.map((id, i) => `WHEN '${id}' THEN '${moves[i]}'`).join(" ");
        await replay.database.exec(`DELETE FROM ${TABLE}`);
        await journaled([scopes(...ids)], `UPDATE ${TABLE} SET "TOKEN_ID" = CASE "TOKEN_ID" ${cases} END`);
      }
    });

    test("a key that changes in case only is deleted and written again", async () => {
      const lines = await journaled([scopes("Ann")], `UPDATE ${TABLE} SET "TOKEN_ID" = 'ann'`);
      expect(lines).toEqual(["DELETE Ann 1", "UPDATE ann 1"]);
    });

    test("MERGE is journaled row by row", async () => {
      const lines = await journaled(
        [scopes("a")],
        `MERGE INTO ${TABLE} t USING (VALUES ('a', 7), ('b', 8)) v (id, tenant) ON t."TOKEN_ID" = v.id
         WHEN MATCHED THEN UPDATE SET "TENANT_ID" = v.tenant
         WHEN NOT MATCHED THEN INSERT VALUES (v.id, 'openid', v.tenant)`,
      );
      expect(lines.sort()).toEqual(["INSERT b 8", "UPDATE a 7"]);
    });

    test("rows that a cascade deletes are journaled", async () => {
      await replay.database.exec([
        `ALTER TABLE ${TABLE} ADD CONSTRAINT up FOREIGN KEY ("TOKEN_ID") REFERENCES parent (id) ON DELETE CASCADE`,
        "INSERT INTO parent VALUES ('a'), ('b')",
      ]);
      expect((await journaled([scopes("a", "b")], "DELETE FROM parent")).sort()).toEqual([
        "DELETE a 1",
        "DELETE b 2",
      ]);
    });
  },
  ["postgres"],
);
