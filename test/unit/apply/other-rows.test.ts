/** Rows that come or go with others: claims of users, words of a scope, children of a deletion. */
import { describe, expect, test } from "vitest";
import { findHolders } from "../../../src/apply/conflict.ts";
import { deleteChildren } from "../../../src/apply/delete-children.ts";
import { findKeys } from "../../../src/apply/find-keys.ts";
import { spareChildren } from "../../../src/apply/spare-children.ts";
import { withOtherSplitRows, writeSplitRows } from "../../../src/apply/split-rows.ts";
import { isClaim, replaceClaims, writeClaims } from "../../../src/apply/user-claims.ts";
import type { Change } from "../../../src/contract/change.ts";
import type { CascadeLink, SplitTable, TablePlan, TargetTable } from "../../../src/contract/sync-plan.ts";
import type { TableSchema } from "../../../src/contract/table-schema.ts";
import type { Row } from "../../../src/row.ts";
import { column, openPair, type Pair, reference, schema, TOKENS, USERS } from "../../support/memory/pair.ts";

const targetOf = (shape: TableSchema): TargetTable => {
  const targetColumns = shape.columns.map((one) => ({ name: one.name, target: one }));
  return {
    target: shape,
    targetColumns,
    key: targetColumns.filter(({ name }) => shape.primaryKey.includes(name)),
    targetUniqueKeys: [],
  };
};
const change = (row: Row): Change => ({ position: 1n, action: "UPDATE", row });

const USER = schema(
  "UM_USER",
  ["UM_ID", "UM_TENANT_ID", "UM_USER_ID"].map((name) => column(name)),
  { primaryKey: ["UM_ID", "UM_TENANT_ID"] },
);
const ATTRIBUTE = schema(
  "UM_USER_ATTRIBUTE",
  ["UM_ID", "UM_ATTR_NAME", "UM_ATTR_VALUE", "UM_PROFILE_ID", "UM_USER_ID", "UM_TENANT_ID"].map((name) =>
    column(name),
  ),
  { primaryKey: ["UM_ID", "UM_TENANT_ID"] },
);
const claim = (id: string, user: string, value: string): Row => ({
  UM_ID: id,
  UM_ATTR_NAME: "scimId",
  UM_ATTR_VALUE: value,
  UM_PROFILE_ID: "default",
  UM_USER_ID: user,
  UM_TENANT_ID: "1",
});

describe("claims of users", () => {
  const open = (): Pair =>
    openPair({
      schemas: [USER, ATTRIBUTE],
      plan: (table): TablePlan =>
        table.name === "UM_USER"
          ? { ...table, claims: targetOf(ATTRIBUTE) }
          : { ...table, holdsClaims: true },
    });
  const user = (id: string, uuid: string): Row => ({ UM_ID: id, UM_TENANT_ID: "1", UM_USER_ID: uuid });
  const write = (pair: Pair, ...users: readonly Row[]) =>
    writeClaims(pair.target.db, pair.target.dialect, pair.table("UM_USER"), users);

  test("are made for users that have none, with the id that the target has for them", async () => {
    const pair = open();
    pair.target.db.tables.set("UM_USER", [user("1", "id of green"), user("2", "second")]);
    const there = claim("77", "2", "blue's");
    pair.target.db.tables.set("UM_USER_ATTRIBUTE", [
      there,
      { ...claim("5", "1", "x"), UM_ATTR_NAME: "mail" },
    ]);
    await write(pair, user("1", "id of blue"), user("2", "other"));
    const made = claim("-1", "1", "id of green");
    expect(pair.rows("target", "UM_USER_ATTRIBUTE").filter(isClaim as never)).toEqual([there, made]);
    await write(pair, user("1", "id of blue"));
    await write(pair);
    expect(pair.rows("target", "UM_USER_ATTRIBUTE").filter(isClaim as never)).toHaveLength(2);
  });

  test("of blue replace any other of the same user, and nobody else's", async () => {
    const pair = open();
    const mine = claim("9", "1", "blue's");
    pair.target.db.tables.set("UM_USER_ATTRIBUTE", [
      mine,
      claim("-1", "1", "made"),
      claim("-2", "2", "made"),
    ]);
    const table = pair.table("UM_USER_ATTRIBUTE");
    const replace = (...rows: readonly Row[]) =>
      replaceClaims(pair.target.db, pair.target.dialect, table, rows);
    await replace({ ...mine, UM_ATTR_NAME: "mail" });
    expect(pair.rows("target", "UM_USER_ATTRIBUTE")).toHaveLength(3);
    await replace(mine);
    expect(pair.rows("target", "UM_USER_ATTRIBUTE").map(({ UM_ID }) => UM_ID)).toEqual(["9", "-2"]);
    await replace(mine);
    await replaceClaims(pair.target.db, pair.target.dialect, pair.table("UM_USER"), [claim("9", "2", "x")]);
    expect(pair.rows("target", "UM_USER_ATTRIBUTE")).toHaveLength(2);
  });

  test("are told by name and profile", () => {
    expect(isClaim(claim("1", "1", "v"))).toBe(true);
    expect(isClaim({ ...claim("1", "1", "v"), UM_PROFILE_ID: "home" })).toBe(false);
    expect(isClaim({ ...claim("1", "1", "v"), UM_ATTR_NAME: "mail" })).toBe(false);
  });
});

