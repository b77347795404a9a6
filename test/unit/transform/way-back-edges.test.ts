/** What the way back does with rows that lack something: no hash, no provider's name, no user that blue has. */
import { describe, expect, it } from "vitest";
import type { Row } from "../../../src/row.ts";
import { type BackLookups, NO_BACK_LOOKUPS } from "../../../src/transform/back-lookups.ts";
import {
  ACCESS_HEX,
  ACCESS_JSON,
  ACCESS_TOKEN,
  CODE,
  CODE_HEX,
  CODE_JSON,
  codeRow,
  REFRESH_JSON,
  tokenRow,
} from "./rows.ts";
import { backTo } from "./transform-row.ts";

const SHA_512_JSON = '{"hash":"00","algorithm":"SHA-512"}';

const lookups = (back: Partial<BackLookups> = {}) => ({
  localIdpIdByTenant: new Map<string, string>(),
  back: {
    ...NO_BACK_LOOKUPS,
    apps: new Map([["30", "3"]]),
    idps: new Map([["420", "42"]]),
    idpNames: new Map([["42", " Google "]]),
    ...back,
  },
});
const token: Row = {
  ...tokenRow,
  CONSUMER_KEY_ID: "30",
  ACCESS_TOKEN_HASH: ACCESS_JSON,
  REFRESH_TOKEN_HASH: REFRESH_JSON,
  IDP_ID: "-1",
};
const code: Row = { ...codeRow, CONSUMER_KEY_ID: "30", AUTHORIZATION_CODE_HASH: CODE_JSON, IDP_ID: "-1" };
const hashesOf = (version: string, row: Row): unknown => {
  const made = backTo(ACCESS_TOKEN, version).transform(row, lookups());
  return "row" in made ? [made.row["ACCESS_TOKEN_HASH"], made.row["REFRESH_TOKEN_HASH"]] : made;
};

describe("a hash on its way to a blue that stores hex", () => {
  it("is that of the JSON, where it was made by blue's algorithm, whatever the token says", () => {
    const named = { ...token, ACCESS_TOKEN_HASH: '{"hash":"0a","algorithm":"SHA-256"}' };
    expect(hashesOf("5.6.0", named)).toEqual(["0a", expect.any(String)]);
  });

  it("is made of the token where the JSON holds none, or one of another algorithm", () => {
    expect(hashesOf("5.6.0", { ...token, ACCESS_TOKEN_HASH: '{"algorithm":"SHA-256"}' })).toEqual([
      ACCESS_HEX,
      expect.any(String),
    ]);
    expect(hashesOf("5.6.0", { ...token, ACCESS_TOKEN_HASH: '{"hash":7,"algorithm":"SHA-256"}' })).toEqual([
      ACCESS_HEX,
      expect.any(String),
    ]);
    expect(hashesOf("5.6.0", { ...token, ACCESS_TOKEN_HASH: SHA_512_JSON })).toEqual([
      ACCESS_HEX,
      expect.any(String),
    ]);
  });

  it.each([null, ""])("is none for a refresh token that is %j", (refresh) => {
    expect(hashesOf("5.6.0", { ...token, REFRESH_TOKEN: refresh })).toEqual([ACCESS_HEX, null]);
  });

  it("stays none where green has none, and hex where green has hex", () => {
    const row = { ...token, ACCESS_TOKEN_HASH: null, REFRESH_TOKEN_HASH: CODE_HEX };
    expect(hashesOf("5.6.0", row)).toEqual([null, CODE_HEX]);
  });

  it("is asked of the readers of stored values, and so is one that a blue from 5.7.0 on stores", () => {
    for (const version of ["5.6.0", "5.9.0"])
      expect(backTo(ACCESS_TOKEN, version).needs.values, version).toBe(true);
    expect(backTo("IDN_OAUTH2_ACCESS_TOKEN_SCOPE", "5.6.0").needs.values).toBe(false);
  });
});

describe("a hash on its way to a blue that stores JSON", () => {
  it("that names another algorithm is made of the token", () => {
    expect(hashesOf("5.9.0", { ...token, ACCESS_TOKEN_HASH: SHA_512_JSON })).toEqual([
      ACCESS_JSON,
      REFRESH_JSON,
    ]);
  });

  it("stays as it is where there is no token to make it of, no hash, or no JSON", () => {
    expect(hashesOf("5.9.0", { ...token, ACCESS_TOKEN_HASH: null })).toEqual([null, REFRESH_JSON]);
    expect(hashesOf("5.9.0", { ...token, ACCESS_TOKEN_HASH: ACCESS_HEX })).toEqual([
      ACCESS_HEX,
      REFRESH_JSON,
    ]);
    for (const refresh of [null, ""])
      expect(
        hashesOf("5.9.0", { ...token, REFRESH_TOKEN: refresh, REFRESH_TOKEN_HASH: SHA_512_JSON }),
      ).toEqual([ACCESS_JSON, SHA_512_JSON]);
  });

  it("stays word for word where it names blue's algorithm, whatever the token says", () => {
    const named = '{"hash":"0a","algorithm":"SHA-256"}';
    expect(hashesOf("5.9.0", { ...token, ACCESS_TOKEN_HASH: named })).toEqual([named, REFRESH_JSON]);
  });
});

