import { describe, expect, it } from "vitest";
import { ACCESS_TOKEN, CODE, codeRow, tokenRow } from "../rows.ts";
import { LOOKUPS, transformerOf, transformRow } from "../transform-row.ts";

const into = { from: "5.7.0", to: "5.8.0" };

describe("the 5.8.0 step", () => {
  it("takes the provider of each row's own tenant within one batch", () => {
    const { transform } = transformerOf(CODE, into);
    const idpOf = (tenant: string) => transform({ ...codeRow, TENANT_ID: tenant }, LOOKUPS);
    expect(idpOf("-1234")).toEqual({ row: { ...codeRow, TENANT_ID: "-1234", IDP_ID: "1" } });
    expect(idpOf("7")).toEqual({ row: { ...codeRow, TENANT_ID: "7", IDP_ID: "17" } });
  });

  it.each(["FEDERATED", null])(
    "gives codes in domain %j the default -1, also without a LOCAL provider",
    (domain) => {
      const row = { ...codeRow, USER_DOMAIN: domain, TENANT_ID: "8" };
      expect(transformRow(CODE, row, into)).toEqual({ row: { ...row, IDP_ID: "-1" } });
    },
  );

  it("overwrites an id that an updated source has, but not that of a federated user", () => {
    const local = { ...tokenRow, IDP_ID: "99" };
    const federated = { ...tokenRow, USER_DOMAIN: "FEDERATED", IDP_ID: "99" };
    expect(transformRow(ACCESS_TOKEN, local, into)).toEqual({ row: { ...local, IDP_ID: "1" } });
    expect(transformRow(ACCESS_TOKEN, federated, into)).toEqual({ row: federated });
  });

  it("fails a row whose tenant has no LOCAL provider, with a reason without values", () => {
    expect(transformRow(ACCESS_TOKEN, { ...tokenRow, TENANT_ID: "8" }, into)).toEqual({
      failure:
        "IDP_ID: the row's tenant has no identity provider named LOCAL in the target's table IDP, or that table may not be read",
    });
  });

  it("fails a row of a local user without a tenant", () => {
    expect(transformRow(ACCESS_TOKEN, { ...tokenRow, TENANT_ID: null }, into)).toEqual({
      failure: "TENANT_ID: is null, so the row has no identity provider",
    });
  });

  it("asks for the look-up only when it applies", () => {
    expect(transformerOf(ACCESS_TOKEN, into).needs.localIdp).toBe(true);
    expect(transformerOf(CODE, { from: "5.1.0" }).needs.localIdp).toBe(true);
    expect(transformerOf(ACCESS_TOKEN, { from: "5.8.0" }).needs.localIdp).toBe(false);
    expect(transformerOf(CODE, { from: "5.1.0", to: "5.7.0" }).needs.localIdp).toBe(false);
  });

  it("keeps the target's TOKEN_SCOPE_HASH for tokens of sources whose key never bit, and only there", () => {
    const kept = (table: string, from: string, tenantInKey: boolean, to = "5.11.0") =>
      transformerOf(table, { from, to, tenantInKey }).keepOnUpdate;
    expect(kept(ACCESS_TOKEN, "5.1.0", false)).toEqual(["TOKEN_SCOPE_HASH"]);
    expect(kept(ACCESS_TOKEN, "5.7.0", false)).toEqual(["TOKEN_SCOPE_HASH"]);
    expect(kept(ACCESS_TOKEN, "5.7.0", true)).toEqual([]);
    expect(kept(ACCESS_TOKEN, "5.8.0", false)).toEqual([]);
    expect(kept(ACCESS_TOKEN, "5.1.0", false, "5.7.0")).toEqual([]);
    expect(kept(CODE, "5.7.0", false)).toEqual([]);
  });

  it("gives a new row its own scope hash first and a derived one only when asked for a collision", () => {
    const { transform, onUniqueConflict } = transformerOf(ACCESS_TOKEN, { ...into, tenantInKey: false });
    const row = { ...tokenRow, IDP_ID: "1" };
    expect(transform(tokenRow, LOOKUPS)).toEqual({ row });
    expect(onUniqueConflict?.(row)).toEqual({ ...row, TOKEN_SCOPE_HASH: "d320f46d39c40ec27b6dd60f2e9a1dea" });
    expect(transformerOf(ACCESS_TOKEN, into).onUniqueConflict).toBeUndefined();
  });
});
