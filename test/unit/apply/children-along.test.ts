/** Children that come along with a row which the target did not hold: as the source has them now, to the bottom. */
import { describe, expect, test } from "vitest";
import { type ChildTable, findChildrenAlong } from "../../../src/apply/children-along.ts";
import type { Change } from "../../../src/contract/change.ts";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import type { Row } from "../../../src/row.ts";
import { transformFailed } from "../../../src/transform/transform-failed.ts";
import { column, openPair, type Pair, reference, schema, TOKENS, USERS } from "../../support/memory/pair.ts";

const NOTES = schema("NOTES", [column("ID"), column("TOKEN_ID"), column("TEXT")], {
  foreignKeys: [reference("TOKEN_ID", "TOKENS", "cascade")],
});
/** Refers to itself. */
const TREE = schema("TREE", [column("ID"), column("ABOVE")], {
  foreignKeys: [reference("ABOVE", "TREE", "cascade")],
});

const user = (id: string): Row => ({ ID: id, NAME: id });
const token = (id: string, userId: string | null): Row => ({ ID: id, USER_ID: userId, VALUE: "source's" });
const update = (row: Row, more: Partial<Change> = {}): Change => ({
  position: 1n,
  action: "UPDATE",
  row,
  ...more,
});

/** A target whose foreign keys let everything pass. */
const lenient = (table: TablePlan): TablePlan => ({ ...table, target: { ...table.target, foreignKeys: [] } });

const asIs = (change: Change): Row => change.row;

type Rows = ChildTable["rows"];

function childOf(pair: Pair, name: string, rows: Partial<Rows> = {}, below: readonly ChildTable[] = []) {
  const table = pair.table(name);
  const [link] = table.parents;
  if (link === undefined) throw new Error(`${name} has no parent`);
  return {
    table,
    link,
    children: () => below,
    rows: { keepOnUpdate: [], prepare: async () => asIs, ...rows },
  } satisfies ChildTable;
}

const open = (plan = (table: TablePlan) => table): Pair => {
  const pair = openPair({ schemas: [USERS, TOKENS, NOTES], plan });
  pair.source.db.tables.set("TOKENS", [token("a", "1"), token("b", "1"), token("c", "2"), token("d", null)]);
  return pair;
};

/** Finds the children of these changes of users, and writes those of the ones that are written. */
async function bring(
  pair: Pair,
  changes: readonly Change[],
  children: readonly ChildTable[],
  { written = changes, rowFor = asIs, table = "USERS" } = {},
): Promise<boolean> {
  const along = await findChildrenAlong(
    pair.source,
    pair.target,
    pair.table(table),
    changes,
    rowFor,
    children,
  );
  for (const change of written) pair.target.db.tables.get(table)?.push({ ...rowFor(change) });
  await along?.(pair.target.db, written);
  return along !== undefined;
}

const ids = (pair: Pair, table = "TOKENS") =>
  pair
    .rows("target", table)
    .map(({ ID }) => ID)
    .sort();

