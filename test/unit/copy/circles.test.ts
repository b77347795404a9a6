import { describe, expect, test } from "vitest";
import { circlesAmong, refersToItself } from "../../../src/copy/circles.ts";
import type { Row } from "../../../src/row.ts";
import type { Expected } from "../../../src/verify/row-comparison.ts";
import { column, openPair, reference, schema, USERS } from "../../support/memory/pair.ts";

const tree = (up = column("UP")) =>
  schema("TREE", [column("ID"), up], { foreignKeys: [reference("UP", "TREE", "cascade")] });

function tablesOf(up = column("UP")) {
  return openPair({ schemas: [USERS, tree(up)] });
}

const orphan = (id: string, row: Row | undefined): Expected => ({
  change: { position: 1n, action: "UPDATE", row: row ?? {} },
  key: [id],
  row,
});
const under = (id: string, up: string | null): Expected => orphan(id, { ID: id, UP: up });
const ids = (rows: readonly Expected[]): unknown => rows.map(({ key }) => key[0]);

describe("Rows that refer to each other", () => {
  const table = tablesOf().table("TREE");

  test("are found in a table that refers to itself alone", () => {
    expect(refersToItself(table)).toBe(true);
    expect(refersToItself(tablesOf().table("USERS"))).toBe(false);
  });

  test("are those in a circle, of themselves too, and what hangs on it", () => {
    const circle = [under("a", "b"), under("b", "a"), under("leaf", "b"), under("own", "own")];
    expect(ids(circlesAmong(table, circle))).toEqual(["a", "b", "leaf", "own"]);
  });

  test("are not those under a row that is refused, however far, nor those that cannot be transformed", () => {
    const rows = [under("a", "b"), under("b", "a"), under("c", "refused"), under("d", "c")];
    expect(ids(circlesAmong(table, [...rows, orphan("e", undefined)]))).toEqual(["a", "b"]);
  });

  test("stay whole with one that refers to nothing", () => {
    expect(ids(circlesAmong(table, [under("a", null), under("b", "a")]))).toEqual(["a", "b"]);
  });

  test("are none where a reference may not be empty", () => {
    const strict = tablesOf(column("UP", { nullable: false })).table("TREE");
    expect(circlesAmong(strict, [under("a", "b"), under("b", "a")])).toEqual([]);
  });
});
