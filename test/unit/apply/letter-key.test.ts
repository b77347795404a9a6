import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { keyDigest, keyText, letterId } from "../../../src/apply/dead-letter.ts";
import { keyFromJson, keyToJson } from "../../../src/journal/key-json.ts";

const BYTES = Buffer.from([0, 255]);

test("a letter is found under the digest of its key, byte by byte", () => {
  expect(keyDigest(["a", null])).toBe(createHash("sha256").update('["a",null]').digest("hex"));
  const digests = [["a"], ["A"], ["a "], ["a", ""], ["a", null], [BYTES], ["é"]].map(keyDigest);
  expect(new Set(digests).size).toBe(digests.length);
  expect(letterId(keyDigest(["a"]))).toBe(keyDigest(["a"]).slice(0, 12));
});

test("a key as people see it is one byte a character, and as long as its column at most", () => {
  expect(keyText(["é", BYTES])).toBe('["\\u00e9",{"hex":"00ff"}]');
  expect(keyText(["x".repeat(5_000)])).toBe(`["${"x".repeat(1_898)}`);
});

test("a key is kept as JSON and read again, bytes as bytes", () => {
  const key = ["a", null, BYTES, "{}"];
  expect(keyToJson(key)).toEqual(["a", null, { hex: "00ff" }, "{}"]);
  expect(keyFromJson(JSON.parse(JSON.stringify(keyToJson(key))))).toEqual(key);
});
