import { describe, expect, it } from "vitest";
import { ACCESS_TOKEN, CODE, codeRow, tokenRow } from "../rows.ts";
import { LOOKUPS, transformerOf, transformRow } from "../transform-row.ts";

describe("the 5.10.0 step", () => {
  it.each(["5.8.0", "5.9.0"])("turns a null IDP_ID of %s into the default -1", (from) => {
    const row = { ...tokenRow, IDP_ID: null };
    expect(transformRow(ACCESS_TOKEN, row, { from, to: "5.10.0" })).toEqual({
      row: { ...row, IDP_ID: "-1" },
    });
    const code = { ...codeRow, IDP_ID: null };
    expect(transformRow(CODE, code, { from, to: "5.10.0" })).toEqual({ row: { ...code, IDP_ID: "-1" } });
  });

  it("keeps an IDP_ID that is there, also 0 and that of a federated user", () => {
    const zero = { ...tokenRow, IDP_ID: "0" };
    const federated = { ...tokenRow, USER_DOMAIN: "FEDERATED", IDP_ID: "12" };
    expect(transformRow(ACCESS_TOKEN, zero, { from: "5.9.0", to: "5.10.0" })).toEqual({ row: zero });
    expect(transformRow(ACCESS_TOKEN, federated, { from: "5.9.0", to: "5.10.0" })).toEqual({
      row: federated,
    });
  });

  it("leaves a null IDP_ID between 5.8.0 and 5.9.0, where the column may be null", () => {
    const row = { ...tokenRow, IDP_ID: null };
    expect(transformRow(ACCESS_TOKEN, row, { from: "5.8.0", to: "5.9.0" })).toEqual({ row });
  });

  it("lets encrypted tokens pass from 5.8.0 to 5.10.0, which store them alike", () => {
    const row = { ...tokenRow, ACCESS_TOKEN: "eyJjIjoiQUFBQSJ9", IDP_ID: "1" };
    expect(transformRow(ACCESS_TOKEN, row, { from: "5.8.0", to: "5.10.0" })).toEqual({ row });
  });

  it("keeps the token binding of a source that has one", () => {
    const row = { ...tokenRow, IDP_ID: "1", TOKEN_BINDING_REF: "c4ca4238a0b923820dcc509a6f75849b" };
    expect(transformRow(ACCESS_TOKEN, row, { from: "5.10.0" })).toEqual({ row });
  });

  it.each([
    ["IDP", "UUID"],
    ["SP_APP", "UUID"],
    ["IDN_ASSOCIATED_ID", "ASSOCIATION_ID"],
  ])(
    "gives a row of %s a UUID that is the same in every run, and leaves the target's and the source's alone",
    (table, column) => {
      const transformer = transformerOf(table, { from: "5.9.0" });
      const made = [1, 2].map(() => transformer.transform({ ID: "3", NAME: "a" }, LOOKUPS));
      const uuid = expect.stringMatching(
        /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
      expect(made[0]).toEqual({ row: { ID: "3", NAME: "a", [column]: uuid } });
      expect(made[1]).toEqual(made[0]);
      expect(transformer.transform({ ID: "4", NAME: "a" }, LOOKUPS)).not.toMatchObject({
        row: { [column]: (made[0] as { row: Record<string, string> }).row[column] },
      });
      expect(transformer.transform({ ID: "3", [column]: "own" }, LOOKUPS)).toEqual({
        row: { ID: "3", [column]: "own" },
      });
      expect(transformer.keepOnUpdate).toEqual([column]);
    },
  );
});
