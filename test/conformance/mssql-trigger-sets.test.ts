import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { mssql } from "../../src/dialect/mssql/index.ts";
import { describeDialects } from "../support/dialects.ts";
import { type JournalReplay, openJournalReplay, SCOPE_TABLE, SCOPES } from "../support/journal-replay.ts";
import { wso2Plans } from "../support/wso2-plans.ts";

/**
 * The work of SQL Server's triggers, translated word for word to PostgreSQL's statement triggers, whose transition
 * tables are the same sets as `inserted` and `deleted`. Keys have a collation without regard to case, as SQL Server's do;
 * for its bytes stands a collation that tells all texts apart. What is not the same there: NOCOUNT and ROWCOUNT, table hints, and the order in which a MERGE fires the triggers of its actions: PostgreSQL has one, SQL Server none, so
 * the other order is made with a statement that changes the table in two parts.
 */
function translate(statements: readonly string[]): { event: string; work: string } {
  const trigger = statements.find((sql) => sql.startsWith("CREATE TRIGGER")) ?? "";
  const [, event = ""] = / AFTER (INSERT|UPDATE|DELETE) AS/.exec(trigger) ?? [];
  const [, work = ""] = /SET ROWCOUNT 0;\n(.*)\nEND$/s.exec(trigger) ?? [];
  return {
    event,
    work: work
      .replace(/CONVERT\(varbinary\(8000\), ([^)]*)\)/g, '($1 COLLATE "C")')
      .replace(/ WITH \(READCOMMITTEDLOCK, FORCESEEK\)/g, "")
      .replace(/\[(\w+)\]/g, '"$1"'),
  };
}

const TABLE = SCOPES;

