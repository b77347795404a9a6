import { describe, expect, it } from "vitest";
import { decide, decideTotp } from "../../../../src/transform/crypto/decide.ts";
import type { Processor, SourceProfile, TargetProfile } from "../../../../src/transform/crypto/profile.ts";
import { readStored } from "../../../../src/transform/crypto/read-stored.ts";
import { aesKey, rsaKey, stored } from "../../../support/crypto-vectors.ts";

const PLAIN = "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a";
const HEX = "e57b8ff6bb3e4a2c3a6ef4d1b5b4f4f3b9a0c1d2e3f405162738495a6b7c8d9e";
const HASH_JSON = `{"hash":"${HEX}","algorithm":"SHA-256"}`;
/** Of PLAIN, made with another tool. */
const PLAIN_HASH =
  '{"hash":"f4a8e941a2d2d9c286afafac061d20158691dcd2e65192c4cbf83b953f6f2a5b","algorithm":"SHA-256"}';

const KEYS = { rsa: [rsaKey("primary")], symmetric: [aesKey("own32")] };
const SYMMETRIC = { kind: "symmetric", key: aesKey("own32") } as const;
const ASYMMETRIC = { kind: "asymmetric", key: rsaKey("primary") } as const;

function source(processor: Processor, changes: Partial<SourceProfile> = {}): SourceProfile {
  return { processor, hashAlgorithm: "SHA-256", keys: KEYS, mixedRows: false, ...changes };
}

const TARGETS = {
  plain: { processor: "plain", hashAlgorithm: "SHA-256", encryption: undefined },
  hashed: { processor: "hashed", hashAlgorithm: "SHA-256", encryption: undefined },
  symmetric: { processor: "encrypted", hashAlgorithm: "SHA-256", encryption: SYMMETRIC },
  asymmetric: { processor: "encrypted", hashAlgorithm: "SHA-256", encryption: ASYMMETRIC },
} as const satisfies Record<string, TargetProfile>;

/** The decision with an encrypted value replaced by `<kind> of <plaintext>`. */
function decided(value: string, hash: string | null, from: SourceProfile, to: TargetProfile) {
  const decision = decide(value, hash, from, to);
  if ("refuse" in decision || decision.value === null || to.processor !== "encrypted") return decision;
  const isKept = decision.value === value;
  const target = to.encryption?.kind === "symmetric" ? { rsa: [], symmetric: [SYMMETRIC.key] } : KEYS;
  const read = readStored(decision.value, target);
  const plain = "plain" in read ? read.plain : "unreadable";
  return { ...decision, value: `${isKept ? "kept" : to.encryption?.kind} of ${plain}` };
}

describe("decision table: a source that stores tokens plain", () => {
  it.each([
    ["plain", { value: PLAIN, hash: PLAIN_HASH }],
    ["hashed", { value: PLAIN_HASH, hash: PLAIN_HASH }],
    ["symmetric", { value: `symmetric of ${PLAIN}`, hash: PLAIN_HASH }],
    ["asymmetric", { value: `asymmetric of ${PLAIN}`, hash: PLAIN_HASH }],
  ] as const)("becomes %s with its hash made anew", (target, expected) => {
    for (const hash of [null, "", " ", PLAIN_HASH, HEX]) {
      expect(decided(PLAIN, hash, source("plain"), TARGETS[target])).toEqual(expected);
    }
  });
});

