/** Rows of every kind that a release writes with plain tokens, and what 5.11.0 is to hold of them, word for word. */

import { compareVersions, type IsVersion } from "../../src/config/versions.ts";
import type { Row } from "../../src/row.ts";

/** Of the texts `at-a`, `rt-a`, ... by `printf %s at-a | sha256sum`. */
export const SHA256 = {
  "at-old": "da0c40a18d437b854d23ec17aba4246a24c22aca3becf1e4ad85cb4e7aff2a62",
  "rt-old": "068bfce5d78d07acf39929b409792282905c991016701da51fb1f2c2fa16d410",
  "at-a": "34e3bccf912fceca69cdbdf9fcf18f79b1e07f685cabe2e1daba6eb736d9ba2c",
  "rt-a": "ba2fd7183518f57b1418d9245c09fae16df3c23b99c69353b660b991ee3a6d16",
  "at-b": "bd8b7d106577ac65ee49631f42d14c7b40c085f6e2bbf07100dc3c1559ad1520",
  "at-c": "69e17678797bde14159e3a3ff07237b09a39c31d232fc7ef5e5717d33dd0aa5f",
  "rt-c": "8ce2922e46e757309c8a82f64a00281dca028b957279c54f797f7bedf3e816a6",
  "at-d": "e578176042da5cd30eb557b75e07e839f019de62906fb2bb0db5199c18e824d4",
  "at-e": "00f3090aa3e4a56a6f6ed73fa15808b739c7d1f1fd3f808f479f2e69ba32adba",
  "at-f": "3bdfe2d8281329f19ebc0e53266cdb0f360ec2d6c5279ca7ec958071694bd33e",
  "rt-f": "faf0b13107516eedde734fb997bf18060ef78bd6a94dcc7b2630c80c58076bb9",
  "ac-x": "ea1e35293c8292cb666d05a167c186ffd691084ab07acaf4ad507d05a2889152",
  "ac-y": "d718f05c777b0b37a759e086eef0b418c574832b70d0a2a1b090e73805782f1f",
} as const;
type Text = keyof typeof SHA256;

const bare = (text: Text): string => SHA256[text];
const json = (text: Text): string => `{"hash":"${SHA256[text]}","algorithm":"SHA-256"}`;

/** A token as 5.1.0 has it. */
const token = (id: string, own: Row): Row => ({
  TOKEN_ID: id,
  ACCESS_TOKEN: `at-${id}`,
  REFRESH_TOKEN: null,
  CONSUMER_KEY_ID: "5",
  AUTHZ_USER: `ann ${id} 😀`,
  TENANT_ID: "-1234",
  USER_DOMAIN: "PRIMARY",
  USER_TYPE: "APPLICATION_USER",
  GRANT_TYPE: "password",
  TIME_CREATED: "2021-03-04 05:06:07",
  REFRESH_TOKEN_TIME_CREATED: "2021-03-04 05:06:08",
  VALIDITY_PERIOD: "3600000",
  REFRESH_TOKEN_VALIDITY_PERIOD: "9223372036854775807",
  TOKEN_SCOPE_HASH: "3a5b7c9d3a5b7c9d3a5b7c9d3a5b7c9d",
  TOKEN_STATE: "ACTIVE",
  TOKEN_STATE_ID: "NONE",
  SUBJECT_IDENTIFIER: "",
  ...own,
});

const TOKENS: readonly Row[] = [
  token("old", { REFRESH_TOKEN: "rt-old", TOKEN_STATE: "INACTIVE", TOKEN_STATE_ID: "moved on" }),
  token("a", { REFRESH_TOKEN: "rt-a" }),
  token("b", { TENANT_ID: "1", CONSUMER_KEY_ID: "6" }),
  token("c", { TENANT_ID: "1", USER_DOMAIN: "FEDERATED", REFRESH_TOKEN: "rt-c" }),
  token("d", { USER_DOMAIN: "FEDERATED:GOOGLE" }),
  token("e", { USER_DOMAIN: null }),
  token("f", { REFRESH_TOKEN: "rt-f", CONSUMER_KEY_ID: null, AUTHZ_USER: null, VALIDITY_PERIOD: null }),
];

const code = (id: string, own: Row): Row => ({
  CODE_ID: id,
  AUTHORIZATION_CODE: `ac-${id}`,
  CONSUMER_KEY_ID: "5",
  CALLBACK_URL: "https://app.example.com/cb?a=1&b='2'",
  SCOPE: "openid email",
  AUTHZ_USER: "ann",
  TENANT_ID: "-1234",
  USER_DOMAIN: "PRIMARY",
  TIME_CREATED: "2021-03-04 05:06:07",
  VALIDITY_PERIOD: "300000",
  STATE: "EXPIRED",
  TOKEN_ID: "a",
  SUBJECT_IDENTIFIER: "ann\\carbon",
  ...own,
});

const CODES: readonly Row[] = [code("x", {}), code("y", { TENANT_ID: "1", TOKEN_ID: null, STATE: "ACTIVE" })];

/** By token or code: what the hash columns and IDP_ID hold. */
type Own = Readonly<Record<string, Row>>;
const withOwn = (rows: readonly Row[], key: string, own: Own): Row[] =>
  rows.map((row) => ({ ...row, ...own[String(row[key])] }));

const hashes = (access: string | null, refresh: string | null): Row => ({
  ACCESS_TOKEN_HASH: access,
  REFRESH_TOKEN_HASH: refresh,
});
const idp = (ids: Readonly<Record<string, string | null>>): Own =>
  Object.fromEntries(Object.entries(ids).map(([id, value]) => [id, { IDP_ID: value }]));
