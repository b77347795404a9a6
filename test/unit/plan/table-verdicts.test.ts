import { expect, it } from "vitest";
import { isKnownTable, KNOWN_TABLES, wholeTable } from "../../../src/config/known-tables.ts";
import { compareVersions, IS_VERSIONS, type IsVersion, isStepBetween } from "../../../src/config/versions.ts";
import { tableVerdict } from "../../../src/plan/table-verdicts.ts";
import { belonging, removedRows } from "../../../src/transform/left-out.ts";
import { buildTransformer } from "../../../src/transform/transformer.ts";
import { otherTables } from "../../support/wso2-other-tables.ts";
import { WSO2_TABLES } from "../../support/wso2-shapes.ts";

const ALL = [
  ...new Set([
    ...WSO2_TABLES,
    ...IS_VERSIONS.flatMap((version) => otherTables(version).map(({ name }) => name)),
  ]),
];
const PAIRS = IS_VERSIONS.flatMap((source) =>
  IS_VERSIONS.filter((target) => compareVersions(source, target) <= 0).map(
    (target) => [source, target] as const,
  ),
);
const transformer = (table: string, sourceVersion: IsVersion, targetVersion: IsVersion) =>
  buildTransformer({
    table,
    sourceVersion,
    targetVersion,
    sourceCaptureFacts: { scopeHashKeyIncludesTenant: true },
    hashAlgorithm: "SHA-256",
  });

it("every table of every release is known, and no other", () => {
  expect(Object.values(KNOWN_TABLES).flat().sort()).toEqual([...ALL].sort());
});

it("between equal versions every table is carried as it is", () => {
  for (const table of ALL)
    for (const version of IS_VERSIONS)
      expect(tableVerdict(table, version, version)).toEqual({ kind: "carried" });
});

it("a table has a rule exactly where the transformation has one, and the rule makes what the verdict says", () => {
  for (const table of ALL) {
    for (const [source, target] of PAIRS) {
      const verdict = tableVerdict(table, source, target);
      if (verdict.kind === "refused") continue;
      const { steps, adds } = transformer(table, source, target);
      const isOfAnApplication = (belonging(table) ?? removedRows(table)) !== undefined;
      const hasRule = steps.length > 0 || (isOfAnApplication && isStepBetween("5.11.0", source, target));
      expect([table, source, target, verdict.kind]).toEqual([
        table,
        source,
        target,
        hasRule ? "ruled" : "carried",
      ]);
      const makes = verdict.kind === "ruled" ? verdict.makes : [];
      // Ids of a rekeyed table are found before its rows are transformed.
      for (const column of makes.filter((name) => !/^(TOKEN|CODE)_ID$/.test(name)))
        expect(adds).toContain(column);
    }
  }
});

it.each([
  ["IDN_OIDC_SCOPE_CLAIM_MAPPING", "5.9.0", "refused"],
  ["IDN_OIDC_SCOPE_CLAIM_MAPPING", "5.10.0", "carried"],
  ["IDN_OIDC_SCOPE", "5.7.0", "refused"],
  ["IDN_OAUTH2_SCOPE", "5.3.0", "refused"],
  ["IDN_OAUTH2_SCOPE", "5.9.0", "refused"],
  ["IDN_OAUTH2_SCOPE", "5.10.0", "carried"],
  ["IDN_AUTH_SESSION_STORE", "5.10.0", "refused"],
  ["IDN_AUTH_USER_SESSION_MAPPING", "5.9.0", "refused"],
  ["IDN_AUTH_USER_SESSION_MAPPING", "5.10.0", "carried"],
  ["IDP", "5.9.0", "ruled"],
  ["IDN_ASSOCIATED_ID", "5.9.0", "ruled"],
  ["IDN_ASSOCIATED_ID", "5.0.0", "refused"],
  ["SP_APP", "5.7.0", "ruled"],
  ["IDN_OAUTH_CONSUMER_APPS", "5.10.0", "ruled"],
  ["IDN_OAUTH1A_ACCESS_TOKEN", "5.3.0", "ruled"],
  ["IDN_RECOVERY_DATA", "5.3.0", "carried"],
  ["ACME_TOKENS", "5.0.0", "carried"],
] as const)("%s from %s to 5.11.0 is %s", (table, source, kind) => {
  expect(tableVerdict(table, source, "5.11.0").kind).toBe(kind);
});

it("a partition has the verdict, and the transformation, of the table that it is a part of", () => {
  for (const whole of ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN_SCOPE"] as const) {
    const part = `${whole}_A`;
    expect([isKnownTable(part), wholeTable(part)]).toEqual([true, whole]);
    expect(tableVerdict(part, "5.7.0", "5.11.0")).toEqual(tableVerdict(whole, "5.7.0", "5.11.0"));
    expect(transformer(part, "5.3.0", "5.11.0").steps).toEqual(transformer(whole, "5.3.0", "5.11.0").steps);
  }
  expect(tableVerdict("IDN_OAUTH2_ACCESS_TOKEN_A", "5.0.0", "5.11.0").kind).toBe("refused");
  expect(belonging("IDN_OAUTH2_ACCESS_TOKEN_SCOPE_A")?.to).toBe("IDN_OAUTH2_ACCESS_TOKEN_A");
  expect(wholeTable("IDN_OAUTH2_ACCESS_TOKEN_AUDIT")).toBe("IDN_OAUTH2_ACCESS_TOKEN_AUDIT");
});
