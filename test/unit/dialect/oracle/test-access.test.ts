import { expect, test } from "vitest";
import { createUser, dropUser } from "../../../support/database-users.ts";
import { faultWords } from "../../../support/fault-words.ts";
import { moveCounter, numberRows } from "../../../support/numbered-rows.ts";
import { dataPumpJobs } from "../../../support/oracle-data-pump.ts";
import { splitScript } from "../../../support/servers/oracle-access.ts";
import type { TestDatabase } from "../../../support/servers/test-server.ts";
import { oracleMistakes } from "../../../support/sql-grammar.ts";

test("what the suites send is split where a statement ends, and not in texts, blocks or triggers", () => {
  expect(splitScript("BEGIN")).toEqual(["BEGIN"]);
  expect(splitScript("INSERT INTO A VALUES ('x;y', 'it''s');\nDELETE FROM A;")).toEqual([
    "INSERT INTO A VALUES ('x;y', 'it''s')",
    "DELETE FROM A",
  ]);
  const block = "BEGIN\n  NULL;\nEND;";
  expect(splitScript(block)).toEqual([block]);
  const trigger = "CREATE OR REPLACE TRIGGER T AFTER INSERT ON A FOR EACH ROW\nBEGIN\n  NULL;\nEND;";
  expect(splitScript(trigger)).toEqual([trigger]);
});

test("the grammar reads what the suites send to make users, to copy a schema and to break a set-up", async () => {
  const sent: string[] = [];
  const session = {
    query: async (sql: string) => {
      sent.push(sql);
      return [];
    },
    exec: async (statements: string | readonly string[]) => void sent.push(...[statements].flat()),
    close: async () => undefined,
  };
  const database = { name: "BLUE", settings: { type: "oracle" }, session: async () => session };
  await createUser("RUN_BLUE", [database as unknown as TestDatabase]);
  await dropUser("RUN_BLUE", [database as unknown as TestDatabase]);
  const words = faultWords("oracle");
  const faults = [
    words.disableTrigger?.("T_IT", "T") ?? "",
    words.dropPrimaryKey("T"),
    words.copyIdentity("T_S", "id", "home"),
    ...words.showCopies("T_S", "T", '"RUN_BLUE"'),
  ];
  expect(sent).toHaveLength(5);
  // Neither a trigger on a schema, but for its body, nor NEW in WHEN, nor DROP USER is in the grammar.
  const numbers = [...numberRows("oracle", "UM_USER", "UM_ID"), ...moveCounter("oracle", "UM_USER", 4)];
  const texts = [...sent, ...faults, ...numbers, ...dataPumpJobs("BLUE", "GREEN", "FILE")]
    .filter((sql) => !sql.startsWith("DROP USER "))
    .map((sql) =>
      sql.replace(/^CREATE OR REPLACE TRIGGER .* ON .*\.SCHEMA\n/, "").replace("WHEN (NEW.", "WHEN (n."),
    );
  for (const sql of texts) expect({ sql, mistakes: oracleMistakes(sql) }).toEqual({ sql, mistakes: [] });
}, 60_000);