describe("the scopes of a code on the way back", () => {
  const scopesOf = (row: Row, codeScopes: BackLookups["codeScopes"] = new Map()): unknown =>
    backTo(CODE, "5.9.0").transform(row, lookups({ codeScopes }));
  const known = new Map([["cid-1", ["email", "openid"]]]);

  it("are those that green keeps in a table of their own, where the row has none", () => {
    for (const scope of ["", null])
      expect(scopesOf({ ...code, SCOPE: scope }, known)).toMatchObject({ row: { SCOPE: "email openid" } });
  });

  it("are the row's own, where it has some", () => {
    expect(scopesOf({ ...code, SCOPE: "profile" }, known)).toMatchObject({ row: { SCOPE: "profile" } });
  });

  it("stay as the row has them, where green keeps none", () => {
    for (const scope of ["", null, "profile"])
      expect(scopesOf({ ...code, SCOPE: scope })).toMatchObject({ row: { SCOPE: scope } });
  });

  it("are not needed by a batch that nothing was looked up for", () => {
    const made = backTo(CODE, "5.9.0").transform(
      { ...code, SCOPE: "", CONSUMER_KEY_ID: null },
      { localIdpIdByTenant: new Map() },
    );
    expect(made).toMatchObject({ row: { SCOPE: "" } });
  });
});

describe("what the way back looks up for a table", () => {
  it("is what its inverse reads, and nothing for a table that needs nothing", () => {
    const needsOf = (table: string, version: string) => [...backTo(table, version).needs.back].sort();
    expect(needsOf(ACCESS_TOKEN, "5.10.0")).toEqual(["apps", "idps", "tokenScopes"]);
    expect(needsOf(ACCESS_TOKEN, "5.7.0")).toEqual(["apps", "idpNames", "idps", "tokenScopes"]);
    expect(needsOf(CODE, "5.10.0")).toEqual(["apps", "idps"]);
    expect(needsOf(CODE, "5.7.0")).toEqual(["apps", "codeScopes", "idpNames", "idps"]);
    expect(needsOf("UM_USER", "5.9.0")).toEqual(["users"]);
    expect(needsOf("UM_USER_ATTRIBUTE", "5.9.0")).toEqual(["attributes", "users"]);
    expect(needsOf("IDN_OAUTH2_ACCESS_TOKEN_SCOPE", "5.7.0")).toEqual([]);
    expect(needsOf("IDP", "5.7.0")).toEqual([]);
  });
});

describe("a federated user on the way to a blue that names the provider in the domain", () => {
  const domainOf = (idpNames: BackLookups["idpNames"], row: Row = token): unknown => {
    const federated = { ...row, USER_DOMAIN: "FEDERATED", IDP_ID: "420" };
    const made = backTo(ACCESS_TOKEN, "5.7.0").transform(federated, lookups({ idpNames }));
    return "row" in made ? made.row["USER_DOMAIN"] : made;
  };

  it("gets its name in capitals, without blanks around it", () => {
    expect(domainOf(new Map([["42", " Google "]]))).toBe("FEDERATED:GOOGLE");
  });

  it("keeps the bare word where blue's provider has no name", () => {
    expect(domainOf(new Map([["42", "  "]]))).toBe("FEDERATED");
    expect(domainOf(new Map())).toBe("FEDERATED");
  });
});

describe("users and their attributes on the way back", () => {
  const attribute = {
    UM_ID: "90",
    UM_USER_ID: "50",
    UM_TENANT_ID: "-1234",
    UM_PROFILE_ID: "default",
    UM_ATTR_NAME: "phone",
    UM_ATTR_VALUE: "1",
  };
  const back = { ...lookups(), back: { ...NO_BACK_LOOKUPS } };
  const nothing = { localIdpIdByTenant: new Map<string, string>() };
  const { transform, leavesOut } = backTo("UM_USER_ATTRIBUTE", "5.9.0");

  it("are set aside where blue does not have the user, known or not", () => {
    const failure = { failure: "UM_USER_ID: blue does not have the user" };
    for (const known of [back, nothing]) expect(transform(attribute, known)).toEqual(failure);
  });

  it("are left out where they are ids that green gave: of this attribute, and in this profile, alone", () => {
    const claim = { ...attribute, UM_ATTR_NAME: "scimId" };
    for (const known of [back, nothing]) {
      expect(leavesOut?.(claim, known)).toBe(true);
      expect(leavesOut?.(attribute, known)).toBe(false);
      expect(leavesOut?.({ ...claim, UM_PROFILE_ID: "other" }, known)).toBe(false);
    }
  });

  it("go over without a number where blue does not know them", () => {
    const user = { UM_ID: "50", UM_USER_NAME: "ann", UM_TENANT_ID: "-1234", UM_USER_ID: "uuid" };
    const { UM_ID: _number, UM_USER_ID: _id, ...unnumbered } = user;
    const users = backTo("UM_USER", "5.9.0");
    for (const known of [back, nothing]) expect(users.transform(user, known)).toEqual({ row: unnumbered });
  });
});

describe("a text and the length of blue's column", () => {
  const limited = (length: number | undefined) =>
    backTo(
      ACCESS_TOKEN,
      "5.10.0",
      new Map([
        ["AUTHZ_USER", length],
        ["IDP_ID", undefined],
      ]),
    ).transform;

  it("passes up to that length, and where there is none", () => {
    for (const [user, length] of [
      ["ann", 3],
      ["ann", undefined],
      [null, 3],
    ] as const)
      expect(limited(length)({ ...token, AUTHZ_USER: user }, lookups())).toHaveProperty("row");
    expect(limited(2)({ ...token, AUTHZ_USER: "ann" }, lookups())).toEqual({
      failure: "AUTHZ_USER: is longer than the 2 characters of blue's column",
    });
  });
});

describe("rows without an application or a provider", () => {
  it("keep neither, and need none of blue's", () => {
    const row = { ...token, CONSUMER_KEY_ID: null, IDP_ID: null };
    expect(backTo(ACCESS_TOKEN, "5.10.0").transform(row, lookups())).toMatchObject({
      row: { CONSUMER_KEY_ID: null, IDP_ID: null },
    });
  });
});