describe("decision table: a source that stores tokens hashed", () => {
  it.each([
    ["hex of 5.5.0 and 5.6.0", HEX],
    ["JSON of 5.7.0 and later", HASH_JSON],
  ])("carries %s to a target that hashes, in both columns", (_name, value) => {
    expect(decide(value, value, source("hashed"), TARGETS.hashed)).toEqual({
      value: HASH_JSON,
      hash: HASH_JSON,
    });
    expect(decide(value, null, source("hashed"), TARGETS.hashed)).toEqual({
      value: HASH_JSON,
      hash: HASH_JSON,
    });
  });

  it.each(["plain", "symmetric", "asymmetric"] as const)("cannot become %s", (target) => {
    for (const value of [HEX, HASH_JSON]) {
      expect(decide(value, value, source("hashed"), TARGETS[target])).toEqual({
        refuse: "the value is hashed and the target does not hash",
      });
    }
  });

  it("cannot become a hash of another algorithm", () => {
    const target = { ...TARGETS.hashed, hashAlgorithm: "SHA-512" };
    for (const value of [HEX, HASH_JSON]) {
      expect(decide(value, value, source("hashed"), target)).toEqual({
        refuse: "the value is hashed with another algorithm than the target's",
      });
    }
  });

  it("takes the target's spelling of the same algorithm, and its order of members", () => {
    const sha1 = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8";
    const target = { ...TARGETS.hashed, hashAlgorithm: "SHA1" };
    const value = `{"algorithm": "SHA-1", "hash": "${sha1}"}`;
    const expected = `{"hash":"${sha1}","algorithm":"SHA1"}`;
    expect(decide(value, null, source("hashed"), target)).toEqual({ value: expected, hash: expected });
  });

  it("takes hex of another length than its algorithm's for a plain token", () => {
    const md5LookAlike = "0123456789abcdef0123456789abcdef";
    expect(decide(md5LookAlike, null, source("hashed"), TARGETS.hashed)).toEqual({
      refuse: "the source is configured as hashed, but the value is plain",
    });
  });
});

const ENCRYPTED = [
  "rsa-raw-primary-accessToken",
  "rsa-pkcs1-bare-accessToken",
  "rsa-oaep-sha1-bare-accessToken",
  "rsa-oaep-sha1-accessToken",
  "rsa-oaep-sha256-accessToken",
  "rsa-raw-selfcontained-accessToken",
  "aes-gcm-own32-accessToken",
  "aes-gcm-iv128",
  "aes-ecb-selfcontained-accessToken",
  "aes-ecb-bare-accessToken",
];
const KEPT_SYMMETRIC = ["aes-gcm-own32-accessToken", "aes-gcm-iv128"];
const KEPT_ASYMMETRIC = [
  "rsa-oaep-sha1-accessToken",
  "rsa-oaep-sha256-accessToken",
  "rsa-raw-selfcontained-accessToken",
];

