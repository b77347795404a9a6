import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Row } from "../../../src/row.ts";
import {
  appIds,
  attributeKey,
  type BackLookups,
  backUsers,
  idpIds,
  idpNames,
  NO_BACK_LOOKUPS,
  scopesBy,
} from "../../../src/transform/back-lookups.ts";
import {
  ACCESS_HEX,
  ACCESS_JSON,
  ACCESS_TOKEN,
  CODE,
  CODE_HEX,
  CODE_JSON,
  codeColumnsOf,
  codeRow,
  REFRESH_HEX,
  REFRESH_JSON,
  SCOPE,
  scopeRow,
  tokenColumnsOf,
  tokenRow,
  USER_DATA,
  userDataRow,
  VERSIONS,
  type Version,
} from "./rows.ts";
import { backTo, transformerOf } from "./transform-row.ts";

const isOf = (version: Version, first: Version): boolean =>
  VERSIONS.indexOf(version) >= VERSIONS.indexOf(first);

// printf %s 'email openid' | md5sum
const SCOPES_MD5 = "8f2f61959d2e938b9decac77fe30af28";

/** Both sides number applications and providers on their own: green's 30 is blue's 3, its 70 blue's 7, its 420 blue's 42. */
const back: BackLookups = {
  apps: new Map([["30", "3"]]),
  idps: new Map([
    ["100", "1"],
    ["170", "17"],
    ["420", "42"],
  ]),
  idpNames: new Map([
    ["1", "LOCAL"],
    ["17", "LOCAL"],
    ["42", "Google"],
  ]),
  tokenScopes: new Map([["tid-1", ["email", "openid"]]]),
  codeScopes: new Map([["cid-1", ["email", "openid"]]]),
  users: new Map([
    ["50/-1234", { blueId: "5", isTwice: false }],
    ["60/-1234", { blueId: undefined, isTwice: false }],
    ["61/-1234", { blueId: "6", isTwice: true }],
  ]),
  attributes: new Map([
    [
      attributeKey({
        UM_USER_ID: "5",
        UM_TENANT_ID: "-1234",
        UM_PROFILE_ID: "default",
        UM_ATTR_NAME: "mail",
      }),
      "8",
    ],
  ]),
};
/** The forward direction's look-ups, in blue's numbers: numbers go over as they are. */
const forward = {
  localIdpIdByTenant: new Map([
    ["-1234", "1"],
    ["7", "17"],
  ]),
};

const goBack = (table: string, version: Version, row: Row, own: Partial<BackLookups> = {}) =>
  backTo(table, version).transform(row, { ...forward, back: { ...back, ...own } });

/** Rows as a 5.11.0 server writes them. */
const greenToken: Row = {
  ...tokenRow,
  CONSUMER_KEY_ID: "30",
  ACCESS_TOKEN_HASH: ACCESS_JSON,
  REFRESH_TOKEN_HASH: REFRESH_JSON,
  TOKEN_SCOPE_HASH: "made-up",
  IDP_ID: "100",
  TOKEN_BINDING_REF: "8f14e45fceea167a5a36dedd4bea2543",
};
const greenCode: Row = {
  ...codeRow,
  CONSUMER_KEY_ID: "30",
  SCOPE: "",
  IDP_ID: "170",
  PKCE_CODE_CHALLENGE: "challenge",
  PKCE_CODE_CHALLENGE_METHOD: "S256",
  AUTHORIZATION_CODE_HASH: CODE_JSON,
};
const federated: Row = { ...greenToken, USER_DOMAIN: "FEDERATED", IDP_ID: "420" };

