/** Ids that the target's release wants and the source does not have. */
import { describe, expect, it } from "vitest";
import { LOOKUPS, transformerOf } from "./transform-row.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("a user's id", () => {
  const transformer = transformerOf("UM_USER", { from: "5.9.0", to: "5.10.0" });
  const user = { UM_ID: "3", UM_TENANT_ID: "7", UM_USER_NAME: "ann" };
  const idOf = (row: object, scim?: ReadonlyMap<string, string>) => {
    const made = transformer.transform(row as never, {
      ...LOOKUPS,
      ...(scim === undefined ? {} : { scimIdByUser: scim }),
    });
    return "row" in made ? made.row["UM_USER_ID"] : made;
  };

  it("is the one that SCIM gave this user of this tenant", () => {
    const scim = new Map([
      ["3/7", "scim's"],
      ["3/8", "another tenant's"],
    ]);
    expect(idOf(user, scim)).toBe("scim's");
    expect(idOf({ ...user, UM_TENANT_ID: "9" }, scim)).toMatch(UUID);
  });

  it("is else the same in every run, and another for each user and tenant", () => {
    const [first, ...others] = [user, { ...user, UM_ID: "4" }, { ...user, UM_TENANT_ID: "8" }].map((row) =>
      idOf(row),
    );
    expect(first).toMatch(UUID);
    expect(idOf({ ...user, UM_USER_NAME: "renamed" })).toBe(first);
    expect(new Set([first, ...others]).size).toBe(3);
  });

  it("stays where the source has one, and where the target has the user", () => {
    expect(idOf({ ...user, UM_USER_ID: "own" }, new Map([["3/7", "scim's"]]))).toBe("own");
    expect([transformer.keepOnUpdate, transformer.adds, transformer.needs.scimIds]).toEqual([
      ["UM_USER_ID"],
      ["UM_USER_ID"],
      true,
    ]);
  });
});

describe("a tenant's id", () => {
  const transformer = transformerOf("UM_TENANT", { from: "5.10.0", to: "5.11.0" });
  const idOf = (row: object) => {
    const made = transformer.transform(row as never, LOOKUPS);
    return "row" in made ? made.row["UM_TENANT_UUID"] : made;
  };

  it("is the same in every run, and another for each tenant", () => {
    expect(idOf({ UM_ID: "1", UM_DOMAIN_NAME: "a.com" })).toMatch(UUID);
    expect(idOf({ UM_ID: "1", UM_DOMAIN_NAME: "b.com" })).toBe(idOf({ UM_ID: "1" }));
    expect(idOf({ UM_ID: "2" })).not.toBe(idOf({ UM_ID: "1" }));
  });

  it("stays where the source has one, and where the target has the tenant", () => {
    expect(idOf({ UM_ID: "1", UM_TENANT_UUID: "own" })).toBe("own");
    expect([transformer.keepOnUpdate, transformer.adds]).toEqual([["UM_TENANT_UUID"], ["UM_TENANT_UUID"]]);
  });
});
