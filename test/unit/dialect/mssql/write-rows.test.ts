import { beforeAll, expect, test } from "vitest";
import type { TablePlan } from "../../../../src/contract/sync-plan.ts";
import { deletion, upsert } from "../../../../src/dialect/mssql/write-rows.ts";
import { wso2Plans } from "../../../support/wso2-plans.ts";

let plans: readonly TablePlan[];
beforeAll(async () => {
  plans = await wso2Plans("mssql", "5.9.0");
});
const plan = (name: string): TablePlan => plans.find((table) => table.name === name) as TablePlan;
const scope = (id: string, text: string) => ({ TOKEN_ID: id, TOKEN_SCOPE: text, TENANT_ID: "1" });

test("a batch is one JSON text, updated by key and then inserted where the key is missing", () => {
  const { sql, params } = upsert(
    plan("IDN_OAUTH2_ACCESS_TOKEN_SCOPE"),
    [scope("a", "openid"), scope("b", "it's")],
    [],
  );
  expect(params).toEqual(['[["a","openid","1"],["b","it\'s","1"]]']);
  const statements = sql.split(";\n");
  expect(statements).toHaveLength(5);
  expect(statements.slice(0, 2)).toEqual(["DECLARE @rows nvarchar(max) = ?", "DECLARE @failed int = 0"]);
  expect(statements[2]).toMatch(
    /^IF @failed = 0 BEGIN UPDATE t SET t\.\[TENANT_ID\] = CONVERT\(int, v\.c2\) FROM /,
  );
  expect(statements[2]).toContain(
    "c0 nvarchar(max) '$[0]', c1 nvarchar(max) '$[1]', c2 nvarchar(max) '$[2]'",
  );
  // Texts of another case are one key to the collation: their spelling is brought over, where it differs.
  expect(statements[3]).toMatch(
    /^IF @failed = 0 BEGIN UPDATE t SET t\.\[TOKEN_ID\] = v\.c0, .* WHERE CONVERT\(varbinary\(8000\)/,
  );
  expect(statements[4]).toMatch(
    /^IF @failed = 0 BEGIN INSERT INTO .* WHERE NOT EXISTS \(SELECT 1 FROM .* SET @failed = @@ERROR END$/,
  );
});

/** "@@ERROR" is set anew by every statement, an IF among them: what it said of the first statement is gone at the third. */
test("after a refusal nothing more of the batch is run", () => {
  const { sql } = upsert(plan("IDN_OAUTH2_ACCESS_TOKEN_SCOPE"), [scope("a", "é")], []);
  const tested = sql.split(";\n").slice(2);
  expect(tested).toHaveLength(4);
  for (const statement of tested)
    expect(statement).toMatch(/^IF @failed = 0 BEGIN [^;]*; SET @failed = @@ERROR END$/);
});

test("keys are compared in the column's own type, so that its index is used", () => {
  const { sql } = deletion(plan("IDN_OAUTH2_ACCESS_TOKEN"), [["a"]], false);
  expect(sql).toContain(
    "ON t.[TOKEN_ID] = CONVERT(varchar(8000), v.c0 COLLATE SQL_Latin1_General_CP1_CI_AS)",
  );
  expect(sql).not.toContain("varbinary");
});

test("a key beyond the column's code page matches nothing, and such a text refuses its batch", () => {
  const table = plan("IDN_OAUTH2_ACCESS_TOKEN_SCOPE");
  expect(deletion(table, [["é", "x"]], false).sql).toContain(
    "AND NOT (CONVERT(nvarchar(max), CONVERT(varchar(max), v.c0",
  );
  expect(upsert(table, [scope("a", "😀")], []).sql).toContain("THROW 50001");
  expect(upsert(table, [scope("a", "plain")], []).sql).not.toContain("THROW");
});

test("an exact deletion compares the key's bytes", () => {
  const { sql } = deletion(plan("IDN_OAUTH2_ACCESS_TOKEN"), [["a"]], true);
  expect(sql).toContain("AND CONVERT(varbinary(8000), t.[TOKEN_ID]) = CONVERT(varbinary(8000), ");
});

test("columns to keep are inserted and not updated, numbered rows keep their numbers", () => {
  const apps = plan("IDN_OAUTH_CONSUMER_APPS");
  const { sql } = upsert(apps, [{ ID: "5", APP_NAME: "a", USERNAME: "u" }], ["USERNAME"]);
  expect(sql).toContain("SET IDENTITY_INSERT [IDN_OAUTH_CONSUMER_APPS] ON");
  expect(sql).toContain("UPDATE t SET t.[APP_NAME] = v.c2 FROM");
  expect(sql).toContain("INSERT INTO [IDN_OAUTH_CONSUMER_APPS] ([ID], [USERNAME], [APP_NAME])");
});

test.each([
  ["CONSUMER_KEY_ID", "99999999999"],
  ["CONSUMER_KEY_ID", "1.5"],
  ["TIME_CREATED", "1700-01-01 00:00:00"],
  ["TIME_CREATED", "2021-02-30 00:00:00"],
  ["TIME_CREATED", "yesterday"],
])("a value that the server could not convert is refused before it is sent: %s %s", (column, value) => {
  const row = { TOKEN_ID: "a", [column]: value };
  expect(() => upsert(plan("IDN_OAUTH2_ACCESS_TOKEN"), [row], [])).toThrow(
    expect.objectContaining({ code: "TRANSFORM_FAILED", message: expect.not.stringContaining(value) }),
  );
});
