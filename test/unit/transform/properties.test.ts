import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Row } from "../../../src/row.ts";
import {
  ACCESS_HEX,
  ACCESS_JSON,
  ACCESS_TOKEN,
  CODE,
  codeRow,
  SCOPE,
  scopeRow,
  tokenRow,
  USER_DATA,
  userDataRow,
  VERSIONS,
} from "./rows.ts";
import { LOOKUPS, transformerOf } from "./transform-row.ts";

const value = fc.oneof(
  fc.constantFrom(null, "", "plain-token-1", "eyJjIjoiQUFBQSJ9", "{", "tokén-😀"),
  fc.string({ unit: "binary" }),
);
const hash = fc.constantFrom(
  undefined,
  null,
  "",
  " ",
  ACCESS_HEX,
  ACCESS_JSON,
  "abc",
  '{"algorithm":"SHA-256"}',
);
const domain = fc.constantFrom(null, "PRIMARY", "FEDERATED", "FEDERATED:X", "");
const tenant = fc.constantFrom("-1234", "7", "8", null);
const idp = fc.constantFrom(undefined, null, "-1", "42");

/** Rows with some columns replaced, or left out where the value drawn is undefined. */
function withColumns(base: Row, columns: Record<string, fc.Arbitrary<string | null | undefined>>) {
  return fc
    .record(columns)
    .map((drawn): Row => Object.fromEntries(Object.entries({ ...base, ...drawn }).filter(isPresent)));
}

function isPresent<T>(entry: [string, T | undefined]): entry is [string, T] {
  return entry[1] !== undefined;
}

const cases = fc.oneof(
  fc.record({
    table: fc.constant(ACCESS_TOKEN),
    row: withColumns(tokenRow, {
      ACCESS_TOKEN: value,
      REFRESH_TOKEN: value,
      ACCESS_TOKEN_HASH: hash,
      REFRESH_TOKEN_HASH: hash,
      USER_DOMAIN: domain,
      TENANT_ID: tenant,
      IDP_ID: idp,
    }),
  }),
  fc.record({
    table: fc.constant(CODE),
    row: withColumns(codeRow, {
      AUTHORIZATION_CODE: value,
      AUTHORIZATION_CODE_HASH: hash,
      USER_DOMAIN: domain,
      TENANT_ID: tenant,
      IDP_ID: idp,
    }),
  }),
  fc.record({
    table: fc.constant(USER_DATA),
    row: withColumns(userDataRow, {
      DATA_KEY: fc.constantFrom("http://wso2.org/claims/identity/secretkey", "other"),
      DATA_VALUE: value,
    }),
  }),
  fc.record({ table: fc.constant(SCOPE), row: fc.constant(scopeRow) }),
);
const releases = [...VERSIONS, "5.11.0"];
const pairs = fc
  .tuple(fc.nat(releases.length - 1), fc.nat(releases.length - 1))
  .map(([a, b]) => ({ from: releases[Math.min(a, b)] ?? "", to: releases[Math.max(a, b)] ?? "" }));
const holds = (check: (given: { table: string; row: Row }, pair: { from: string; to: string }) => void) =>
  fc.assert(fc.property(cases, pairs, check), { numRuns: 2000 });

describe("for any row and any two releases", () => {
  it("a transformed row passes the same transformation, and that of the target alone, unchanged", () => {
    holds(({ table, row }, pair) => {
      const { transform } = transformerOf(table, pair);
      const once = transform(row, LOOKUPS);
      if ("failure" in once) return;
      expect(transform(once.row, LOOKUPS)).toEqual(once);
      expect(transformerOf(table, { from: pair.to, to: pair.to }).transform(once.row, LOOKUPS)).toEqual(once);
    });
  });

  it("going by way of a release in between gives what going straight does", () => {
    fc.assert(
      fc.property(cases, pairs, fc.constantFrom(...releases), ({ table, row }, { from, to }, middle) => {
        if (releases.indexOf(middle) < releases.indexOf(from)) return;
        if (releases.indexOf(middle) > releases.indexOf(to)) return;
        const first = transformerOf(table, { from, to: middle }).transform(row, LOOKUPS);
        const straight = transformerOf(table, { from, to }).transform(row, LOOKUPS);
        const second =
          "failure" in first
            ? first
            : transformerOf(table, { from: middle, to }).transform(first.row, LOOKUPS);
        if ("failure" in second) expect(straight).toHaveProperty("failure");
        else expect(second).toEqual(straight);
      }),
      { numRuns: 2000 },
    );
  });

  it("the row given is never changed", () => {
    holds(({ table, row }, pair) => {
      const before = structuredClone(row);
      transformerOf(table, pair).transform(Object.freeze(row), LOOKUPS);
      expect(row).toEqual(before);
    });
  });

  it("no column is lost, and a new one is null only as the hash of a missing value", () => {
    holds(({ table, row }, pair) => {
      const { transform, adds } = transformerOf(table, pair);
      const result = transform(row, LOOKUPS);
      if ("failure" in result) return;
      expect(Object.keys(result.row).sort()).toEqual([...new Set([...Object.keys(row), ...adds])].sort());
      for (const [column, set] of Object.entries(result.row)) {
        if (set !== null || column in row) continue;
        expect(column).toMatch(/_HASH$/);
        expect(["", null]).toContain(row[column.replace(/_HASH$/, "")]);
      }
    });
  });

  it("no reason for a failure quotes a value", () => {
    holds(({ table, row }, pair) => {
      const result = transformerOf(table, pair).transform(row, LOOKUPS);
      if ("row" in result) return;
      expect(result.failure).toMatch(
        /^(ACCESS_TOKEN|REFRESH_TOKEN|AUTHORIZATION_CODE|DATA_VALUE|IDP_ID|TENANT_ID): (is stored (encrypted|hashed), and no token keys are configured|holds an encrypted one-time-password secret, and no keys are configured|the row's tenant has no identity provider named LOCAL in the target's table IDP, or that table may not be read|is null, so the row has no identity provider)$/,
      );
    });
  });
});