describe("decision table: a source that stores tokens encrypted", () => {
  it.each(ENCRYPTED)("%s becomes plain", (id) => {
    expect(decide(stored(id), null, source("encrypted"), TARGETS.plain)).toEqual({
      value: PLAIN,
      hash: PLAIN_HASH,
    });
  });

  it.each(ENCRYPTED)("%s becomes hashed", (id) => {
    expect(decide(stored(id), HEX, source("encrypted"), TARGETS.hashed)).toEqual({
      value: PLAIN_HASH,
      hash: PLAIN_HASH,
    });
  });

  it.each(ENCRYPTED)("%s becomes what a symmetric target reads, kept when it is that", (id) => {
    const how = KEPT_SYMMETRIC.includes(id) ? "kept" : "symmetric";
    expect(decided(stored(id), null, source("encrypted"), TARGETS.symmetric)).toEqual({
      value: `${how} of ${PLAIN}`,
      hash: PLAIN_HASH,
    });
  });

  it.each(ENCRYPTED)("%s becomes what an asymmetric target reads, kept when it is that", (id) => {
    const how = KEPT_ASYMMETRIC.includes(id) ? "kept" : "asymmetric";
    expect(decided(stored(id), HEX, source("encrypted"), TARGETS.asymmetric)).toEqual({
      value: `${how} of ${PLAIN}`,
      hash: PLAIN_HASH,
    });
  });

  it("encrypts anew what another symmetric key made", () => {
    const from = source("encrypted", { keys: { rsa: [], symmetric: [aesKey("default32")] } });
    expect(decided(stored("aes-gcm-default32-accessToken"), null, from, TARGETS.symmetric)).toEqual({
      value: `symmetric of ${PLAIN}`,
      hash: PLAIN_HASH,
    });
  });

  it("encrypts anew what another RSA key made", () => {
    const from = source("encrypted", { keys: { rsa: [rsaKey("multi")], symmetric: [] } });
    const decision = decide(stored("rsa-oaep-sha1-internal-keystore"), null, from, TARGETS.asymmetric);
    const value = "value" in decision ? (decision.value ?? "") : "";
    expect(readStored(value, { rsa: [rsaKey("primary")], symmetric: [] })).toEqual({ plain: PLAIN });
  });

  it("keeps what only the target's key opens", () => {
    const from = source("encrypted", { keys: { rsa: [rsaKey("other")], symmetric: [] } });
    const value = stored("aes-gcm-own32-accessToken");
    expect(decide(value, null, from, TARGETS.symmetric)).toEqual({ value, hash: PLAIN_HASH });
  });

  it("gives an encrypted empty text no hash", () => {
    const value = stored("aes-gcm-empty");
    expect(decide(value, null, source("encrypted"), TARGETS.symmetric)).toEqual({ value, hash: null });
    expect(decide(value, null, source("encrypted"), TARGETS.plain)).toEqual({ value: "", hash: null });
    expect(decide(value, null, source("encrypted"), TARGETS.hashed)).toEqual({ value: "", hash: null });
  });

  it.each([
    ["rsa-raw-wrong-key", "no configured key opens the value"],
    [
      "rsa-oaep-wrong-key",
      "no configured RSA key opens the value; it names the certificate 15E8A8E6734D11DB92058F718B81D30FCF40F36F",
    ],
    ["aes-gcm-wrong-key-of-default32", "no configured symmetric key opens the value"],
    ["aes-gcm-tampered-tag", "no configured symmetric key opens the value"],
  ])("refuses %s and never copies it", (id, refuse) => {
    const value = stored(id === "aes-gcm-wrong-key-of-default32" ? "aes-gcm-default32-accessToken" : id);
    for (const target of Object.values(TARGETS)) {
      expect(decide(value, null, source("encrypted"), target)).toEqual({ refuse });
    }
  });

  it("refuses a plaintext that does not fit the target's RSA key", () => {
    const target: TargetProfile = {
      ...TARGETS.asymmetric,
      encryption: { kind: "asymmetric", key: rsaKey("rsa1024") },
    };
    expect(decide("x".repeat(87), null, source("plain"), target)).toEqual({
      refuse: "the plaintext is too long for the target's RSA key",
    });
  });

  it("refuses to write encrypted without a key", () => {
    const target: TargetProfile = { ...TARGETS.symmetric, encryption: undefined };
    expect(decide(PLAIN, null, source("plain"), target)).toEqual({
      refuse: "the target encrypts and no key of it is configured",
    });
  });
});

