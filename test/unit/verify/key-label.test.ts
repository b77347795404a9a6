import { expect, test } from "vitest";
import { isSecretKey, keyLabel, keyText } from "../../../src/verify/key-label.ts";

const columns = (...names: string[]) => names.map((name) => ({ name }));

test("ids, users and scopes are named", () => {
  const label = keyLabel(columns("TOKEN_ID", "TOKEN_SCOPE"), ["7a", "openid"]);
  expect(label).toEqual({ TOKEN_ID: "7a", TOKEN_SCOPE: "openid" });
  expect(keyText(label)).toBe("TOKEN_ID=7a TOKEN_SCOPE=openid");
  expect(isSecretKey(columns("TENANT_ID", "USER_NAME", "DATA_KEY", "CODE_ID"))).toBe(false);
});

test("a key that is a token or a code is shown as its digest", () => {
  for (const name of [
    "ACCESS_TOKEN",
    "REFRESH_TOKEN",
    "AUTHORIZATION_CODE",
    "ACCESS_TOKEN_HASH",
    "CONSUMER_KEY",
  ]) {
    expect(isSecretKey(columns(name))).toBe(true);
    expect(keyLabel(columns(name), ["abc"])).toEqual({ [name]: "sha256:ba7816bf8f01cfea" });
  }
});

test("one secret column makes a key of several a secret, and the others are shown as they are", () => {
  const both = columns("TENANT_ID", "ACCESS_TOKEN");
  expect(isSecretKey(both)).toBe(true);
  expect(keyLabel(both, ["1", "abc"])).toEqual({ TENANT_ID: "1", ACCESS_TOKEN: "sha256:ba7816bf8f01cfea" });
  expect(keyLabel(columns("ID", "DATA"), [null, Uint8Array.of(1, 255)])).toEqual({
    ID: null,
    DATA: "0x01ff",
  });
});

test("control characters of a key do not reach the terminal", () => {
  expect(keyText({ USER_NAME: "a\u001b[2Jb\n", TENANT_ID: null })).toBe(
    "USER_NAME=a\\u001b[2Jb\\n TENANT_ID=NULL",
  );
});
