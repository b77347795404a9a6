import { beforeAll, describe, expect, test } from "vitest";
import type { TablePlan } from "../../../../src/contract/sync-plan.ts";
import { oracle } from "../../../../src/dialect/oracle/index.ts";
import { ddlStatements } from "../../../support/dialect-statements.ts";
import { offlineScripts } from "../../../support/offline-ddl.ts";
import { readSqlplus } from "../../../support/sqlplus.ts";
import { wso2Plans } from "../../../support/wso2-plans.ts";

describe("SQL*Plus", () => {
  test("is read by its rules: what ends a statement, and what traps one", () => {
    expect(readSqlplus("SELECT 1\nFROM DUAL;\nBEGIN\n  NULL;\nEND;\n/\n").statements).toEqual([
      "SELECT 1\nFROM DUAL;",
      "BEGIN\n  NULL;\nEND;",
    ]);
    expect(readSqlplus("SELECT 1\n\nFROM DUAL\n/").problems).toHaveLength(1);
    expect(readSqlplus("SET SQLBLANKLINES ON\nSELECT 1\n\nFROM DUAL\n/").problems).toEqual([]);
    expect(readSqlplus("SELECT 'a&b' FROM DUAL;").problems).toEqual(["line 1: & asks for a value"]);
    expect(readSqlplus("SELECT 1;\n/").problems).toEqual(["line 2: runs the last statement again"]);
    expect(readSqlplus("BEGIN\n  NULL;\nEND;").problems).toHaveLength(1);
    expect(readSqlplus("SELECT 2 -\n 1 FROM DUAL;").problems).toHaveLength(1);
  });
});

describe("a script for SQL*Plus", () => {
  let plans: readonly TablePlan[];
  beforeAll(async () => {
    plans = await wso2Plans("oracle", "5.9.0");
  });

  test("sends the very statements that the tool sends itself", () => {
    for (const table of plans) {
      const statements = ddlStatements(oracle, table);
      const read = readSqlplus(oracle.ddl.script(statements, ["A comment & more", ""]));
      expect(read.statements).toEqual(statements);
      expect(read.problems).toEqual([]);
      expect(read.onError).toBe("EXIT FAILURE ROLLBACK");
    }
  });

  test("has no line that SQL*Plus understands otherwise, for any release of WSO2's tables", async () => {
    for (const { file, text } of await offlineScripts("oracle"))
      expect({ file, problems: readSqlplus(text).problems }).toEqual({ file, problems: [] });
  });

  test("has triggers that are not larger than Oracle takes them, 32 KB", () => {
    for (const table of plans)
      for (const sql of ddlStatements(oracle, table))
        if (sql.includes("TRIGGER")) expect(Buffer.byteLength(sql)).toBeLessThan(32 * 1024);
  });
});
