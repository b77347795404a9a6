import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { decide, decideTotp } from "../../../../src/transform/crypto/decide.ts";
import { impossibleCells, impossibleTotpCells } from "../../../../src/transform/crypto/impossible-cells.ts";
import { openKeys } from "../../../../src/transform/crypto/key-config.ts";
import { openKeystore } from "../../../../src/transform/crypto/keystore.ts";
import type { Processor, SourceProfile, TargetProfile } from "../../../../src/transform/crypto/profile.ts";
import { readStored } from "../../../../src/transform/crypto/read-stored.ts";
import { aesKey, rsaKey, VECTORS } from "../../../support/crypto-vectors.ts";

const PROCESSORS: readonly Processor[] = ["plain", "hashed", "encrypted"];
/** The alias is no secret, though the passwords of the default keystore are the same word. */
const PUBLIC = new Set(Object.values(VECTORS.keystores).map(({ alias }) => alias));
const PASSWORDS = Object.values(VECTORS.keystores).flatMap(({ storePassword, keyPassword }) => [
  storePassword,
  keyPassword,
]);
const SECRETS = [
  ...PASSWORDS.filter((password) => !PUBLIC.has(password)),
  ...Object.values(VECTORS.symmetricKeys).flatMap(({ configured, keyBytesHexIn511 }) => [
    configured,
    keyBytesHexIn511,
  ]),
  ...Object.values(VECTORS.keystores).map(({ pkcs8PrivateKeyBase64 }) =>
    pkcs8PrivateKeyBase64.slice(60, 100),
  ),
  ...VECTORS.vectors.flatMap(({ plaintext, stored }) => [plaintext, stored, stored.slice(0, 24)]),
  ...VECTORS.hashes.flatMap(({ plaintext, hexIs550to560 }) => [plaintext, hexIs550to560]),
].filter((secret): secret is string => secret !== null && secret !== "");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "no-secret-"));
  for (const [name, { base64 }] of Object.entries(VECTORS.keystores)) {
    writeFileSync(join(folder, name), Buffer.from(base64, "base64"));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function thrownBy(action: () => unknown): readonly string[] {
  try {
    action();
    return [];
  } catch (error) {
    return [inspect(error, { depth: 9, showHidden: true })];
  }
}

function keystoreErrors(): readonly string[] {
  return Object.entries(VECTORS.keystores).flatMap(([name, store]) => {
    const right = { path: join(folder, name), ...store };
    const secret = store.keyPassword === "wso2carbon" ? "keyPass2" : store.keyPassword;
    const settings = [
      { ...right, storePassword: secret },
      { ...right, keyPassword: "storePass1" },
      { ...right, alias: "absent" },
      { ...right, type: store.type === "JKS" ? "PKCS12" : "JKS" },
      { ...right, path: join(folder, "absent") },
    ];
    const keys = Object.values(VECTORS.symmetricKeys).map(({ configured }) => ({ text: `${configured}x` }));
    return [
      ...settings.flatMap((each) => thrownBy(() => openKeystore(each))),
      // Opening PKCS#12 takes a third of a second; these two fail before that.
      ...settings
        .slice(3)
        .flatMap((each) =>
          thrownBy(() =>
            openKeys({ source: { keystores: [each], symmetricKeys: keys }, target: { symmetricKeys: keys } }),
          ),
        ),
    ];
  });
}

/** Every refusal of every vector with keys that do not open it, for every pair of processors. */
function refusals(): readonly string[] {
  const noKeys = { rsa: [], symmetric: [] };
  const wrongKeys = { rsa: [rsaKey("rsa1024")], symmetric: [aesKey("ascii16")] };
  const values = [
    ...VECTORS.vectors.map(({ stored }) => stored),
    ...VECTORS.hashes.map(({ jsonFromIs570 }) => jsonFromIs570),
  ];
  const texts: string[] = [];
  for (const keys of [noKeys, wrongKeys]) {
    for (const from of PROCESSORS) {
      for (const to of PROCESSORS) {
        const source: SourceProfile = { processor: from, hashAlgorithm: "SHA-256", keys, mixedRows: false };
        const target: TargetProfile = { processor: to, hashAlgorithm: "SHA-512", encryption: undefined };
        texts.push(...impossibleCells(source, target), ...impossibleTotpCells(source, target));
        for (const value of values) {
          for (const decision of [decide(value, value, source, target), decideTotp(value, source, target)]) {
            if ("refuse" in decision) texts.push(decision.refuse);
          }
        }
      }
    }
    for (const value of values) {
      const result = readStored(value, keys);
      if ("failure" in result) texts.push(result.failure);
    }
  }
  return texts;
}

it("puts no key, password or plaintext into any error, reason or refusal", () => {
  const texts = [...keystoreErrors(), ...refusals()];
  expect(texts.length).toBeGreaterThan(500);
  const said = texts.join("\n");
  for (const secret of SECRETS) expect(said.includes(secret), "a secret was said").toBe(false);
});
