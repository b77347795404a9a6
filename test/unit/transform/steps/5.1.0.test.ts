import { describe, expect, it } from "vitest";
import { SyncError } from "../../../../src/errors.ts";
import { ACCESS_TOKEN, CODE, SCOPE, scopeRow, USER_DATA } from "../rows.ts";
import { transformerOf, transformRow } from "../transform-row.ts";

describe("a source of 5.0.0", () => {
  it.each([ACCESS_TOKEN, SCOPE, CODE, USER_DATA])("is refused for %s with TRANSFORM_UNAVAILABLE", (table) => {
    let caught: unknown;
    try {
      transformerOf(table, { from: "5.0.0" });
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SyncError);
    expect(caught).toMatchObject({
      code: "TRANSFORM_UNAVAILABLE",
      message: `Rows of ${table} cannot be brought from 5.0.0 to 5.1.0 or later: 5.1.0 gave the token tables new keys`,
      at: { table },
    });
  });

  it("is refused whatever the letter case of the table", () => {
    expect(() => transformerOf("idn_oauth2_access_token", { from: "5.0.0", to: "5.1.0" })).toThrow(SyncError);
  });

  it("passes tables that no release changed, and everything to a target of 5.0.0", () => {
    expect(transformRow("UM_USER", { UM_ID: "1" }, { from: "5.0.0" })).toEqual({ row: { UM_ID: "1" } });
    expect(transformRow(SCOPE, scopeRow, { from: "5.0.0", to: "5.0.0" })).toEqual({ row: scopeRow });
  });
});
