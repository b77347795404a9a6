import { describe, expect, test } from "vitest";
import { mssql } from "../../../../src/dialect/mssql/index.ts";
import { HOME, makerOf } from "../../../../src/dialect/mssql/introspect.ts";

describe("the home of a journal on SQL Server", () => {
  test("goes by the group's id of the database before the server's name, which a failover changes", () => {
    expect(HOME).toMatch(/COALESCE\(\(SELECT .*group_database_id.*\), .*'ServerName'/);
  });

  test("is asked for with the same words by the target's script, so that it stops on every replica", () => {
    expect(mssql.ddl.refuseIn({ home: "abc", journals: ["T_S"] })[0]).toContain(
      `IF ${HOME} = N'abc' OR EXISTS`,
    );
  });

  test("is this database when the journal was made here before it joined a group", () => {
    const here = { home: "by-group", named: "by-name" };
    expect(makerOf("by-name", here)).toBe("by-group");
    expect(makerOf("by-group", here)).toBe("by-group");
    expect(makerOf("another", here)).toBe("another");
  });
});
