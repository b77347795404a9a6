/**
 * How many rows of the token table are read and written per second, by stored form: access and refresh token decided on,
 * hashed, transformed; no database.
 */

import { constants, createCipheriv, publicEncrypt, randomUUID } from "node:crypto";
import type { Change } from "../../src/contract/change.ts";
import { openCryptoPool } from "../../src/transform/crypto/crypto-pool.ts";
import type { KeyProfiles } from "../../src/transform/crypto/key-config.ts";
import type { Processor } from "../../src/transform/crypto/profile.ts";
import { hashJson } from "../../src/transform/crypto/token-hash.ts";
import { writeAsymmetric, writeSymmetric } from "../../src/transform/crypto/write-stored.ts";
import { readByKeys } from "../../src/transform/read-values.ts";
import { createRowSource } from "../../src/transform/row-source.ts";
import { buildTransformer } from "../../src/transform/transformer.ts";
import { aesKey, rsaKey } from "../support/crypto-vectors.ts";

const TABLE = "IDN_OAUTH2_ACCESS_TOKEN";
const BATCH = 500;
const RSA = rsaKey("primary");
const AES = aesKey("own32");
const GREEN = aesKey("default32");
const LOOKUPS = { localIdpIdByTenant: new Map([["-1234", "1"]]) };

/** What a source of each form stores for a token. */
const FORMS: Readonly<
  Record<string, { readonly from: Processor; readonly write: (token: string) => string }>
> = {
  plain: { from: "plain", write: (token) => token },
  hashed: { from: "hashed", write: (token) => hashJson(token, "SHA-256") },
  "raw RSA 2048": {
    from: "encrypted",
    write: (token) => {
      const block = Buffer.alloc(256);
      block.write(token, 256 - Buffer.byteLength(token));
      return publicEncrypt({ key: RSA.privateKey, padding: constants.RSA_NO_PADDING }, block).toString(
        "base64",
      );
    },
  },
  "RSA-OAEP 2048": { from: "encrypted", write: (token) => writeAsymmetric(token, RSA) ?? "" },
  "bare AES": {
    from: "encrypted",
    write: (token) => {
      const cipher = createCipheriv("aes-256-ecb", AES, null);
      return Buffer.concat([cipher.update(token), cipher.final()]).toString("base64");
    },
  },
  "AES/GCM": { from: "encrypted", write: (token) => writeSymmetric(token, AES) },
};

/** How many rows of a form are made those of the target's in a second, and how many cores that keeps busy. */
export async function transformStored(
  form: string,
  to: Processor,
  workers: number,
  count: number,
): Promise<{ readonly rowsPerSecond: number; readonly coresBusy: number }> {
  const { from, write } = FORMS[form] ?? { from: "plain", write: (token) => token };
  const profiles: KeyProfiles = {
    source: {
      processor: from,
      hashAlgorithm: "SHA-256",
      keys: { rsa: [RSA], symmetric: [AES] },
      mixedRows: false,
    },
    target: { processor: to, hashAlgorithm: "SHA-256", encryption: { kind: "symmetric", key: GREEN } },
  };
  const pool = openCryptoPool(profiles, { workers });
  const transformer = buildTransformer({
    table: TABLE,
    sourceVersion: "5.5.0",
    targetVersion: "5.11.0",
    sourceCaptureFacts: { scopeHashKeyIncludesTenant: true },
    hashAlgorithm: "SHA-256",
  });
  const source = createRowSource(TABLE, transformer, {
    loadLookups: async () => LOOKUPS,
    readValues: readByKeys(pool),
  });
  const changes = Array.from({ length: count }, (_, n): Change => {
    const [access, refresh] = [write(randomUUID()), write(randomUUID())];
    const hashes = from === "hashed" ? { ACCESS_TOKEN_HASH: access, REFRESH_TOKEN_HASH: refresh } : {};
    const row = { TOKEN_ID: `${n}`, TENANT_ID: "-1234", USER_DOMAIN: "PRIMARY", ...hashes };
    return {
      position: BigInt(n + 1),
      action: "INSERT",
      row: { ...row, ACCESS_TOKEN: access, REFRESH_TOKEN: refresh },
    };
  });
  const pass = async (part: readonly Change[]): Promise<void> => {
    const rowFor = await source.prepare(part);
    for (const change of part) rowFor(change);
  };
  // Threads start and code warms up outside of the measure.
  await pass(changes.slice(0, 100));
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  for (let first = 0; first < count; first += BATCH) await pass(changes.slice(first, first + BATCH));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  await pool.close();
  return { rowsPerSecond: Math.round(count / seconds), coresBusy: (user + system) / 1e6 / seconds };
}

export const STORED_FORMS: readonly string[] = Object.keys(FORMS);