describe.each(VERSIONS)("a row of green on a blue of %s", (version) => {
  const hashes = (json: Row, hex: Row): Row =>
    isOf(version, "5.7.0") ? json : isOf(version, "5.5.0") ? hex : {};
  const base: Row = { ...tokenRow, CONSUMER_KEY_ID: "3", TOKEN_SCOPE_HASH: SCOPES_MD5 };

  it("is, of a token, what blue's server finds it by", () => {
    expect(goBack(ACCESS_TOKEN, version, greenToken)).toEqual({
      row: {
        ...base,
        ...hashes(
          { ACCESS_TOKEN_HASH: ACCESS_JSON, REFRESH_TOKEN_HASH: REFRESH_JSON },
          { ACCESS_TOKEN_HASH: ACCESS_HEX, REFRESH_TOKEN_HASH: REFRESH_HEX },
        ),
        ...(isOf(version, "5.8.0") ? { IDP_ID: "1" } : {}),
        ...(isOf(version, "5.10.0") ? { TOKEN_BINDING_REF: "8f14e45fceea167a5a36dedd4bea2543" } : {}),
      },
    });
  });

  it("is, of a federated user, named as blue's release names one, or not at all", () => {
    const result = goBack(ACCESS_TOKEN, version, federated);
    if (!isOf(version, "5.4.0")) {
      expect(result).toEqual({
        failure:
          "USER_DOMAIN: a federated user, whom blue's release would take for the local user of that name",
      });
    } else if (isOf(version, "5.8.0"))
      expect(result).toMatchObject({ row: { USER_DOMAIN: "FEDERATED", IDP_ID: "42" } });
    else {
      expect(result).toMatchObject({ row: { USER_DOMAIN: "FEDERATED:GOOGLE" } });
      expect(result).not.toHaveProperty("row.IDP_ID");
    }
  });

  it("is, of a code, without what its release has no column for, and with its scopes", () => {
    expect(goBack(CODE, version, greenCode)).toEqual({
      row: {
        ...codeRow,
        CONSUMER_KEY_ID: "3",
        SCOPE: isOf(version, "5.10.0") ? "" : "email openid",
        ...(isOf(version, "5.2.0")
          ? { PKCE_CODE_CHALLENGE: "challenge", PKCE_CODE_CHALLENGE_METHOD: "S256" }
          : {}),
        ...hashes({ AUTHORIZATION_CODE_HASH: CODE_JSON }, { AUTHORIZATION_CODE_HASH: CODE_HEX }),
        ...(isOf(version, "5.8.0") ? { IDP_ID: "17" } : {}),
      },
    });
  });

  it("is the same, of scopes and of identity claims", () => {
    expect(goBack(SCOPE, version, scopeRow)).toEqual({ row: scopeRow });
    expect(goBack(USER_DATA, version, userDataRow)).toEqual({ row: userDataRow });
  });

  it.runIf(isOf(version, "5.10.0"))("is the same, of a token's binding and of a code's scopes", () => {
    const binding = {
      TOKEN_ID: "tid-1",
      TOKEN_BINDING_TYPE: "cookie",
      TOKEN_BINDING_REF: "8f14e45fceea167a5a36dedd4bea2543",
      TOKEN_BINDING_VALUE: "c1",
      TENANT_ID: "-1234",
    };
    expect(goBack("IDN_OAUTH2_TOKEN_BINDING", version, binding)).toEqual({ row: binding });
    const scope = { CODE_ID: "cid-1", SCOPE: "openid", TENANT_ID: "-1234" };
    expect(goBack("IDN_OAUTH2_AUTHZ_CODE_SCOPE", version, scope)).toEqual({ row: scope });
  });

  it("is set aside when blue does not know the application", () => {
    for (const [table, row] of [
      [ACCESS_TOKEN, greenToken],
      [CODE, greenCode],
    ] as const)
      expect(goBack(table, version, { ...row, CONSUMER_KEY_ID: "31" })).toEqual({
        failure: "CONSUMER_KEY_ID: blue does not know the application",
      });
  });

  it("is set aside when blue does not know the identity provider that it needs", () => {
    const failure = { failure: "IDP_ID: blue does not know the identity provider" };
    expect(goBack(ACCESS_TOKEN, version, { ...federated, IDP_ID: "421" })).toEqual(failure);
    const local = goBack(ACCESS_TOKEN, version, { ...greenToken, IDP_ID: "101" });
    if (isOf(version, "5.8.0")) expect(local).toEqual(failure);
    else expect(local).toHaveProperty("row.USER_DOMAIN", "PRIMARY");
  });

  it("keeps no provider and no application where there is none", () => {
    expect(
      goBack(ACCESS_TOKEN, version, { ...greenToken, CONSUMER_KEY_ID: null, IDP_ID: "-1" }),
    ).toMatchObject({
      row: { CONSUMER_KEY_ID: null, ...(isOf(version, "5.8.0") ? { IDP_ID: "-1" } : {}) },
    });
  });

  it("keeps the scope hash of a token without scopes, and blue's own on a row that blue has", () => {
    expect(goBack(ACCESS_TOKEN, version, greenToken, { tokenScopes: new Map() })).toMatchObject({
      row: { TOKEN_SCOPE_HASH: "made-up" },
    });
    expect(backTo(ACCESS_TOKEN, version).keepOnUpdate).toEqual(["TOKEN_SCOPE_HASH"]);
  });

  it("gets a scope hash of its own where blue's key has no binding", () => {
    const { onUniqueConflict } = backTo(ACCESS_TOKEN, version);
    if (isOf(version, "5.10.0")) expect(onUniqueConflict).toBeUndefined();
    // printf %s tid-1:h | md5sum
    else
      expect(onUniqueConflict?.({ TOKEN_ID: "tid-1", TOKEN_SCOPE_HASH: "h" })).toEqual({
        TOKEN_ID: "tid-1",
        TOKEN_SCOPE_HASH: "485e5f5ad714f35c274b49ae15dde1d9",
      });
  });

  it("is, of a user, found by name before there were ids", () => {
    const user = { UM_USER_NAME: "ann", UM_TENANT_ID: "-1234", UM_USER_PASSWORD: "x" };
    const green = { UM_ID: "50", ...user, UM_USER_ID: "uuid" };
    const isSame = isOf(version, "5.10.0");
    expect(goBack("UM_USER", version, green)).toEqual({ row: isSame ? green : { UM_ID: "5", ...user } });
    expect(goBack("UM_USER", version, { ...green, UM_ID: "60" })).toEqual({
      row: isSame ? { ...green, UM_ID: "60" } : user,
    });
    expect(goBack("UM_USER", version, { ...green, UM_ID: "61" })).toEqual(
      isSame
        ? { row: { ...green, UM_ID: "61" } }
        : { failure: "UM_USER_NAME: green has two users of this name in the tenant, and blue can have one" },
    );
    expect(backTo("UM_USER", version).numbers).toEqual(isSame ? [] : ["UM_ID"]);
  });

  it("is, of a user's attribute, that of blue's user, numbered by blue; ids of users stay on green", () => {
    const attribute = {
      UM_ID: "90",
      UM_USER_ID: "50",
      UM_TENANT_ID: "-1234",
      UM_PROFILE_ID: "default",
      UM_ATTR_NAME: "mail",
      UM_ATTR_VALUE: "a@b",
    };
    const { UM_ID: _id, ...unnumbered } = attribute;
    const { leavesOut } = backTo("UM_USER_ATTRIBUTE", version);
    const claim = { ...attribute, UM_ATTR_NAME: "scimId" };
    if (isOf(version, "5.10.0")) {
      expect(goBack("UM_USER_ATTRIBUTE", version, attribute)).toEqual({ row: attribute });
      expect(leavesOut).toBeUndefined();
      return;
    }
    expect(goBack("UM_USER_ATTRIBUTE", version, attribute)).toEqual({
      row: { ...attribute, UM_ID: "8", UM_USER_ID: "5" },
    });
    expect(goBack("UM_USER_ATTRIBUTE", version, { ...attribute, UM_ATTR_NAME: "phone" })).toEqual({
      row: { ...unnumbered, UM_USER_ID: "5", UM_ATTR_NAME: "phone" },
    });
    expect(goBack("UM_USER_ATTRIBUTE", version, { ...attribute, UM_USER_ID: "60" })).toEqual({
      failure: "UM_USER_ID: blue does not have the user",
    });
    expect(leavesOut?.(claim, { ...forward, back })).toBe(true);
    expect(leavesOut?.(attribute, { ...forward, back })).toBe(false);
    const known = new Map([[attributeKey({ ...claim, UM_USER_ID: "5" }), "9"]]);
    expect(leavesOut?.(claim, { ...forward, back: { ...back, attributes: known } })).toBe(false);
  });

  it("is set aside when a text is longer than blue's column", () => {
    const columns = new Map([
      ["ACCESS_TOKEN", 12],
      ["IDP_ID", undefined],
    ]);
    const { transform } = backTo(ACCESS_TOKEN, version, columns);
    expect(transform(greenToken, { ...forward, back })).toEqual({
      failure: "ACCESS_TOKEN: is longer than the 12 characters of blue's column",
    });
    // Astral characters count once.
    const short = backTo(USER_DATA, version, new Map([["DATA_VALUE", 2]]));
    expect(short.transform({ ...userDataRow, DATA_VALUE: "😀😀" }, { ...forward, back })).toHaveProperty(
      "row",
    );
    expect(short.transform({ ...userDataRow, DATA_VALUE: "😀😀!" }, { ...forward, back })).toHaveProperty(
      "failure",
    );
  });

  it("takes the hash of blue's own algorithm", () => {
    const other = { ...greenToken, ACCESS_TOKEN_HASH: '{"hash":"00","algorithm":"SHA-512"}' };
    const json: Row = { ACCESS_TOKEN_HASH: ACCESS_JSON };
    expect(goBack(ACCESS_TOKEN, version, other)).toMatchObject({
      row: hashes(json, { ACCESS_TOKEN_HASH: ACCESS_HEX }),
    });
  });

  it("has no secret of a one-time password without keys", () => {
    const row = {
      ...userDataRow,
      DATA_KEY: "http://wso2.org/claims/identity/secretkey",
      DATA_VALUE: "eyJjIjoiQUFBQSJ9",
    };
    expect(goBack(USER_DATA, version, row)).toEqual({
      failure: "DATA_VALUE: holds an encrypted one-time-password secret, and no keys are configured",
    });
  });
});