describeDialects(
  "The sets that SQL Server's triggers journal, tried",
  (dialect) => {
    let replay: JournalReplay;
    const journaled: JournalReplay["journaled"] = (...of) => replay.journaled(...of);

    beforeAll(async () => {
      const plan = (await wso2Plans("mssql", "5.9.0")).find((table) => table.name === SCOPE_TABLE);
      if (plan === undefined) throw new Error("no plan");
      const triggers = mssql.ddl.capture(plan).filter((step) => step.object.kind === "trigger");
      replay = await openJournalReplay(
        dialect,
        { position: "bigserial", ignoresCase: true },
        triggers.flatMap(({ object, sql }) => {
          const { event, work } = translate(sql);
          const sets = { INSERT: "NEW TABLE AS inserted", DELETE: "OLD TABLE AS deleted" }[event];
          return [
            `CREATE FUNCTION "${object.name}"() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN ${work} RETURN NULL; END $f$`,
            `CREATE TRIGGER "${object.name}" AFTER ${event} ON ${TABLE} REFERENCING ${sets ?? "NEW TABLE AS inserted OLD TABLE AS deleted"} FOR EACH STATEMENT EXECUTE FUNCTION "${object.name}"()`,
          ];
        }),
      );
    });
    afterAll(() => replay.database.drop());
    beforeEach(() => replay.clear());

    const scopes = (...rows: readonly string[]) =>
      `INSERT INTO ${TABLE} VALUES ${rows.map((id) => `('${id}', 'openid', 1)`).join(", ")}`;

    test("every row of a statement is journaled, and none of a statement without rows", async () => {
      expect((await journaled([], scopes("a", "b", "c"))).sort()).toEqual([
        "INSERT a 1",
        "INSERT b 1",
        "INSERT c 1",
      ]);
      expect(
        (await journaled([], `UPDATE ${TABLE} SET "TENANT_ID" = 2 WHERE "TOKEN_ID" < 'c'`)).sort(),
      ).toEqual(["UPDATE a 2", "UPDATE b 2"]);
      expect(await journaled([], `UPDATE ${TABLE} SET "TENANT_ID" = 3 WHERE "TOKEN_ID" = 'x'`)).toEqual([]);
      expect((await journaled([], `DELETE FROM ${TABLE}`)).sort()).toEqual([
        "DELETE a 2",
        "DELETE b 2",
        "DELETE c 1",
      ]);
    });

    test("keys that move along in one statement are deleted only where no row is left", async () => {
      const lines = await journaled(
        [scopes("1", "2", "3")],
        `UPDATE ${TABLE} SET "TOKEN_ID" = ("TOKEN_ID"::int + 1)::text`,
      );
      // The rows of one set have no order; the deletion comes before all of them.
      expect(lines[0]).toBe("DELETE 1 1");
      expect(lines.slice(1).sort()).toEqual(["UPDATE 2 1", "UPDATE 3 1", "UPDATE 4 1"]);
    });

    test("keys that two rows exchange delete nothing", async () => {
      const lines = await journaled(
        [scopes("a", "b"), `UPDATE ${TABLE} SET "TENANT_ID" = 2 WHERE "TOKEN_ID" = 'b'`],
        `UPDATE ${TABLE} SET "TOKEN_ID" = CASE "TOKEN_ID" WHEN 'a' THEN 'b' ELSE 'a' END`,
      );
      expect(lines.sort()).toEqual(["UPDATE a 2", "UPDATE b 1"]);
    });

    test("a key that changes in case only is written, and its old spelling ends after that", async () => {
      expect(await journaled([scopes("Ann")], `UPDATE ${TABLE} SET "TOKEN_ID" = 'ann'`)).toEqual([
        "UPDATE ann 1",
        "RESPELLED Ann 1",
      ]);
      expect(await journaled([], `UPDATE ${TABLE} SET "TOKEN_ID" = 'ann'`)).toEqual(["UPDATE ann 1"]);
      expect(await journaled([], `UPDATE ${TABLE} SET "TOKEN_ID" = 'bob'`)).toEqual([
        "DELETE ann 1",
        "UPDATE bob 1",
      ]);
    });

    test("keys that two rows exchange, changing their case on the way, end under the new spelling", async () => {
      const lines = await journaled(
        [scopes("a", "b"), `UPDATE ${TABLE} SET "TENANT_ID" = 2 WHERE "TOKEN_ID" = 'b'`],
        `UPDATE ${TABLE} SET "TOKEN_ID" = CASE "TOKEN_ID" WHEN 'a' THEN 'B' ELSE 'A' END`,
      );
      expect(lines.slice(0, 2).sort()).toEqual(["UPDATE A 2", "UPDATE B 1"]);
      expect(lines.slice(2).sort()).toEqual(["RESPELLED a 1", "RESPELLED b 2"]);
    });

    test.each([
      [
        "written first",
        `WITH w AS (INSERT INTO ${TABLE} VALUES ('ANN', 'openid', 9) RETURNING 1) DELETE FROM ${TABLE} WHERE "TENANT_ID" = 1`,
      ],
      [
        "deleted first",
        `WITH d AS (DELETE FROM ${TABLE} WHERE "TENANT_ID" = 1 RETURNING 1) INSERT INTO ${TABLE} VALUES ('ANN', 'openid', 9)`,
      ],
    ])(
      "a key that one statement deletes and writes in another case, %s, is not deleted",
      async (_o, statement) => {
        const lines = await journaled([scopes("ann")], statement);
        expect(lines.sort()).toEqual(["INSERT ANN 9", "RESPELLED ann 1"]);
      },
    );

    /** The action of the last journal row of each key. */
    const last = (lines: readonly string[]): Record<string, string> =>
      Object.fromEntries(lines.map((line) => [line.split(" ")[1], line.split(" ")[0]]));

    test("a key that one row leaves and another row of the same statement takes is not deleted", async () => {
      const lines = await journaled(
        [scopes("a", "b"), `UPDATE ${TABLE} SET "TENANT_ID" = 2 WHERE "TOKEN_ID" = 'b'`],
        `UPDATE ${TABLE} SET "TOKEN_ID" = CASE "TOKEN_ID" WHEN 'a' THEN 'b' ELSE 'c' END`,
      );
      expect(lines[0]).toBe("DELETE a 1");
      expect(lines.slice(1).sort()).toEqual(["UPDATE b 1", "UPDATE c 2"]);
    });

    test("keys of which a part changes are deleted, each of many", async () => {
      const lines = await journaled([scopes("a", "b")], `UPDATE ${TABLE} SET "TOKEN_SCOPE" = 'email'`);
      expect(lines.map((line) => line.split(" ")[0])).toEqual(["DELETE", "DELETE", "UPDATE", "UPDATE"]);
    });

    test("a MERGE with every action is journaled row by row", async () => {
      const lines = await journaled(
        [scopes("a", "b")],
        `MERGE INTO ${TABLE} AS t USING (VALUES ('a', 7), ('b', NULL), ('c', 8)) AS s (id, tenant) ON t."TOKEN_ID" = s.id
         WHEN MATCHED AND s.tenant IS NULL THEN DELETE
         WHEN MATCHED THEN UPDATE SET "TENANT_ID" = s.tenant
         WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'openid', s.tenant)`,
      );
      expect([...lines].sort()).toEqual(["DELETE b 1", "INSERT c 8", "UPDATE a 7"]);
    });

    // The rows are joined by tenant, so that one action can leave a key that another one takes.
    test("a MERGE whose actions hand a key on leaves it as written, not as deleted", async () => {
      const handOn = `MERGE INTO ${TABLE} AS t USING (VALUES (1, 'b'), (2, NULL), (3, 'a')) AS s (tenant, id) ON t."TENANT_ID" = s.tenant
         WHEN MATCHED AND s.id IS NULL THEN DELETE
         WHEN MATCHED THEN UPDATE SET "TOKEN_ID" = s.id
         WHEN NOT MATCHED THEN INSERT VALUES (s.id, 'openid', s.tenant)`;
      const lines = await journaled(
        [
          "SET CONSTRAINTS ALL DEFERRED",
          scopes("a", "b"),
          `UPDATE ${TABLE} SET "TENANT_ID" = 2 WHERE "TOKEN_ID" = 'b'`,
        ],
        handOn,
      );
      expect(last(lines)).toEqual({ a: "INSERT", b: "UPDATE" });
    });

    test.each([
      [
        "written first",
        `WITH w AS (INSERT INTO ${TABLE} VALUES ('a', 'openid', 9) RETURNING 1) DELETE FROM ${TABLE} WHERE "TENANT_ID" = 1`,
      ],
      [
        "deleted first",
        `WITH d AS (DELETE FROM ${TABLE} WHERE "TENANT_ID" = 1 RETURNING 1) INSERT INTO ${TABLE} VALUES ('a', 'openid', 9)`,
      ],
    ])("a key that one statement deletes and writes, %s, ends as written", async (_order, statement) => {
      const lines = await journaled([scopes("a")], statement);
      expect(last(lines)).toEqual({ a: "INSERT" });
      expect(lines.at(-1)).toBe("INSERT a 9");
    });

    test.each([
      [
        "written first",
        `WITH u AS (UPDATE ${TABLE} SET "TOKEN_ID" = 'b' WHERE "TENANT_ID" = 1 RETURNING 1) INSERT INTO ${TABLE} VALUES ('a', 'openid', 9)`,
      ],
      [
        "left first",
        `WITH w AS (INSERT INTO ${TABLE} VALUES ('a', 'openid', 9) RETURNING 1) UPDATE ${TABLE} SET "TOKEN_ID" = 'b' WHERE "TENANT_ID" = 1`,
      ],
    ])(
      "a key that one row leaves and another one takes anew, %s, ends as written",
      async (_order, statement) => {
        const lines = await journaled([scopes("a")], statement);
        expect(last(lines)).toEqual({ a: "INSERT", b: "UPDATE" });
      },
    );

    test("rows that a cascade changes are journaled under both keys", async () => {
      await replay.database.exec([
        "CREATE TABLE grandparent (id varchar(255) COLLATE ci PRIMARY KEY)",
        `ALTER TABLE ${TABLE} ADD CONSTRAINT along FOREIGN KEY ("TOKEN_ID") REFERENCES grandparent (id) ON UPDATE CASCADE`,
        "INSERT INTO grandparent VALUES ('a'), ('b')",
      ]);
      const lines = await journaled([scopes("a", "b")], "UPDATE grandparent SET id = 'x' WHERE id = 'a'");
      await replay.database.exec(`ALTER TABLE ${TABLE} DROP CONSTRAINT along`);
      expect(lines).toEqual(["DELETE a 1", "UPDATE x 1"]);
    });

    test("rows that a cascade deletes are journaled", async () => {
      await replay.database.exec([
        `ALTER TABLE ${TABLE} ADD CONSTRAINT up FOREIGN KEY ("TOKEN_ID") REFERENCES parent (id) ON DELETE CASCADE`,
        "INSERT INTO parent VALUES ('a'), ('b')",
      ]);
      expect((await journaled([scopes("a", "b")], "DELETE FROM parent")).sort()).toEqual([
        "DELETE a 1",
        "DELETE b 1",
      ]);
    });
  },
  ["postgres"],
);