describe("words of a column", () => {
  const SCOPED = schema("CODES", [column("ID"), column("SCOPE")]);
  const WORDS = schema("CODE_SCOPES", [column("ID"), column("SCOPE")], { primaryKey: ["ID", "SCOPE"] });
  const split: SplitTable = { ...targetOf(WORDS), column: "SCOPE" };
  const open = (words: readonly Row[] = []): Pair => {
    const pair = openPair({ schemas: [SCOPED], plan: (table) => ({ ...table, split }) });
    pair.target.db.tables.set(
      "CODE_SCOPES",
      words.map((row) => ({ ...row })),
    );
    return pair;
  };
  const words = (pair: Pair) =>
    pair
      .rows("target", "CODE_SCOPES")
      .map(({ ID, SCOPE }) => `${ID} ${SCOPE}`)
      .sort();
  const there = [
    { ID: "1", SCOPE: "openid" },
    { ID: "1", SCOPE: "old" },
    { ID: "2", SCOPE: "theirs" },
  ];

  test("are rows of their own: missing ones are made, others of the same parent deleted", async () => {
    const pair = open(there);
    const write = (...rows: readonly Row[]) =>
      writeSplitRows(pair.target.db, pair.target.dialect, pair.table("CODES"), rows.map(change));
    await write({ ID: "1", SCOPE: "openid  email " });
    expect(words(pair)).toEqual(["1 email", "1 openid", "2 theirs"]);
    await write({ ID: "1", SCOPE: null });
    expect(words(pair)).toEqual(["2 theirs"]);
    await write();
    expect(words(pair)).toEqual(["2 theirs"]);
  });

  test("that are not those of the column are told, each of its own row", async () => {
    const pair = open(there);
    const rows = [
      { ID: "1", SCOPE: "openid old" },
      { ID: "2", SCOPE: "theirs more" },
      { ID: "3", SCOPE: "" },
    ].map(change);
    const other = await withOtherSplitRows(pair.target.db, pair.target.dialect, pair.table("CODES"), rows);
    expect([...other]).toEqual([rows[1]]);
    const plain = openPair({ schemas: [SCOPED] });
    expect(
      (await withOtherSplitRows(plain.target.db, plain.target.dialect, plain.table("CODES"), rows)).size,
    ).toBe(0);
  });
});

