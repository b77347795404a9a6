import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { mssql } from "../../../../src/dialect/mssql/index.ts";
import { ddlStatements } from "../../../support/dialect-statements.ts";
import { DDL_FOLDER } from "../../../support/reference-ddl.ts";
import { inTsql } from "../../../support/servers/mssql-access.ts";
import { readSqlcmd } from "../../../support/sqlcmd.ts";
import { wso2Plans } from "../../../support/wso2-plans.ts";

describe("sqlcmd", () => {
  test("sends what stands before a GO of its own line, as often as it says", () => {
    const { batches, problems } = readSqlcmd(
      "SELECT 1\nFROM T\nGO\n\nselect 2\n go 2 -- twice\nGOTO x\nGO\n",
    );
    expect(batches).toEqual(["SELECT 1\nFROM T", "\nselect 2", "\nselect 2", "GOTO x"]);
    expect(problems).toEqual([]);
  });

  test.each([
    ["no GO at its end", "SELECT 1\n", "the last batch has no GO"],
    ["a semicolon behind GO", "SELECT 1\nGO;\nGO", "line 2: GO with something else"],
    ["GO without a batch", "SELECT 1\nGO\n\nGO\n", "line 4: GO without a batch"],
    ["GO inside a text", "SELECT 'a\nGO\n'\nGO", "line 2: a command inside a text or comment"],
    ["GO inside a comment", "/* a\nGO\n*/ SELECT 1\nGO", "line 2: a command inside a text or comment"],
    ["a text that does not end", "PRINT 'it''s\nGO", "' is never ended"],
    ["an apostrophe in a name", "GRANT SELECT ON [T] TO [o'hara]\nGO", "' is never ended"],
    ["a variable that is not set", "PRINT '$(x)'\nGO", "line 1: $(x) is a variable without a value"],
    ["a command of osql", "SELECT 1\nexit\nGO", "line 2: exit does what the tests do not"],
    ["another file", ":r other.sql\nGO", "line 1: :r other.sql does what the tests do not"],
    ["an unknown command", ":go\nGO", "line 1: begins with a colon and is no command"],
  ])("is trapped by %s", (_what, script, problem) => {
    expect(readSqlcmd(script).problems).toContain(problem);
  });

  test("passes by what only looks like a command or a quote", () => {
    const lines = ["-- it's GO", "SELECT 'a''b' AS [exit], 1 -- it's", '/*/ \' */ SELECT "GO"'];
    expect(readSqlcmd([...lines, "GO"].join("\n"))).toEqual({
      batches: [lines.join("\n")],
      problems: [],
      onError: undefined,
    });
  });

  test("puts the values of variables in, and does what :On Error was told last", () => {
    const read = readSqlcmd(
      ":setvar Name \"a b\"\n:on error ignore\nPRINT '$(NAME)'\nGO\n:ON ERROR EXIT\nSELECT 1\nGO",
    );
    expect(read).toEqual({ batches: ["PRINT 'a b'", "SELECT 1"], problems: [], onError: "EXIT" });
  });
});

describe("a script for sqlcmd", () => {
  test("sends the very statements that the tool sends itself", async () => {
    for (const table of await wso2Plans("mssql", "5.9.0")) {
      const statements = ddlStatements(mssql, table);
      const read = readSqlcmd(mssql.ddl.script(statements, ["A comment: it's here", ""]));
      expect(read.problems).toEqual([]);
      expect(read.onError).toBe("EXIT");
      expect(read.batches.slice(1)).toEqual(statements.slice(1));
      // The head's comments go along with the first one.
      expect(read.batches[0]).toMatch(/^-- A comment: it's here\n--\nSET LOCK_TIMEOUT 2000$/);
      // The tests' own words for all databases change nothing in them.
      expect(statements.map(inTsql)).toEqual(statements);
    }
  });

  test("has no line that sqlcmd understands otherwise, in any of the files in ddl/mssql", async () => {
    const files = (await readdir(join(DDL_FOLDER, "mssql"))).filter((file) => file.endsWith(".sql"));
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) {
      const { batches, problems, onError } = readSqlcmd(
        await readFile(join(DDL_FOLDER, "mssql", file), "utf8"),
      );
      expect({ file, problems, onError }).toEqual({ file, problems: [], onError: "EXIT" });
      expect(batches.length).toBeGreaterThan(4);
    }
  });
});
