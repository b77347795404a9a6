import { afterAll, expect, it } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import type { Row } from "../../../src/row.ts";
import { openCryptoPool } from "../../../src/transform/crypto/crypto-pool.ts";
import type { KeyProfiles } from "../../../src/transform/crypto/key-config.ts";
import { isPlainOnly, readByKeys } from "../../../src/transform/read-values.ts";
import { createRowSource } from "../../../src/transform/row-source.ts";
import { aesKey, rsaKey, stored } from "../../support/crypto-vectors.ts";
import { ACCESS_TOKEN, tokenRow, USER_DATA } from "./rows.ts";
import { LOOKUPS, transformerOf } from "./transform-row.ts";

const TOKEN = "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a";
const HASH = `{"hash":"f4a8e941a2d2d9c286afafac061d20158691dcd2e65192c4cbf83b953f6f2a5b","algorithm":"SHA-256"}`;
const PROFILES: KeyProfiles = {
  source: {
    processor: "encrypted",
    hashAlgorithm: "SHA-256",
    keys: { rsa: [rsaKey("primary")], symmetric: [] },
    mixedRows: false,
  },
  target: { processor: "plain", hashAlgorithm: "SHA-256", encryption: undefined },
};
const pool = openCryptoPool(PROFILES, { workers: 1 });
afterAll(() => pool.close());

const changes = (rows: readonly Row[]): Change[] =>
  rows.map((row, n) => ({ position: BigInt(n + 1), action: "INSERT", row }));

it("decrypts the values of a batch and keeps the order of its rows", async () => {
  const source = createRowSource(ACCESS_TOKEN, transformerOf(ACCESS_TOKEN, { from: "5.4.0" }), {
    loadLookups: async () => LOOKUPS,
    readValues: readByKeys(pool),
  });
  const encrypted = stored("rsa-raw-primary-accessToken");
  const rows = ["a", "b", "c"].map((id) => ({
    ...tokenRow,
    TOKEN_ID: id,
    ACCESS_TOKEN: encrypted,
    REFRESH_TOKEN: id === "b" ? encrypted : null,
  }));
  const batch = changes(rows);
  const rowFor = await source.prepare(batch);
  expect(batch.map(rowFor)).toEqual(
    rows.map((row) => ({
      ...row,
      ACCESS_TOKEN: TOKEN,
      ACCESS_TOKEN_HASH: HASH,
      REFRESH_TOKEN: row.REFRESH_TOKEN && TOKEN,
      REFRESH_TOKEN_HASH: row.REFRESH_TOKEN && HASH,
      IDP_ID: "1",
    })),
  );
});

it("fails only the row that no key opens, when it is asked for", async () => {
  const source = createRowSource(ACCESS_TOKEN, transformerOf(ACCESS_TOKEN, { from: "5.4.0" }), {
    loadLookups: async () => LOOKUPS,
    readValues: readByKeys(pool),
  });
  const [good, bad] = changes([
    { ...tokenRow, ACCESS_TOKEN: stored("rsa-raw-primary-accessToken"), REFRESH_TOKEN: null },
    { ...tokenRow, ACCESS_TOKEN: Buffer.alloc(256, 7).toString("base64"), REFRESH_TOKEN: null },
  ] as const) as [Change, Change];
  const rowFor = await source.prepare([good, bad]);
  expect(rowFor(good)["ACCESS_TOKEN"]).toBe(TOKEN);
  expect(() => rowFor(bad)).toThrow(
    `${ACCESS_TOKEN}: the change at position 2 cannot be transformed: ACCESS_TOKEN: no configured key opens the value`,
  );
});

it("reads a one-time-password secret by its DATA_KEY whatever the token processor", async () => {
  const target = { processor: "plain", hashAlgorithm: "SHA-256" } as const;
  const totp = openCryptoPool(
    {
      source: { ...PROFILES.source, processor: "plain" },
      target: { ...target, encryption: { kind: "symmetric", key: aesKey("own32") } },
    },
    { workers: 1 },
  );
  const secret = { DATA_VALUE: stored("rsa-raw-primary-accessToken") };
  const row = (key: string): Row => ({ ...secret, DATA_KEY: `http://wso2.org/claims/identity/${key}` });
  const readers = await readByKeys(totp)(USER_DATA, [row("secretkey"), row("lastLogonTime")]);
  const read = readers.totp({ value: secret.DATA_VALUE, hash: null });
  expect(read).toEqual({ value: expect.stringMatching(/^eyJjIjoi/), hash: null });
  // The row of another claim is never looked at, so its value was not read.
  expect(() => readers.token({ value: secret.DATA_VALUE, hash: null })).toThrow("was not read");
});

it("knows two servers that store tokens plain and have no keys", () => {
  const plain: KeyProfiles = {
    source: { ...PROFILES.source, processor: "plain", keys: { rsa: [], symmetric: [] } },
    target: PROFILES.target,
  };
  expect(isPlainOnly(plain)).toBe(true);
  expect(isPlainOnly({ ...plain, source: PROFILES.source })).toBe(false);
  expect(isPlainOnly({ ...plain, target: { ...plain.target, processor: "hashed" } })).toBe(false);
  expect(isPlainOnly({ ...plain, source: { ...plain.source, mixedRows: true } })).toBe(false);
});