describe("content that contradicts the declaration", () => {
  it.each([
    ["plain", "encrypted", "rsa-oaep-sha1-accessToken", null],
    ["plain", "encrypted", "rsa-raw-primary-accessToken", null],
    ["plain", "encrypted", "aes-ecb-bare-accessToken", null],
    ["hashed", "encrypted", "aes-gcm-own32-accessToken", null],
    ["encrypted", "plain", "plain-accessToken", null],
    ["hashed", "plain", "plain-accessToken", null],
  ] as const)("is refused: %s declared, %s found (%s)", (declared, found, id, hash) => {
    expect(decide(stored(id), hash, source(declared), TARGETS.hashed)).toEqual({
      refuse: `the source is configured as ${declared}, but the value is ${found}`,
    });
  });

  it("is refused for hashes in a source of plain or encrypted tokens", () => {
    for (const declared of ["plain", "encrypted"] as const) {
      const refuse = `the source is configured as ${declared}, but the value is hashed`;
      expect(decide(HASH_JSON, HASH_JSON, source(declared), TARGETS.plain)).toEqual({ refuse });
      expect(decide(HEX, HEX, source(declared), TARGETS.plain)).toEqual({ refuse });
    }
  });

  it("is taken row by row for what it is where mixed rows are allowed", () => {
    const values = [PLAIN, ...ENCRYPTED.map(stored)];
    for (const declared of ["plain", "hashed", "encrypted"] as const) {
      for (const value of values) {
        expect(decide(value, null, source(declared, { mixedRows: true }), TARGETS.plain)).toEqual({
          value: PLAIN,
          hash: PLAIN_HASH,
        });
      }
    }
  });

  it("still cannot turn a hash into a token where mixed rows are allowed", () => {
    expect(decide(HEX, HEX, source("encrypted", { mixedRows: true }), TARGETS.plain)).toEqual({
      refuse: "the value is hashed and the target does not hash",
    });
  });

  it("is not seen in a plain token that merely looks like hex or Base64", () => {
    for (const value of [HEX, "QUFBQUFBQUFBQUFBQUFBQQ==", "0123456789abcdef0123456789abcdef"]) {
      expect(decide(value, null, source("plain"), TARGETS.plain)).toMatchObject({ value });
    }
  });
});

describe("nothing to decide", () => {
  it.each([
    [null, null],
    ["", ""],
  ])("leaves %j as it is and without a hash", (value, hash) => {
    for (const target of Object.values(TARGETS)) {
      expect(decide(value, hash, source("encrypted"), target)).toEqual({ value, hash: null });
      expect(decideTotp(value, source("plain"), target)).toEqual({ value, hash: null });
    }
  });
});

describe("decideTotp", () => {
  it.each(["rsa-raw-primary-totpSecret", "rsa-oaep-sha1-totpSecret", "aes-ecb-bare-totpSecret"])(
    "encrypts %s for the target, whatever the token processors are",
    (id) => {
      for (const processor of ["plain", "hashed", "encrypted"] as const) {
        const target: TargetProfile = { ...TARGETS.symmetric, processor };
        const decision = decideTotp(stored(id), source(processor), target);
        const value = "value" in decision ? (decision.value ?? "") : "";
        expect(readStored(value, { rsa: [], symmetric: [SYMMETRIC.key] })).toEqual({
          plain: "KRSXG5CTMVRXEZLU",
        });
        expect(decision).toHaveProperty("hash", null);
      }
    },
  );

  it("keeps a secret that the target reads", () => {
    const value = stored("aes-gcm-own32-totpSecret");
    expect(decideTotp(value, source("plain"), TARGETS.symmetric)).toEqual({ value, hash: null });
  });

  it("refuses a secret that is not encrypted, unless mixed rows are allowed", () => {
    expect(decideTotp("KRSXG5CTMVRXEZLU", source("plain"), TARGETS.symmetric)).toEqual({
      refuse: "the source is configured as encrypted, but the value is plain",
    });
    const decision = decideTotp("KRSXG5CTMVRXEZLU", source("plain", { mixedRows: true }), TARGETS.symmetric);
    const value = "value" in decision ? (decision.value ?? "") : "";
    expect(readStored(value, { rsa: [], symmetric: [SYMMETRIC.key] })).toEqual({ plain: "KRSXG5CTMVRXEZLU" });
  });
});

describe("deciding twice", () => {
  it("leaves what was written for the target as it is", () => {
    for (const target of [TARGETS.symmetric, TARGETS.asymmetric]) {
      const once = decide(PLAIN, null, source("plain"), target);
      const value = "value" in once ? once.value : null;
      expect(decide(value, PLAIN_HASH, source("encrypted"), target)).toEqual({ value, hash: PLAIN_HASH });
    }
  });
});
