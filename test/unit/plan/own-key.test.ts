import { expect, it } from "vitest";
import type { TableSchema } from "../../../src/contract/table-schema.ts";
import { withOwnKey } from "../../../src/plan/own-key.ts";

const table = (uniqueKeys: readonly object[], primaryKey: readonly string[] = []): TableSchema =>
  ({
    name: "T",
    columns: ["A", "B", "C"].map((name) => ({ name, nullable: name === "C", generated: false })),
    primaryKey,
    uniqueKeys,
  }) as unknown as TableSchema;
const key = (name: string, columns: readonly string[], more: object = {}) => ({ name, columns, ...more });

it("a unique key of columns that are never null stands for the primary key that a table does not have", () => {
  const found = withOwnKey(table([key("U2", ["A", "B"]), key("U1", ["C"])]));
  expect([found.primaryKey, found.uniqueKeys]).toEqual([["A", "B"], [key("U1", ["C"])]]);
});

it.each([
  ["has a primary key", table([key("U", ["A"])], ["B"])],
  ["has a unique key with a column that may be null", table([key("U", ["A", "C"])])],
  ["has a unique key of which only some is known", table([key("U", ["A"], { partial: "a condition" })])],
])("a table that %s stays as it is", (_, given) => {
  expect(withOwnKey(given)).toBe(given);
});