describe("children come along", () => {
  test("with an update of a row that the target lacks, of that row alone", async () => {
    const pair = open();
    await bring(pair, [update(user("1"))], [childOf(pair, "TOKENS")]);
    expect(pair.rows("target", "TOKENS")).toEqual([token("a", "1"), token("b", "1")]);
  });

  test("with none that the target has, that is new on the source, deleted, or not to be there", async () => {
    const pair = open();
    pair.target.db.tables.set("USERS", [{ ...user("1") }]);
    const changes = [
      update(user("1")),
      update(user("2"), { action: "INSERT" }),
      update(user("2"), { action: "DELETE" }),
      update(user("2"), { leftOut: true }),
    ];
    expect(await bring(pair, changes, [childOf(pair, "TOKENS")], { written: [] })).toBe(false);
  });

  test("only where there are some", async () => {
    const pair = open();
    expect(await bring(pair, [update(user("9"))], [childOf(pair, "TOKENS")])).toBe(false);
    expect(await bring(pair, [update(user("1"))], [])).toBe(false);
  });

  test("not when their row was not written after all", async () => {
    const pair = open();
    const [one, two] = [update(user("1")), update(user("2"))];
    await bring(pair, [one, two], [childOf(pair, "TOKENS")], { written: [two] });
    expect(ids(pair)).toEqual(["c"]);
  });

  test("of several changes of one row, with whichever is written", async () => {
    for (const i of [0, 1]) {
      const pair = open();
      const changes = [update(user("1")), update({ ...user("1"), NAME: "new" })];
      await bring(pair, changes, [childOf(pair, "TOKENS")], { written: changes.slice(i, i + 1) });
      expect(ids(pair)).toEqual(["a", "b"]);
    }
  });

  test("of rows whose names a database takes for equal", async () => {
    const loose = { equality: "insensitive" } as const;
    const pair = openPair({
      schemas: [
        schema("USERS", [column("ID", loose), column("NAME")]),
        schema("TOKENS", [column("ID"), column("USER_ID", loose), column("VALUE")], {
          foreignKeys: [reference("USER_ID", "USERS", "cascade")],
        }),
      ],
      plan: lenient,
    });
    pair.source.db.tables.set("TOKENS", [token("a", "ANN"), token("b", "ann")]);
    await bring(pair, [update(user("Ann"))], [childOf(pair, "TOKENS")]);
    expect(ids(pair)).toEqual(["a", "b"]);
    pair.target.db.tables.set("TOKENS", []);
    expect(await bring(pair, [update(user("ANN"))], [childOf(pair, "TOKENS")], { written: [] })).toBe(false);
  });

  test("transformed, marked and with the target's keys, as their own journal would bring them", async () => {
    const pair = open(lenient);
    pair.target.db.tables.set("TOKENS", [{ ...token("b", "1"), VALUE: "green's" }]);
    const seen: unknown[] = [];
    const child = childOf(pair, "TOKENS", {
      resolveKeys: async (changes) =>
        changes.map((change) => ({ ...change, row: { ...change.row, NOTE: "resolved" } })),
      markLeftOut: async (changes) =>
        changes.map((change) => {
          seen.push(change.row["NOTE"]);
          return change.row["ID"] === "a" ? { ...change, leftOut: true as const } : change;
        }),
      keepOnUpdate: ["VALUE"],
      prepare: async (changes) => {
        seen.push(...changes.map(({ row }) => row["ID"]));
        return ({ row }) => ({ ID: row["ID"] ?? null, USER_ID: "made", VALUE: "made" });
      },
    });
    await bring(pair, [update(user("1"))], [child]);
    expect(seen).toEqual(["resolved", "resolved", "b"]);
    expect(pair.rows("target", "TOKENS")).toEqual([{ ID: "b", USER_ID: "made", VALUE: "green's" }]);
  });

  test("to the bottom: theirs too, and no others", async () => {
    const pair = open();
    const note = (id: string, of: string) => ({ ID: id, TOKEN_ID: of, TEXT: "t" });
    pair.source.db.tables.set("NOTES", [note("n1", "a"), note("n2", "b"), note("n3", "c")]);
    const tokens = childOf(pair, "TOKENS", {}, [childOf(pair, "NOTES")]);
    await bring(pair, [update(user("1"))], [tokens]);
    expect([ids(pair), ids(pair, "NOTES")]).toEqual([
      ["a", "b"],
      ["n1", "n2"],
    ]);
  });

  test("of every table that refers to the row", async () => {
    const other = schema("OTHERS", [column("ID"), column("USER_ID")], {
      foreignKeys: [reference("USER_ID", "USERS", "cascade")],
    });
    const pair = openPair({ schemas: [USERS, TOKENS, other] });
    pair.source.db.tables.set("OTHERS", [{ ID: "o", USER_ID: "1" }]);
    pair.source.db.tables.set("TOKENS", [token("c", "2")]);
    const children = [childOf(pair, "TOKENS"), childOf(pair, "OTHERS")];
    await bring(pair, [update(user("1")), update(user("2"))], children);
    expect([ids(pair), ids(pair, "OTHERS")]).toEqual([["c"], ["o"]]);
  });

  test("once each where a table refers to itself in a circle", async () => {
    const pair = openPair({ schemas: [TREE], plan: lenient });
    const node = (id: string, above: string): Row => ({ ID: id, ABOVE: above });
    pair.source.db.tables.set("TREE", [node("1", "3"), node("2", "1"), node("3", "2")]);
    const [link] = pair.table("TREE").parents;
    if (link === undefined) throw new Error("no link");
    let asked = 0;
    const tree: ChildTable = {
      table: pair.table("TREE"),
      link,
      children: () => {
        asked += 1;
        return [tree];
      },
      rows: { keepOnUpdate: [], prepare: async () => asIs },
    };
    await bring(pair, [update(node("1", "3"))], [tree], { table: "TREE" });
    expect(ids(pair, "TREE")).toEqual(["1", "2", "3"]);
    expect(asked).toBe(3);
  });

  test("not where the row is known by another column on the source, or names no parent", async () => {
    const pair = open();
    const child = childOf(pair, "TOKENS");
    const rekeyed = { ...child, link: { ...child.link, columns: ["UNKNOWN"] } };
    expect(await bring(pair, [update(user("1"))], [rekeyed])).toBe(false);
    const otherwise = { ...child, link: { ...child.link, parentColumns: ["UNKNOWN"] } };
    expect(await bring(pair, [update(user("2"))], [otherwise])).toBe(false);
  });

  test("by the row as it is to be on the target; one that cannot be made waits for its own turn", async () => {
    const pair = open();
    const rowFor = (change: Change): Row => {
      if (change.row["ID"] === "1") throw transformFailed("USERS", 1n, "cannot be read");
      return change.row;
    };
    const changes = [update(user("1")), update(user("2"))];
    await bring(pair, changes, [childOf(pair, "TOKENS")], { rowFor, written: changes.slice(1) });
    expect(ids(pair)).toEqual(["c"]);
    const broken = (): Row => {
      throw new TypeError("a fault of ours");
    };
    await expect(
      bring(pair, [update(user("7"))], [childOf(pair, "TOKENS")], { rowFor: broken }),
    ).rejects.toThrow(TypeError);
  });
});
