/** Encryption draws its own numbers: the same token written twice looks different, and must not be told as a difference. */
import { describe, expect, it } from "vitest";
import { writeSymmetric } from "../../../src/transform/crypto/write-stored.ts";
import { sameSecret } from "../../../src/verify/same-secret.ts";
import { aesKey, rsaKey, stored } from "../../support/crypto-vectors.ts";

const KEY = aesKey("own32");
const symmetric = sameSecret({ kind: "symmetric", key: KEY });
const asymmetric = sameSecret({ kind: "asymmetric", key: rsaKey("primary") });
const sealed = (text: string): string => writeSymmetric(text, KEY);

describe("two encrypted values", () => {
  it("of one token are the same, also by different numbers", () => {
    const [one, two] = [sealed("token"), sealed("token")];
    expect(one).not.toBe(two);
    expect(symmetric?.("ACCESS_TOKEN", one, two)).toBe(true);
    expect(symmetric?.("DATA_VALUE", one, two)).toBe(true);
    expect(
      asymmetric?.(
        "REFRESH_TOKEN",
        stored("rsa-oaep-sha1-refreshToken"),
        stored("rsa-oaep-sha256-refreshToken"),
      ),
    ).toBe(true);
  });

  it("of two tokens are not", () => {
    expect(symmetric?.("ACCESS_TOKEN", sealed("token"), sealed("other"))).toBe(false);
    expect(
      asymmetric?.("ACCESS_TOKEN", stored("rsa-oaep-sha1-accessToken"), stored("rsa-oaep-sha1-refreshToken")),
    ).toBe(false);
  });

  it("that no key opens are not: nobody knows what is in them", () => {
    const other = (): string => writeSymmetric("token", aesKey("ascii16"));
    expect(symmetric?.("ACCESS_TOKEN", other(), other())).toBe(false);
    expect(symmetric?.("ACCESS_TOKEN", sealed("token"), other())).toBe(false);
    expect(symmetric?.("ACCESS_TOKEN", other(), sealed("token"))).toBe(false);
  });
});

it("a plain token is not the encrypted one, which is what the server of the target reads", () => {
  expect(symmetric?.("ACCESS_TOKEN", sealed("token"), "token")).toBe(false);
  expect(symmetric?.("ACCESS_TOKEN", "token", sealed("token"))).toBe(false);
  expect(symmetric?.("ACCESS_TOKEN", "token", "token ")).toBe(false);
});

it("other columns hold no secrets, and are compared as they are", () => {
  expect(symmetric?.("USER_DOMAIN", sealed("token"), sealed("token"))).toBe(false);
});

it("with a target that encrypts nothing, nothing is opened", () => {
  expect(sameSecret(undefined)).toBeUndefined();
});

it("a certificate alone opens nothing, and says so by finding nothing the same", () => {
  const { certificateDer, thumbprint, modulusBytes } = rsaKey("primary");
  const blind = sameSecret({
    kind: "asymmetric",
    key: { certificateDer, thumbprint, modulusBytes } as never,
  });
  const value = stored("rsa-oaep-sha1-accessToken");
  expect(blind?.("ACCESS_TOKEN", value, stored("rsa-oaep-sha256-accessToken"))).toBe(false);
});