describe("a 5.7.0 to which an update brought IDP_ID", () => {
  it("gets the provider's number, and a federated user as 5.8.0 has one", () => {
    const columns = new Map([
      ["IDP_ID", undefined],
      ["ACCESS_TOKEN_HASH", undefined],
      ["REFRESH_TOKEN_HASH", undefined],
    ]);
    const { transform } = backTo(ACCESS_TOKEN, "5.7.0", columns);
    expect(transform(federated, { ...forward, back })).toMatchObject({
      row: { USER_DOMAIN: "FEDERATED", IDP_ID: "42" },
    });
  });
});

describe("there and back", () => {
  // Numbers are the same on both sides here: what forward copies is what back finds.
  const same: BackLookups = {
    ...NO_BACK_LOOKUPS,
    apps: new Map([["3", "3"]]),
    idps: new Map([
      ["1", "1"],
      ["17", "17"],
      ["42", "42"],
    ]),
    idpNames: new Map([
      ["1", "LOCAL"],
      ["17", "LOCAL"],
      ["42", "Google"],
    ]),
  };
  const lookups = { ...forward, back: same };
  const versions = fc.constantFrom(...VERSIONS);
  const domains = (version: Version): readonly string[] => {
    if (isOf(version, "5.8.0")) return ["PRIMARY", "LDAP", "FEDERATED"];
    return isOf(version, "5.4.0") ? ["PRIMARY", "LDAP", "FEDERATED:GOOGLE"] : ["PRIMARY", "LDAP"];
  };
  const columnsOf = (table: string, version: Version): Row =>
    table === CODE ? { ...codeRow, ...codeColumnsOf(version) } : { ...tokenRow, ...tokenColumnsOf(version) };
  const blueRows = versions.chain((version) =>
    fc
      .record({
        table: fc.constantFrom(ACCESS_TOKEN, CODE),
        domain: fc.constantFrom(...domains(version)),
        tenant: fc.constantFrom("-1234", "7"),
        idp: fc.constantFrom("1", "17", "42", "-1"),
        state: fc.constantFrom("ACTIVE", "REVOKED", null),
        subject: fc.string(),
      })
      .map(({ table, domain, tenant, idp, state, subject }) => {
        const row: Record<string, Row[string]> = {
          ...columnsOf(table, version),
          USER_DOMAIN: domain,
          TENANT_ID: tenant,
          SUBJECT_IDENTIFIER: subject,
        };
        row[table === CODE ? "STATE" : "TOKEN_STATE"] = state;
        if (isOf(version, "5.8.0")) row["IDP_ID"] = idp;
        return { version, table, row: row as Row };
      }),
  );

  it("a row of blue's comes back as it was", () => {
    fc.assert(
      fc.property(blueRows, ({ version, table, row }) => {
        const there = transformerOf(table, { from: version }).transform(row, lookups);
        if ("failure" in there) throw new Error(there.failure);
        expect(backTo(table, version).transform(there.row, lookups)).toEqual({ row });
      }),
      { numRuns: 1000 },
    );
  });

  /** What a blue of a version cannot keep: see the kinds "lossy" of the rules. */
  const LOSSY = (version: Version, row: Row): readonly string[] => [
    ...(isOf(version, "5.10.0") ? [] : ["TOKEN_BINDING_REF", "SCOPE"]),
    ...(isOf(version, "5.8.0") || row["USER_DOMAIN"] !== "FEDERATED" ? [] : ["USER_DOMAIN", "IDP_ID"]),
    ...(isOf(version, "5.8.0") ? [] : ["IDP_ID"].filter(() => row["IDP_ID"] === "-1")),
    ...(isOf(version, "5.2.0") ? [] : ["PKCE_CODE_CHALLENGE", "PKCE_CODE_CHALLENGE_METHOD"]),
  ];
  const greenRows = fc
    .record({
      table: fc.constantFrom(ACCESS_TOKEN, CODE),
      user: fc.constantFrom(
        ["PRIMARY", "-1234", "1"],
        ["LDAP", "7", "17"],
        ["FEDERATED", "7", "42"],
        ["FEDERATED", "-1234", "42"],
      ),
      binding: fc.constantFrom("NONE", "8f14e45fceea167a5a36dedd4bea2543"),
      hasRefresh: fc.boolean(),
    })
    .map(
      ({
        table,
        user: [domain = "", tenant = "", idp = ""],
        binding,
        hasRefresh,
      }): { table: string; row: Row } => {
        const common = { USER_DOMAIN: domain, TENANT_ID: tenant, IDP_ID: idp, CONSUMER_KEY_ID: "3" };
        if (table === CODE) return { table, row: { ...greenCode, ...common } };
        const refresh = hasRefresh ? {} : { REFRESH_TOKEN: null, REFRESH_TOKEN_HASH: null };
        return {
          table,
          row: {
            ...greenToken,
            ...common,
            ...refresh,
            TOKEN_BINDING_REF: binding,
            TOKEN_SCOPE_HASH: tokenRow["TOKEN_SCOPE_HASH"] ?? null,
          },
        };
      },
    );

  it("a row of green's comes back as it was, but for the columns that blue cannot keep", () => {
    fc.assert(
      fc.property(versions, greenRows, (version, { table, row }) => {
        const there = backTo(table, version).transform(row, lookups);
        if ("failure" in there) {
          expect([there.failure, isOf(version, "5.4.0"), row["USER_DOMAIN"]]).toEqual([
            expect.stringContaining("federated"),
            false,
            "FEDERATED",
          ]);
          return;
        }
        const again = transformerOf(table, { from: version }).transform(there.row, lookups);
        if ("failure" in again) throw new Error(again.failure);
        const kept = (one: Row) =>
          Object.fromEntries(Object.entries(one).filter(([column]) => !LOSSY(version, row).includes(column)));
        expect(kept(again.row)).toEqual(kept(row));
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the look-ups of the way back", () => {
  it("find applications by their key, the user portal by its older name", () => {
    const app = (id: string, key: string, tenant = "-1234"): Row => ({
      ID: id,
      CONSUMER_KEY: key,
      TENANT_ID: tenant,
    });
    const green = [app("1", "a"), app("2", "b"), app("3", "MY_ACCOUNT"), app("4", "MY_ACCOUNT", "7")];
    expect(appIds(green, [app("9", "b"), app("8", "USER_PORTAL"), app("7", "c")])).toEqual(
      new Map([
        ["2", "9"],
        ["3", "8"],
      ]),
    );
    expect(appIds(green, [app("6", "MY_ACCOUNT")]).get("3")).toBe("6");
  });

  it("find identity providers by tenant and name", () => {
    const idp = (id: string, tenant: string, name: string): Row => ({
      ID: id,
      TENANT_ID: tenant,
      NAME: name,
    });
    const blue = [idp("5", "7", "LOCAL"), idp("6", "-1234", "Google")];
    expect(
      idpIds(
        [
          idp("1", "-1234", "LOCAL"),
          idp("2", "7", "LOCAL"),
          idp("3", "7", "Google"),
          idp("4", "-1234", "Google"),
        ],
        blue,
      ),
    ).toEqual(
      new Map([
        ["2", "5"],
        ["4", "6"],
      ]),
    );
    expect(idpNames(blue).get("6")).toBe("Google");
  });

  it("put scopes in the order in which they are hashed", () => {
    const row = (id: string, scope: string): Row => ({ TOKEN_ID: id, TOKEN_SCOPE: scope });
    expect(
      scopesBy([row("a", "openid"), row("b", "x"), row("a", "email")], "TOKEN_ID", "TOKEN_SCOPE"),
    ).toEqual(
      new Map([
        ["a", ["email", "openid"]],
        ["b", ["x"]],
      ]),
    );
  });

  it("find users by tenant and name, and say when green has two", () => {
    const user = (id: string, name: string, tenant = "-1234"): Row => ({
      UM_ID: id,
      UM_USER_NAME: name,
      UM_TENANT_ID: tenant,
    });
    expect(
      backUsers(
        [user("1", "ann"), user("2", "bob"), user("3", "bob"), user("4", "ann", "7")],
        [user("9", "ann")],
      ),
    ).toEqual(
      new Map([
        ["1/-1234", { blueId: "9", isTwice: false }],
        ["2/-1234", { blueId: undefined, isTwice: true }],
        ["3/-1234", { blueId: undefined, isTwice: true }],
        ["4/7", { blueId: undefined, isTwice: false }],
      ]),
    );
  });
});
