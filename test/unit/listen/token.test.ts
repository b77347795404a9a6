import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { parseAddress } from "../../../src/listen/address.ts";
import { readToken, showsToken } from "../../../src/listen/token.ts";

const folder = mkdtempSync(join(tmpdir(), "sync-tool-token-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (text: string): string => {
  const path = join(folder, "token");
  writeFileSync(path, text);
  return path;
};

const TOKEN = "0123456789abcdef";
const open = parseAddress("0.0.0.0:9464");
const local = parseAddress("127.0.0.1:9464");

test("an address that others reach has to have a token, another one may", () => {
  expect(() => readToken(undefined, open)).toThrow(/without a token/);
  expect(readToken(undefined, local)).toBeUndefined();
  expect(readToken(file(`${TOKEN}\n`), open)).toBe(TOKEN);
  expect(readToken(file(TOKEN), local)).toBe(TOKEN);
});

test.each(["", "short", "two words of a kind", `${"x".repeat(1_001)}`, "0123456789abcdeé"])(
  "a file that holds %j has no token, and its text is not told",
  (text) => {
    expect(() => readToken(file(text), open)).toThrow(expect.objectContaining({ code: "USAGE_INVALID" }));
    if (text.length > 3) expect(() => readToken(file(text), open)).not.toThrow(text);
  },
);

test("a file that is not there is said to be so", () => {
  expect(() => readToken(join(folder, "none"), open)).toThrow(/ENOENT/);
});

test("Bearer shows it, and the password of Basic; nothing else does", () => {
  const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;
  for (const right of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, basic(`anybody:${TOKEN}`), basic(`:${TOKEN}`)])
    expect(showsToken(right, TOKEN)).toBe(true);
  for (const wrong of [
    undefined,
    "",
    TOKEN,
    "Bearer",
    `Bearer ${TOKEN}x`,
    `Digest ${TOKEN}`,
    basic(`${TOKEN}:`),
    "Basic",
  ])
    expect(showsToken(wrong, TOKEN)).toBe(false);
});
