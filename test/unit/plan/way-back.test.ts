import { expect, it } from "vitest";
import { KNOWN_TABLES } from "../../../src/config/known-tables.ts";
import { IS_VERSIONS } from "../../../src/config/versions.ts";
import { wayBack, wayBackProblems } from "../../../src/plan/way-back.ts";

const ALL = Object.values(KNOWN_TABLES).flat();

it("every table is carried back, absent on blue, or refused with a reason, on each release", () => {
  for (const version of IS_VERSIONS.slice(1)) {
    const carried = ALL.filter((table) => wayBack(table, version).kind === "carried");
    const isNew = version === "5.10.0" || version === "5.11.0";
    expect(carried.sort()).toEqual(
      [
        "IDN_IDENTITY_USER_DATA",
        "IDN_OAUTH2_ACCESS_TOKEN",
        "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
        "IDN_OAUTH2_AUTHORIZATION_CODE",
        ...(isNew ? ["IDN_OAUTH2_AUTHZ_CODE_SCOPE", "IDN_OAUTH2_TOKEN_BINDING"] : []),
      ].sort(),
    );
  }
});

it.each([
  ["IDN_AUTH_SESSION_STORE", /sessions/],
  ["IDN_AUTH_USER_SESSION_MAPPING", /sessions/],
  ["CM_RECEIPT", /consents/],
  ["UM_ROLE", /groups and roles/],
  ["UM_USER_ROLE", /groups and roles/],
  ["UM_HYBRID_USER_ROLE", /groups and roles/],
  ["UM_ROLE_PERMISSION", /groups and roles/],
  ["UM_PERMISSION", /groups and roles/],
  ["UM_USER", /both sides number/],
  ["UM_USER_ATTRIBUTE", /both sides number/],
  ["IDP", /both sides number/],
  ["ACME", /both sides number/],
])("%s is refused for its own reason", (table, reason) => {
  expect(wayBack(table, "5.10.0")).toEqual({ kind: "refused", reason: expect.stringMatching(reason) });
});

it("all refusals are said at once, and 5.0.0 as a whole", () => {
  expect(wayBackProblems(["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_AUTHZ_CODE_SCOPE"], "5.7.0")).toEqual([]);
  expect(wayBackProblems(["IDP", "IDN_OAUTH2_ACCESS_TOKEN_A", "CM_RECEIPT"], "5.7.0")).toHaveLength(2);
  expect(wayBackProblems(["IDN_OAUTH2_ACCESS_TOKEN"], "5.0.0")).toEqual([
    expect.stringContaining("no way back to 5.0.0"),
  ]);
});
