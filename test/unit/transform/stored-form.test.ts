import { describe, expect, it } from "vitest";
import { looksEncrypted, storedForm } from "../../../src/transform/stored-form.ts";

const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");

describe("the stored form", () => {
  it.each([
    ["a UUID", "4a1c3f0e-7d52-3b8e-9a64-1f2e3d4c5b6a"],
    ["an MD5 token", "5d41402abc4b2a76b9719d911017c592"],
    ["a JWT", "eyJhbGciOiJub25lIn0.eyJjIjoiQUFBQSJ9.c2ln"],
    ["empty text", ""],
    ["Base64 of another JSON object", base64('{"a":"x"}')],
    ["Base64 of JSON whose c is not text", base64('{"c":1}')],
    ["Base64 of a JSON array", base64('["c"]')],
    ["an envelope cut short", base64('{"c":"AAAA"')],
    ["343 characters", "A".repeat(343)],
    ["344 characters that are not Base64", "-".repeat(344)],
    ["JSON without a hash", '{"algorithm":"SHA-256"}'],
    ["a brace", "{"],
  ])("of %s is plain", (_what, value) => {
    expect(storedForm(value)).toBe("plain");
    expect(looksEncrypted(value)).toBe(false);
  });

  it.each([
    [
      "an RSA envelope",
      base64('{"c":"AAAA","t":"RSA/ECB/OAEPwithSHA1andMGF1Padding","tp":"00","tpd":"SHA-1"}'),
    ],
    ["an AES/GCM envelope", base64('{"c":"eyJjaXBoZXIiOiIifQ==","t":"AES/GCM/NoPadding","iv":"AAAA"}')],
    ["an envelope of empty text", base64('{"c":""}')],
    ["bare RSA of 1024 bits", Buffer.alloc(128, 7).toString("base64")],
    ["bare RSA of 2048 bits", Buffer.alloc(256, 7).toString("base64")],
    ["bare RSA of 3072 bits", Buffer.alloc(384, 7).toString("base64")],
    ["bare RSA of 4096 bits", Buffer.alloc(512, 7).toString("base64")],
  ])("of %s is encrypted", (_what, value) => {
    expect(storedForm(value)).toBe("encrypted");
    expect(looksEncrypted(value)).toBe(true);
  });

  it("of a JSON hash, or of a value equal to its hash column, is hashed", () => {
    expect(storedForm('{"hash":"00","algorithm":"SHA-256"}')).toBe("hashed");
    expect(storedForm("00ff", "00ff")).toBe("hashed");
    expect(looksEncrypted("00ff", "00ff")).toBe(true);
  });

  it("of a value with another hash, or none, is judged by the value", () => {
    expect(storedForm("00ff", "abcd")).toBe("plain");
    expect(storedForm("00ff", null)).toBe("plain");
    expect(storedForm("", "")).toBe("plain");
  });
});
