/** Which values go to a thread: those that take a millisecond of RSA, and no others. */
import { describe, expect, it } from "vitest";
import { isCostly } from "../../../../src/transform/crypto/crypto-job.ts";
import { RSA_AND_AES_TO_PLAIN, stored } from "../../../support/crypto-vectors.ts";

const costs = (value: string | null): boolean =>
  isCostly({ kind: "token", value, hash: null }, RSA_AND_AES_TO_PLAIN);

describe("a stored value", () => {
  it("costs a millisecond where RSA opens it: bare, in an envelope, with the shortest key", () => {
    expect(costs(stored("rsa-raw-primary-accessToken"))).toBe(true);
    expect(costs(stored("rsa-oaep-sha1-refreshToken"))).toBe(true);
    const shortest = stored("rsa-raw-rsa1024-totpSecret");
    expect([shortest.length, costs(shortest)]).toEqual([172, true]);
  });

  it("costs next to nothing where it is missing, plain, hashed or encrypted with a symmetric key", () => {
    expect(costs(null)).toBe(false);
    expect(costs("4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a")).toBe(false);
    expect(costs(`{"hash":"${"0".repeat(300)}","algorithm":"SHA-256"}`)).toBe(false);
    expect(costs("x-".repeat(400))).toBe(false);
    expect(costs(stored("aes-gcm-own32-totpSecret"))).toBe(false);
  });
});