describe("a deletion", () => {
  const GRAND = schema("GRANDCHILDREN", [column("ID"), column("TOKEN_ID")], {
    foreignKeys: [reference("TOKEN_ID", "TOKENS", "cascade")],
  });
  const open = (): { pair: Pair; links: readonly CascadeLink[] } => {
    const pair = openPair({ schemas: [USERS, TOKENS, GRAND] });
    const grand: CascadeLink = {
      child: pair.table("GRANDCHILDREN"),
      columns: [column("TOKEN_ID")],
      below: [],
    };
    return { pair, links: [{ child: pair.table("TOKENS"), columns: [column("USER_ID")], below: [grand] }] };
  };
  const spare = (pair: Pair, links: readonly CascadeLink[], id: string) =>
    spareChildren(pair.source, { dialect: pair.target.dialect, tx: pair.target.db }, links, [[id]]);

  test("waits while a row that it would take along is still on the source, if rows are below that", async () => {
    const { pair, links } = open();
    pair.target.db.tables.set("TOKENS", [
      { ID: "a", USER_ID: "1" },
      { ID: "b", USER_ID: "2" },
    ]);
    pair.source.db.tables.set("TOKENS", [{ ID: "a", USER_ID: "elsewhere" }]);
    await expect(spare(pair, links, "1")).rejects.toMatchObject({
      code: "CHILDREN_LEFT",
      reason:
        "rows of TOKENS that still refer to it would be deleted along, and the source has them elsewhere",
    });
    await spare(pair, links, "2");
    await spare(
      pair,
      links.map((link) => ({ ...link, below: [] })),
      "1",
    );
    await spare(
      pair,
      links.map((link) => ({ ...link, child: { ...link.child, isRekeyed: true as const } })),
      "1",
    );
    await spareChildren(pair.source, { dialect: pair.target.dialect, tx: pair.target.db }, links, []);
  });

  test("is looked through to the bottom, in a circle too", async () => {
    const { pair } = open();
    const loop: CascadeLink = { child: pair.table("TOKENS"), columns: [column("USER_ID")], below: [] };
    const circle: CascadeLink = Object.assign(loop, { below: [loop] });
    pair.target.db.tables.set("TOKENS", [
      { ID: "a", USER_ID: "b" },
      { ID: "b", USER_ID: "a" },
      { ID: "c", USER_ID: "b" },
    ]);
    await spare(pair, [circle], "a");
    pair.source.db.tables.set("TOKENS", [{ ID: "c", USER_ID: "x" }]);
    await expect(spare(pair, [circle], "a")).rejects.toMatchObject({ code: "CHILDREN_LEFT" });
  });

  test("takes along what refers to the row and nothing else", async () => {
    const { pair } = open();
    const child = targetOf(TOKENS);
    pair.target.db.tables.set("TOKENS", [
      { ID: "a", USER_ID: "1" },
      { ID: "b", USER_ID: "2" },
    ]);
    const table = { ...pair.table("USERS"), children: [{ child, columns: [column("USER_ID")] }] };
    await deleteChildren(pair.target.db, pair.target.dialect, table, [["3"]]);
    await deleteChildren(pair.target.db, pair.target.dialect, table, [["1"]]);
    expect(pair.rows("target", "TOKENS")).toEqual([{ ID: "b", USER_ID: "2" }]);
  });
});

describe("rows of the target", () => {
  test("are found by keys, however many are asked for", async () => {
    const pair = openPair({ schemas: [TOKENS] });
    pair.target.db.tables.set(
      "TOKENS",
      Array.from({ length: 1_200 }, (_, i) => ({ ID: `${i}`, USER_ID: `u${i}` })),
    );
    const keys = Array.from({ length: 1_300 }, (_, i) => [`u${i}`]);
    const found = await findKeys(
      pair.target.db,
      pair.target.dialect,
      { table: "TOKENS", own: [column("ID")], by: [column("USER_ID")] },
      keys,
    );
    expect([found.length, found[0], found.at(-1)]).toEqual([1_200, ["0"], ["1199"]]);
  });

  test("that hold a unique key of ours are told, but not ourselves, nor by a key of nulls or one known in part", async () => {
    const shape = { ...TOKENS, foreignKeys: [], uniqueKeys: [{ name: "U", columns: ["USER_ID", "VALUE"] }] };
    const pair = openPair({ schemas: [shape] });
    const row = (id: string, value: string | null): Row => ({ ID: id, USER_ID: "u", VALUE: value });
    pair.target.db.tables.set("TOKENS", [row("1", "x"), row("2", "y"), row("3", null)]);
    const table = pair.table("TOKENS");
    const holders = (wanted: Row, on = table) => findHolders(pair.target.db, pair.target.dialect, on, wanted);
    expect(await holders(row("9", "x"))).toEqual([row("1", "x")]);
    expect(await holders(row("1", "x"))).toEqual([]);
    expect(await holders(row("9", null))).toEqual([]);
    const partial = {
      ...table,
      targetUniqueKeys: [{ name: "U", columns: ["USER_ID", "VALUE"], partial: "a condition" }],
    };
    expect(await holders(row("9", "x"), partial)).toEqual([]);
  });
});
