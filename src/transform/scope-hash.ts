import { createHash } from "node:crypto";
import type { Row } from "../row.ts";

/**
 * The row with a TOKEN_SCOPE_HASH of its own: md5 of its TOKEN_ID and its scope hash, 32 hex digits like any other.
 *
 * For sources below 5.8.0 on PostgreSQL and Oracle, and only after CON_APP_KEY of the target has refused the row. There
 * the source's key is satisfied by any two rows (it has TOKEN_ID in it), so it may hold several ACTIVE tokens of
 * one user, application and scope; the target's key allows one. WSO2's 5.8.0 script gave every row of such a group a
 * *random* scope hash and left single rows alone. Which rows form a group is not known from one row, so a
 * new row first keeps its hash, as a single one, and only the row that does collide gets this one.
 *
 * Derived, not random, so that a batch applied again after a crash writes the same row, and a comparison of the two
 * databases can tell it from a wrong one. The price is the script's own: the token stays valid, being found by
 * ACCESS_TOKEN_HASH, but is not found again by its scope, so the next login gets a new token.
 */
export function collisionScopeHash(row: Row): Row {
  const text = `${textOf(row, "TOKEN_ID")}:${textOf(row, "TOKEN_SCOPE_HASH")}`;
  return { ...row, TOKEN_SCOPE_HASH: createHash("md5").update(text, "utf8").digest("hex") };
}

function textOf(row: Row, column: string): string {
  const value = row[column];
  return typeof value === "string" ? value : "";
}
