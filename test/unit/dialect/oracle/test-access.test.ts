import { expect, test } from "vitest";
import { splitScript } from "../../../support/servers/oracle-access.ts";

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