const merge = (one: Own, other: Own): Own =>
  Object.fromEntries(Object.keys(one).map((id) => [id, { ...one[id], ...other[id] }]));

const NO_HASHES: Own = {
  old: hashes(null, null),
  a: hashes(null, null),
  b: hashes(null, null),
  c: hashes("", ""),
  d: hashes(null, null),
  e: hashes(null, null),
  f: hashes(null, null),
};
/** 5.5.0 and 5.6.0: bare hex, not yet on all; `f` already in the form of 5.7.0, as some updated servers write it. */
const BARE_HASHES: Own = {
  ...NO_HASHES,
  old: hashes(bare("at-old"), bare("rt-old")),
  a: hashes(bare("at-a"), bare("rt-a")),
  b: hashes(bare("at-b"), null),
  f: hashes(json("at-f"), json("rt-f")),
};
const JSON_HASHES: Own = {
  old: hashes(json("at-old"), json("rt-old")),
  a: hashes(json("at-a"), json("rt-a")),
  b: hashes(json("at-b"), null),
  c: hashes(json("at-c"), json("rt-c")),
  d: hashes(json("at-d"), null),
  e: hashes(json("at-e"), null),
  f: hashes(json("at-f"), json("rt-f")),
};

/** What the step of 5.8.0 makes: LOCAL of the tenant, but -1 for FEDERATED and for no domain. */
const LOCAL_IDPS: Own = idp({ old: "7", a: "7", b: "8", c: "-1", d: "7", e: "-1", f: "7" });
/** What a server of 5.8.0 and later writes itself: the real provider of federated users. */
const WRITTEN_IDPS: Own = idp({ old: "7", a: "7", b: "8", c: "9", d: "9", e: null, f: "7" });
const WRITTEN_IDPS_KEPT: Own = idp({ old: "7", a: "7", b: "8", c: "9", d: "9", e: "-1", f: "7" });

const CODE_JSON: Own = {
  x: { AUTHORIZATION_CODE_HASH: json("ac-x") },
  y: { AUTHORIZATION_CODE_HASH: json("ac-y") },
};
const CODE_BARE: Own = {
  x: { AUTHORIZATION_CODE_HASH: bare("ac-x") },
  y: { AUTHORIZATION_CODE_HASH: " " },
};
const CODE_IDPS: Own = idp({ x: "7", y: "8" });
const PKCE: Own = {
  x: {
    PKCE_CODE_CHALLENGE: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    PKCE_CODE_CHALLENGE_METHOD: "S256",
  },
  y: { PKCE_CODE_CHALLENGE: null, PKCE_CODE_CHALLENGE_METHOD: null },
};
const NO_PKCE: Own = {
  x: { PKCE_CODE_CHALLENGE: null, PKCE_CODE_CHALLENGE_METHOD: null },
  y: { PKCE_CODE_CHALLENGE: null, PKCE_CODE_CHALLENGE_METHOD: null },
};

const binding = (rows: readonly Row[], own: Readonly<Record<string, string | null>>): Row[] =>
  rows.map((row) => ({ ...row, TOKEN_BINDING_REF: own[String(row["TOKEN_ID"])] ?? "NONE" }));

export interface VersionRows {
  /** As the release writes them. */
  readonly tokens: readonly Row[];
  readonly codes: readonly Row[];
  /** As 5.11.0 is to hold them. */
  readonly expectedTokens: readonly Row[];
  readonly expectedCodes: readonly Row[];
}

/** The rows for one release. */
export function versionRows(version: IsVersion): VersionRows {
  const since = (other: IsVersion): boolean => compareVersions(version, other) >= 0;
  const pkce = since("5.2.0") ? PKCE : NO_PKCE;
  const expected = (tokens: Own, codes: Own): Pick<VersionRows, "expectedTokens" | "expectedCodes"> => ({
    expectedTokens: binding(
      withOwn(TOKENS, "TOKEN_ID", tokens),
      since("5.10.0") ? { a: "b1946ac92492d2347c6235b4d2611184" } : {},
    ),
    expectedCodes: withOwn(CODES, "CODE_ID", merge(codes, pkce)),
  });
  const migrated = expected(merge(JSON_HASHES, LOCAL_IDPS), merge(CODE_JSON, CODE_IDPS));
  const codes = since("5.2.0") ? withOwn(CODES, "CODE_ID", PKCE) : CODES;
  if (!since("5.5.0")) return { tokens: TOKENS, codes, ...migrated };
  if (!since("5.7.0")) {
    return {
      tokens: withOwn(TOKENS, "TOKEN_ID", BARE_HASHES),
      codes: withOwn(codes, "CODE_ID", CODE_BARE),
      ...migrated,
    };
  }
  const hashedCodes = withOwn(codes, "CODE_ID", CODE_JSON);
  if (!since("5.8.0"))
    return { tokens: withOwn(TOKENS, "TOKEN_ID", JSON_HASHES), codes: hashedCodes, ...migrated };
  const kept = expected(merge(JSON_HASHES, WRITTEN_IDPS_KEPT), merge(CODE_JSON, CODE_IDPS));
  const codesWithIdp = withOwn(hashedCodes, "CODE_ID", CODE_IDPS);
  if (!since("5.10.0"))
    return {
      tokens: withOwn(TOKENS, "TOKEN_ID", merge(JSON_HASHES, WRITTEN_IDPS)),
      codes: codesWithIdp,
      ...kept,
    };
  return { tokens: kept.expectedTokens, codes: codesWithIdp, ...kept };
}
