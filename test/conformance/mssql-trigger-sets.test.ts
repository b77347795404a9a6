import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { mssql } from "../../src/dialect/mssql/index.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { wso2Plans } from "../support/wso2-plans.ts";

/**
 * The work of SQL Server's triggers, translated word for word to PostgreSQL's statement triggers, whose transition
 * tables are the same sets as `inserted` and `deleted`. What is not the same there: collations, NOCOUNT and ROWCOUNT,
 * and that MERGE fires one trigger for each of its actions.
 */
function translate(trigger: string): { event: string; work: string } {
  const [, event = ""] = / AFTER (INSERT|UPDATE|DELETE) AS/.exec(trigger) ?? [];
  const [, work = ""] = /SET ROWCOUNT 0;\n(.*)\nEND$/s.exec(trigger) ?? [];
  return {
    event,
    work: work.replace(/CONVERT\(varbinary\(8000\), ([^)]*)\)/g, "$1").replace(/\[(\w+)\]/g, '"$1"'),
  };
}

const TABLE = '"IDN_OAUTH2_ACCESS_TOKEN_SCOPE"';

describeDialects(
  "The sets that SQL Server's triggers journal, tried",
  (dialect) => {
    let database: TestDatabase;

    beforeAll(async () => {
      database = await (await dialect.server()).createDatabase();
      const plans = await wso2Plans("mssql", "5.9.0");
      const plan = plans.find((table) => table.name === "IDN_OAUTH2_ACCESS_TOKEN_SCOPE");
      if (plan === undefined) throw new Error("no plan");
      const columns = `"TOKEN_ID" varchar(255), "TOKEN_SCOPE" varchar(60), "TENANT_ID" int`;
      const triggers = mssql.ddl.capture(plan).filter((step) => step.object.kind === "trigger");
      await database.exec([
        `CREATE TABLE parent (id varchar(255) PRIMARY KEY)`,
        `CREATE TABLE ${TABLE} (${columns}, PRIMARY KEY ("TOKEN_ID", "TOKEN_SCOPE") DEFERRABLE)`,
        `CREATE TABLE "${plan.names.journal}" (${columns}, "SYNC_ID" bigserial PRIMARY KEY, "ACTION" varchar(15))`,
        ...triggers.flatMap(({ object, sql }) => {
          const { event, work } = translate(sql[0] ?? "");
          const sets = { INSERT: "NEW TABLE AS inserted", DELETE: "OLD TABLE AS deleted" }[event];
          return [
            `CREATE FUNCTION "${object.name}"() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN ${work} RETURN NULL; END $f$`,
            `CREATE TRIGGER "${object.name}" AFTER ${event} ON ${TABLE} REFERENCING ${sets ?? "NEW TABLE AS inserted OLD TABLE AS deleted"} FOR EACH STATEMENT EXECUTE FUNCTION "${object.name}"()`,
          ];
        }),
      ]);
    });
    afterAll(() => database.drop());
    beforeEach(() => database.exec([`DELETE FROM ${TABLE}`, 'DELETE FROM "IDN_OAUTH2_ACCESS_TOKEN_SCOP_S"']));

    const scopes = (...rows: readonly string[]) =>
      `INSERT INTO ${TABLE} VALUES ${rows.map((id) => `('${id}', 'openid', 1)`).join(", ")}`;

    /** Runs statements after forgetting what was journaled before them; gives what they journal, in order. */
    async function journaled(before: readonly string[], statement: string): Promise<string[]> {
      await database.exec([...before, 'DELETE FROM "IDN_OAUTH2_ACCESS_TOKEN_SCOP_S"', statement]);
      const rows = await database.query(
        'SELECT "ACTION", "TOKEN_ID", "TENANT_ID" FROM "IDN_OAUTH2_ACCESS_TOKEN_SCOP_S" ORDER BY "SYNC_ID"',
      );
      return rows.map((row) => `${row["ACTION"]} ${row["TOKEN_ID"]} ${row["TENANT_ID"]}`);
    }

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

    test("a key that changes in case only is deleted and written again", async () => {
      const lines = await journaled([scopes("Ann")], `UPDATE ${TABLE} SET "TOKEN_ID" = 'ann'`);
      expect(lines).toEqual(["DELETE Ann 1", "UPDATE ann 1"]);
    });

    test("rows that a cascade deletes are journaled", async () => {
      await database.exec([
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
