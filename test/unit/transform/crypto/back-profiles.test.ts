import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { backProfiles, impossibleWayBack } from "../../../../src/transform/crypto/back-profiles.ts";
import { decide, decideTotp } from "../../../../src/transform/crypto/decide.ts";
import type { KeyProfiles } from "../../../../src/transform/crypto/key-config.ts";
import { openCertificate } from "../../../../src/transform/crypto/keystore.ts";
import type { Processor, SourceProfile } from "../../../../src/transform/crypto/profile.ts";
import { readStored } from "../../../../src/transform/crypto/read-stored.ts";
import { writeSymmetric } from "../../../../src/transform/crypto/write-stored.ts";
import { aesKey, keystoreVector, rsaKey, VECTORS } from "../../../support/crypto-vectors.ts";

const folder = mkdtempSync(join(tmpdir(), "sync-tool-cert-"));
afterAll(() => rmSync(folder, { recursive: true }));

const [symmetricName = ""] =
  Object.entries(VECTORS.symmetricKeys).find(([, { validIn511 }]) => validIn511) ?? [];
const green = { key: aesKey(symmetricName) };
const blueKey = rsaKey("multi");
const certificate = (() => {
  const path = join(folder, "blue.der");
  writeFileSync(path, Buffer.from(keystoreVector("multi").certDerBase64, "base64"));
  return openCertificate(path);
})();

function forward(
  blue: Processor,
  to: Processor,
  own: Partial<SourceProfile> = {},
  greenHash = "SHA-256",
): KeyProfiles {
  return {
    source: {
      processor: blue,
      hashAlgorithm: "SHA-256",
      keys: { rsa: [], symmetric: [] },
      mixedRows: false,
      ...own,
    },
    target: { processor: to, hashAlgorithm: greenHash, encryption: { kind: "symmetric", key: green.key } },
  };
}

const TOKEN = "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a";
// printf %s 4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a | sha256sum
const HEX = "f4a8e941a2d2d9c286afafac061d20158691dcd2e65192c4cbf83b953f6f2a5b";
const JSON_HASH = `{"hash":"${HEX}","algorithm":"SHA-256"}`;
const back = (
  profiles: KeyProfiles,
  version: Parameters<typeof backProfiles>[1],
  value: string,
  hash: string | null,
) => {
  const turned = backProfiles(profiles, version);
  return decide(value, hash, turned.source, turned.target);
};

describe("a token of green's, encrypted with its symmetric key", () => {
  const value = writeSymmetric(TOKEN, green.key);
  const withCertificate = { ...forward("encrypted", "encrypted"), certificate };

  it.each(["5.5.0", "5.6.0", "5.7.0", "5.10.0"] as const)(
    "is an envelope that blue's key opens on %s, written with its certificate alone",
    (version) => {
      const decision = back(withCertificate, version, value, JSON_HASH);
      if ("refuse" in decision || decision.value === null) throw new Error("refused");
      expect(Buffer.from(decision.value, "base64").toString()).toMatch(
        /^\{"c":".*","t":"RSA\/ECB\/OAEPwithSHA1andMGF1Padding","tp":"[0-9A-F]{40}","tpd":"SHA-1"\}$/,
      );
      expect(readStored(decision.value, { rsa: [blueKey], symmetric: [] })).toEqual({ plain: TOKEN });
      expect(decision.hash).toBe(version === "5.5.0" || version === "5.6.0" ? HEX : JSON_HASH);
    },
  );

  it.each(["5.1.0", "5.4.1"] as const)(
    "is raw RSA on %s, the same each time, by which its server looks it up",
    (version) => {
      const decision = back(withCertificate, version, value, JSON_HASH);
      expect(decision).toEqual(
        back(
          { ...forward("encrypted", "encrypted", { keys: { rsa: [blueKey], symmetric: [] } }) },
          version,
          value,
          JSON_HASH,
        ),
      );
      if ("refuse" in decision || decision.value === null) throw new Error("refused");
      expect(decision.value).toHaveLength(344);
      expect(readStored(decision.value, { rsa: [blueKey], symmetric: [] })).toEqual({ plain: TOKEN });
      expect(decision.hash).toBeNull();
    },
  );

  it("is plain on a blue that stores tokens plain, and hashed on one that hashes", () => {
    expect(back(forward("plain", "encrypted"), "5.6.0", value, JSON_HASH)).toEqual({
      value: TOKEN,
      hash: HEX,
    });
    expect(back(forward("hashed", "encrypted"), "5.6.0", value, JSON_HASH)).toEqual({
      value: HEX,
      hash: HEX,
    });
    expect(back(forward("hashed", "encrypted"), "5.9.0", value, JSON_HASH)).toEqual({
      value: JSON_HASH,
      hash: JSON_HASH,
    });
  });
});

