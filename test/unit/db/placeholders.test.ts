import { expect, test } from "vitest";
import { cutAtPlaceholders } from "../../../src/db/placeholders.ts";

test("a statement is cut at its question marks", () => {
  expect(cutAtPlaceholders("SELECT ? FROM t WHERE a = ?", 2)).toEqual(["SELECT ", " FROM t WHERE a = ", ""]);
  expect(cutAtPlaceholders("?", 1)).toEqual(["", ""]);
});

test.each([
  ['SELECT "a?b", ? FROM t', ['SELECT "a?b", ', " FROM t"]],
  ["SELECT `a?``?b` FROM t WHERE `?` = ?", ["SELECT `a?``?b` FROM t WHERE `?` = ", ""]],
  [
    "SELECT [a?]]?] FROM t WHERE x = ? AND y = '?''?'",
    ["SELECT [a?]]?] FROM t WHERE x = ", " AND y = '?''?'"],
  ],
  [`SELECT "quo""?te" FROM t WHERE b = ?`, [`SELECT "quo""?te" FROM t WHERE b = `, ""]],
  [`SELECT "it's", '"?', ?::bigint[]`, [`SELECT "it's", '"?', `, "::bigint[]"]],
])("those in quoted names and texts are none: %s", (sql, parts) => {
  expect(cutAtPlaceholders(sql, parts.length - 1)).toEqual(parts);
});
