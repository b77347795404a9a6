import { describe, expect, it } from "vitest";
import { collisionScopeHash } from "../../../src/transform/scope-hash.ts";
import { tokenRow } from "./rows.ts";

// printf %s tid-1:5d1f6ecd4ce3ba3ec5d65ee8b51b6b32 | md5sum
describe("the scope hash of a row that collides", () => {
  it("is md5 of token id and scope hash, and nothing else in the row changes", () => {
    expect(collisionScopeHash(tokenRow)).toEqual({
      ...tokenRow,
      TOKEN_SCOPE_HASH: "d320f46d39c40ec27b6dd60f2e9a1dea",
    });
    expect(tokenRow["TOKEN_SCOPE_HASH"]).toBe("5d1f6ecd4ce3ba3ec5d65ee8b51b6b32");
  });

  it("differs for two tokens of one scope", () => {
    expect(collisionScopeHash({ ...tokenRow, TOKEN_ID: "tid-2" })["TOKEN_SCOPE_HASH"]).toBe(
      "54779a79b14d99d8fb88ebc50e5f140b",
    );
  });

  it("exists also for a row without a scope hash", () => {
    expect(collisionScopeHash({ ...tokenRow, TOKEN_SCOPE_HASH: null })["TOKEN_SCOPE_HASH"]).toBe(
      "8fab07610facd9d42615042ae1b49441",
    );
  });
});