describe("a token of green's that is hashed", () => {
  it.each([
    ["5.6.0", HEX],
    ["5.7.0", JSON_HASH],
    ["5.10.0", JSON_HASH],
  ] as const)("is on %s what its server looks for, in the value and in the hash column", (version, text) => {
    expect(back(forward("hashed", "hashed"), version, JSON_HASH, JSON_HASH)).toEqual({
      value: text,
      hash: text,
    });
  });
});

describe("a one-time-password secret", () => {
  it.each([
    ["5.10.0", "envelope"],
    ["5.4.0", "raw RSA"],
  ] as const)("is, on %s, of the form of its release (%s), of blue's key", (version, _form) => {
    const turned = backProfiles({ ...forward("plain", "plain"), certificate }, version);
    const decision = decideTotp(writeSymmetric("KRSXG5CTMVRXEZLU", green.key), turned.source, turned.target);
    if ("refuse" in decision || decision.value === null) throw new Error("refused");
    expect(readStored(decision.value, { rsa: [blueKey], symmetric: [] })).toEqual({
      plain: "KRSXG5CTMVRXEZLU",
    });
  });
});

describe("ways back that no token could take are known before", () => {
  it.each([
    [
      forward("plain", "hashed"),
      "5.10.0",
      "the target stores tokens hashed and the source plain: the plaintext of a hash cannot be known",
    ],
    [
      forward("hashed", "hashed"),
      "5.4.0",
      "the target stores tokens hashed, and 5.4.0 keeps no hashes: the plaintext of a hash cannot be known",
    ],
    [
      forward("hashed", "hashed", {}, "SHA-512"),
      "5.10.0",
      "the target hashes with SHA-512 and the source with SHA-256: a hash cannot be turned into another",
    ],
    [
      forward("encrypted", "plain"),
      "5.10.0",
      "the source stores tokens encrypted, and neither its keystore nor its certificate is configured",
    ],
    [
      forward("encrypted", "plain", { keys: { rsa: [], symmetric: [green.key] } }),
      "5.6.0",
      "the source encrypts with a symmetric key in the form of its release, which is not written",
    ],
    [
      {
        ...forward("plain", "encrypted"),
        target: { processor: "encrypted", hashAlgorithm: "SHA-256", encryption: undefined },
      },
      "5.10.0",
      "the target stores tokens encrypted and no key of it is configured",
    ],
  ] as const)("%#", (profiles, version, reason) => {
    expect(impossibleWayBack(profiles, version)).toEqual([reason]);
  });

  it.each([
    [forward("plain", "plain"), "5.1.0"],
    [forward("hashed", "hashed"), "5.5.0"],
    [{ ...forward("encrypted", "encrypted"), certificate }, "5.4.0"],
  ] as const)("others are possible: %#", (profiles, version) => {
    expect(impossibleWayBack(profiles, version)).toEqual([]);
  });

  it("a file that is no certificate is named", () => {
    const path = join(folder, "no.pem");
    writeFileSync(path, "nothing");
    expect(() => openCertificate(path)).toThrow(`The file ${path} is no RSA certificate, in PEM or DER`);
  });
});
