import { describe, expect, it } from "vitest";
import { impossibleCells, impossibleTotpCells } from "../../../../src/transform/crypto/impossible-cells.ts";
import type { Processor, SourceProfile, TargetProfile } from "../../../../src/transform/crypto/profile.ts";
import { aesKey } from "../../../support/crypto-vectors.ts";

const KEY = aesKey("own32");

function source(processor: Processor, hashAlgorithm = "SHA-256"): SourceProfile {
  return { processor, hashAlgorithm, keys: { rsa: [], symmetric: [KEY] }, mixedRows: false };
}

function target(processor: Processor, hashAlgorithm = "SHA-256"): TargetProfile {
  return { processor, hashAlgorithm, encryption: { kind: "symmetric", key: KEY } };
}

const WITHOUT_KEYS = { keys: { rsa: [], symmetric: [] } };
const SOURCE_KEY_MISSING =
  "the source stores encrypted values and no keystore or symmetric key of it is configured";
const TARGET_KEY_MISSING = "the target stores encrypted values and no key of it is configured";

describe("impossibleCells", () => {
  it.each([
    ["plain", "plain"],
    ["plain", "hashed"],
    ["plain", "encrypted"],
    ["hashed", "hashed"],
    ["encrypted", "plain"],
    ["encrypted", "hashed"],
    ["encrypted", "encrypted"],
  ] as const)("has nothing against %s to %s", (from, to) => {
    expect(impossibleCells(source(from), target(to))).toEqual([]);
  });

  it.each(["plain", "encrypted"] as const)("says that hashes cannot become %s", (to) => {
    expect(impossibleCells(source("hashed"), target(to))).toEqual([
      `the source stores tokens hashed and the target ${to}: the plaintext of a hash cannot be known, so the target must hash too`,
    ]);
  });

  it("says that one hash cannot become another, but takes one algorithm by two names", () => {
    expect(impossibleCells(source("hashed"), target("hashed", "SHA-512"))).toEqual([
      "the source hashes with SHA-256 and the target with SHA-512: a hash cannot be turned into another, so both must be the same",
    ]);
    expect(impossibleCells(source("hashed", "SHA1"), target("hashed", "SHA-1"))).toEqual([]);
  });

  it("names every missing key", () => {
    const from = { ...source("encrypted"), ...WITHOUT_KEYS };
    const to = { ...target("encrypted"), encryption: undefined };
    expect(impossibleCells(from, to)).toEqual([SOURCE_KEY_MISSING, TARGET_KEY_MISSING]);
    expect(impossibleCells(source("plain"), { ...target("plain"), encryption: undefined })).toEqual([]);
  });
});

describe("impossibleTotpCells", () => {
  it("wants both keys even where tokens are plain", () => {
    const from = { ...source("plain"), ...WITHOUT_KEYS };
    const to = { ...target("plain"), encryption: undefined };
    expect(impossibleTotpCells(from, to)).toEqual([SOURCE_KEY_MISSING, TARGET_KEY_MISSING]);
    expect(impossibleTotpCells(source("hashed"), target("plain"))).toEqual([]);
  });
});
