/** A late write must not tear apart what users have written of the same token since: which journals are asked, and for which key. */
import { describe, expect, it } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import { familyJournals } from "../../../src/run/families.ts";
import { column, openPair, reference, schema, TOKENS, USERS } from "../../support/memory/pair.ts";

const SCOPES = schema("SCOPES", [column("ID"), column("TOKEN_ID"), column("SCOPE")], {
  foreignKeys: [reference("TOKEN_ID", "TOKENS", "cascade")],
});
const ALONE = schema("ALONE", [column("ID")]);

const { tables, table } = openPair({ schemas: [USERS, TOKENS, SCOPES, ALONE] });
const { tables: others } = openPair({ schemas: [USERS, TOKENS, SCOPES, ALONE] });

const change = (row: Change["row"]): Change => ({ position: 1n, action: "UPDATE", row });

/** `table by columns: key` of each journal that is asked for a change. */
const asked = (name: string, row: Change["row"], there: readonly TablePlan[] = others): string[] =>
  familyJournals(table(name), tables, there).map(({ table: journal, columns, keyOf }) => {
    const key = keyOf(change(row));
    return `${journal.name} by ${columns.map((one) => one.name).join()}: ${key?.join() ?? "not told"}`;
  });

describe("the family of a row", () => {
  it("is itself and the rows that refer to it, and that of the row it refers to", () => {
    expect(asked("TOKENS", { ID: "t", USER_ID: "u", VALUE: "v" })).toEqual([
      "TOKENS by ID: t",
      "SCOPES by TOKEN_ID: t",
      "USERS by ID: u",
      "TOKENS by USER_ID: u",
    ]);
    expect(asked("SCOPES", { ID: "s", TOKEN_ID: "t", SCOPE: "openid" })).toEqual([
      "SCOPES by ID: s",
      "TOKENS by ID: t",
      "SCOPES by TOKEN_ID: t",
    ]);
    expect(asked("USERS", { ID: "u", NAME: "n" })).toEqual(["USERS by ID: u", "TOKENS by USER_ID: u"]);
    expect(asked("ALONE", { ID: "a" })).toEqual(["ALONE by ID: a"]);
  });

  it("has no head where the row refers to none, or the change does not say to which", () => {
    expect(asked("TOKENS", { ID: "t", USER_ID: null }).slice(2)).toEqual([
      "USERS by ID: not told",
      "TOKENS by USER_ID: not told",
    ]);
    expect(asked("TOKENS", { ID: "t" })[2]).toBe("USERS by ID: not told");
  });

  it("is asked for in the other direction's journals alone: a table that it does not carry has none", () => {
    const without = others.filter(({ name }) => name !== "SCOPES");
    expect(asked("TOKENS", { ID: "t", USER_ID: "u" }, without)).toEqual([
      "TOKENS by ID: t",
      "USERS by ID: u",
      "TOKENS by USER_ID: u",
    ]);
    expect(asked("TOKENS", { ID: "t", USER_ID: "u" }, [])).toEqual([]);
  });

  it("is not asked for by half a key: without the column there is no journal to look into", () => {
    const blind = others.map((one) =>
      one.name === "SCOPES"
        ? { ...one, sourceColumns: one.sourceColumns.filter(({ name }) => name !== "TOKEN_ID") }
        : one,
    );
    expect(asked("TOKENS", { ID: "t", USER_ID: "u" }, blind).join()).not.toContain("SCOPES");
  });
});
