import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SyncError } from "../../../../src/errors.ts";
import { type KeySettings, openKeys } from "../../../../src/transform/crypto/key-config.ts";
import type { KeystoreSettings } from "../../../../src/transform/crypto/keystore.ts";
import { readStored } from "../../../../src/transform/crypto/read-stored.ts";
import { keystoreVector, stored, VECTORS } from "../../../support/crypto-vectors.ts";

const TOKEN = "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a";
const OWN32 = { text: "9F3C01D47B2A88E65540CE1BF8A7D263" };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "key-config-"));
  for (const [name, { base64 }] of Object.entries(VECTORS.keystores)) {
    writeFileSync(join(folder, name), Buffer.from(base64, "base64"));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

function keystore(name: string, changes: Partial<KeystoreSettings> = {}): KeystoreSettings {
  const { type, alias, storePassword, keyPassword } = keystoreVector(name);
  return { path: join(folder, name), type, alias, storePassword, keyPassword, ...changes };
}

function problemsOf(settings: KeySettings): unknown {
  try {
    openKeys(settings);
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== "KEY_INVALID") throw error;
    return error.message.replaceAll(`${folder}/`, "").split("\n");
  }
  return [];
}

describe("openKeys", () => {
  it("needs nothing for two servers that store tokens plain", () => {
    expect(openKeys({ source: {}, target: {} })).toEqual({
      source: {
        processor: "plain",
        hashAlgorithm: "SHA-256",
        keys: { rsa: [], symmetric: [] },
        mixedRows: false,
      },
      target: { processor: "plain", hashAlgorithm: "SHA-256", encryption: undefined },
    });
  });

  it("opens all keys of the source, rotated ones too", () => {
    const { source } = openKeys({
      source: {
        processor: "encrypted",
        keystores: [keystore("primary"), keystore("multi")],
        symmetricKeys: [OWN32],
      },
      target: {},
    });
    expect(source.keys.rsa.map((key) => key.thumbprint)).toEqual([
      "9A6EACDD306BAC45D1ACC47531C126B699579072",
      "E9F4A31A4EF856F585BBF1BC114D4A927F73301D",
    ]);
    for (const id of [
      "rsa-raw-primary-accessToken",
      "rsa-oaep-sha1-internal-keystore",
      "aes-gcm-own32-accessToken",
    ]) {
      expect(readStored(stored(id), source.keys)).toEqual({ plain: TOKEN });
    }
  });

  it.each(Object.entries(VECTORS.symmetricKeys).filter(([, key]) => key.validIn511))(
    "takes the text of %s as the bytes of the key",
    (_name, { configured, keyBytesHexIn511 }) => {
      const { target } = openKeys({ source: {}, target: { symmetricKeys: [{ text: configured }] } });
      expect(target.encryption?.kind).toBe("symmetric");
      expect(target.encryption?.kind === "symmetric" && target.encryption.key.export().toString("hex")).toBe(
        keyBytesHexIn511,
      );
    },
  );

  it("decodes a key that is said to be Base64", () => {
    const text = Buffer.from("sixteen-byte-key").toString("base64");
    const { source } = openKeys({ source: { symmetricKeys: [{ text, encoding: "base64" }] }, target: {} });
    expect(source.keys.symmetric.map((key) => key.export().toString())).toEqual(["sixteen-byte-key"]);
  });

  it("opens for the target only the key that it writes with", () => {
    const broken = keystore("primary", { path: join(folder, "absent") });
    const symmetric = openKeys({ source: {}, target: { keystores: [broken], symmetricKeys: [OWN32] } });
    expect(symmetric.target.encryption?.kind).toBe("symmetric");
    const asymmetric = openKeys({
      source: {},
      target: {
        encryption: "asymmetric",
        keystores: [keystore("multi"), broken],
        symmetricKeys: [{ text: "short" }],
      },
    });
    expect(asymmetric.target.encryption?.kind).toBe("asymmetric");
  });

  it("refuses a key of 64 hex digits, which IS 5.11.0 does not decode", () => {
    const text = VECTORS.symmetricKeys["hex64"]?.configured ?? "";
    expect(problemsOf({ source: {}, target: { symmetricKeys: [{ text }] } })).toEqual([
      "1 problem with keys:",
      "  - target: symmetric key 1 has 64 bytes; AES needs 16, 24 or 32 (the bytes of the text are the key, it is not decoded from hex)",
    ]);
  });

  it("lists all problems at once", () => {
    const problems = problemsOf({
      source: {
        hashAlgorithm: "SHA-257",
        keystores: [keystore("primary", { storePassword: "nope" }), keystore("multi", { alias: "absent" })],
        symmetricKeys: [OWN32, { text: "short" }, { text: "not base64", encoding: "base64" }],
      },
      target: { processor: "encrypted", hashAlgorithm: "md4", encryption: "symmetric" },
    });
    const known =
      "MD5, SHA, SHA1, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, SHA-512/224, SHA-512/256, SHA3-224, SHA3-256, SHA3-384, SHA3-512";
    expect(problems).toEqual([
      "7 problems with keys:",
      `  - source: the hash algorithm SHA-257 is not known; it can be one of ${known}`,
      "  - source: The store password does not open the keystore primary. Give the store password that the WSO2 server uses for this file",
      "  - source: The keystore multi has no alias absent; it has trustedca, internalkey. Set the alias of the key that the WSO2 server encrypts with",
      "  - source: symmetric key 2 has 5 bytes; AES needs 16, 24 or 32 (the bytes of the text are the key, it is not decoded from hex)",
      "  - source: symmetric key 3 is not Base64 with padding",
      `  - target: the hash algorithm md4 is not known; it can be one of ${known}`,
      "  - target: encryption is symmetric and no symmetric key is given; it is [encryption] key of its server",
    ]);
  });

  it("says that an asymmetric target has no keystore", () => {
    expect(problemsOf({ source: {}, target: { processor: "encrypted" } })).toEqual([
      "1 problem with keys:",
      "  - target: encryption is asymmetric and no keystore is given; it is its internal keystore",
    ]);
  });

  it("gives profiles that show no key when printed", () => {
    const profiles = openKeys({
      source: { keystores: [keystore("primary")], symmetricKeys: [OWN32] },
      target: { symmetricKeys: [OWN32] },
    });
    const printed = inspect(profiles, { depth: 9 }) + JSON.stringify(profiles);
    expect(printed).not.toContain(OWN32.text);
    expect(printed).not.toContain("wso2carbon");
    expect(printed).not.toContain(keystoreVector("primary").pkcs8PrivateKeyBase64.slice(40, 80));
  });
});
