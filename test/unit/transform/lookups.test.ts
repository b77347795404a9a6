import { describe, expect, it } from "vitest";
import { LOCAL_IDP, localIdpIds, tenantIds } from "../../../src/transform/lookups.ts";

describe("the look-up of local identity providers", () => {
  it("reads ID, NAME and TENANT_ID of the table IDP", () => {
    expect(LOCAL_IDP).toEqual({ table: "IDP", columns: ["ID", "NAME", "TENANT_ID"], name: "LOCAL" });
  });

  it("takes the provider named LOCAL of each tenant and passes over all others", () => {
    const rows = [
      { ID: "1", NAME: "LOCAL", TENANT_ID: "-1234" },
      { ID: "2", NAME: "Google", TENANT_ID: "-1234" },
      { ID: "3", NAME: "local", TENANT_ID: "7" },
      { ID: "4", NAME: "LOCAL", TENANT_ID: "7" },
      { ID: null, NAME: "LOCAL", TENANT_ID: "8" },
      { ID: "5", NAME: "LOCAL", TENANT_ID: null },
    ];
    expect([...localIdpIds(rows)]).toEqual([
      ["-1234", "1"],
      ["7", "4"],
    ]);
  });
});

describe("the look-up of tenants", () => {
  it("finds a tenant by its domain in any case, and the super tenant, which stands in no row", () => {
    const rows = [
      { UM_ID: "7", UM_DOMAIN_NAME: "Example.Com" },
      { UM_ID: "8", UM_DOMAIN_NAME: null },
      { UM_ID: null, UM_DOMAIN_NAME: "gone.example" },
    ];
    expect([...tenantIds(rows)]).toEqual([
      ["carbon.super", "-1234"],
      ["example.com", "7"],
    ]);
  });
});
