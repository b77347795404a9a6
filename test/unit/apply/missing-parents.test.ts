/** Why a row of the target finds no parent, and which rows are passed because they have none any more. */
import { describe, expect, test } from "vitest";
import { judgeParents, withoutOrphans } from "../../../src/apply/missing-parents.ts";
import type { Change } from "../../../src/contract/change.ts";
import type { ParentLink, TablePlan } from "../../../src/contract/sync-plan.ts";
import { column, openPair, type Pair, schema, TOKENS, USERS } from "../../support/memory/pair.ts";

const APPS = schema("APPS", [column("ID"), column("CODE")]);

/** Each test its own: what the catalogue says of a link's parent is remembered. */
const link = (columns: readonly string[], parent: string, more: Partial<ParentLink> = {}): ParentLink => ({
  columns,
  parent,
  parentColumns: ["ID"],
  synced: true,
  ...more,
});
const toUser = (more: Partial<ParentLink> = {}) => link(["USER_ID"], "USERS", more);
const toApp = (more: Partial<ParentLink> = {}) => link(["VALUE"], "APPS", more);

function open(parents: readonly ParentLink[], schemas = [USERS, APPS, TOKENS]): Pair {
  return openPair({
    schemas,
    plan: (table): TablePlan => (table.name === "TOKENS" ? { ...table, parents } : table),
  });
}
const put = (pair: Pair, side: "source" | "target", table: string, ...rows: readonly object[]) =>
  pair[side].db.tables.set(
    table,
    rows.map((row) => ({ ...row })),
  );
const token = (id: string, userId: string | null, app: string | null = null) => ({
  ID: id,
  USER_ID: userId,
  VALUE: app,
});

describe("a row that lacks a parent", () => {
  const judge = (pair: Pair, row: ReturnType<typeof token>) =>
    judgeParents(
      pair.source,
      { dialect: pair.target.dialect, tx: pair.target.db },
      pair.table("TOKENS"),
      row,
    );

  test("was deleted with it where the source has none either", async () => {
    const parent = toUser();
    const pair = open([parent]);
    put(pair, "source", "USERS", { ID: "2" });
    expect(await judge(pair, token("a", "1"))).toEqual({ verdict: "gone", link: parent, key: ["1"] });
  });

  test("waits for one that is synced, and never gets one that is not", async () => {
    const verdicts: unknown[] = [];
    for (const synced of [true, false]) {
      const pair = open([toUser({ synced })]);
      put(pair, "source", "USERS", { ID: "1" });
      verdicts.push(await judge(pair, token("a", "1")));
    }
    expect(verdicts).toMatchObject([
      { verdict: "not written", link: { parent: "USERS" }, key: ["1"] },
      { verdict: "missing", link: { parent: "USERS" }, key: ["1"] },
    ]);
  });

  test("is judged by the first parent that is missing, and a foreign key with a null in it asks for none", async () => {
    const pair = open([toUser(), toApp()]);
    put(pair, "target", "USERS", { ID: "1" });
    put(pair, "source", "APPS", { ID: "x" });
    expect(await judge(pair, token("a", "1", "x"))).toMatchObject({
      verdict: "not written",
      link: { parent: "APPS" },
      key: ["x"],
    });
    expect(await judge(pair, token("a", null, "y"))).toMatchObject({ verdict: "gone", key: ["y"] });
    expect(await judge(pair, token("a", null, null))).toEqual({ verdict: "there", key: [] });
    expect(await judge(pair, token("a", "1", null))).toEqual({ verdict: "there", key: [] });
  });

  test("is not taken for deleted where the source knows the parent by another column", async () => {
    const pair = openPair({
      schemas: [schema("USERS", [column("OTHER")], { primaryKey: ["OTHER"] }), TOKENS],
      targetSchemas: [USERS, TOKENS],
      plan: (table) => (table.name === "TOKENS" ? { ...table, parents: [toUser()] } : table),
    });
    expect(await judge(pair, token("a", "1"))).toMatchObject({ verdict: "not written" });
  });

  test("has none where the source has no such table", async () => {
    const pair = open([toUser()]);
    pair.source.server.schemas = [TOKENS];
    expect(await judge(pair, token("a", "1"))).toMatchObject({ verdict: "gone" });
  });

  test("of a key of several columns is held against all of them", async () => {
    const parent = link(["USER_ID", "VALUE"], "APPS", { parentColumns: ["ID", "CODE"] });
    const pair = open([parent]);
    put(pair, "target", "APPS", { ID: "1", CODE: "other" });
    put(pair, "source", "APPS", { ID: "1", CODE: "x" });
    expect(await judge(pair, token("a", "1", "x"))).toMatchObject({
      verdict: "not written",
      key: ["1", "x"],
    });
    put(pair, "target", "APPS", { ID: "1", CODE: "x" });
    expect(await judge(pair, token("a", "1", "x"))).toMatchObject({ verdict: "there" });
  });

  test("asks each side's catalogue once, however many rows are refused", async () => {
    const pair = open([toUser()]);
    const asked: string[] = [];
    for (const side of ["source", "target"] as const) {
      const { tables } = pair[side].dialect.introspector;
      Object.assign(pair[side].dialect.introspector, {
        tables: (...of: Parameters<typeof tables>) => {
          asked.push(`${side} ${of[1]}`);
          return tables(...of);
        },
      });
    }
    for (const id of ["1", "2", "3"]) await judge(pair, token("a", id));
    expect(asked).toEqual(["target USERS", "source USERS"]);
  });
});

describe("of many rows", () => {
  const upsert = (row: ReturnType<typeof token>, more: Partial<Change> = {}): Change => ({
    position: 1n,
    action: "UPDATE",
    row,
    ...more,
  });
  const kept = async (pair: Pair, changes: readonly Change[], rowFor = (one: Change) => one.row as never) =>
    (await withoutOrphans(pair.source, pair.target, pair.table("TOKENS"), changes, rowFor)).map(
      ({ row }) => row["ID"],
    );

  test("those are passed whose parent neither side has, by any of their foreign keys", async () => {
    const pair = open([toUser(), toApp()]);
    put(pair, "target", "USERS", { ID: "on target" });
    put(pair, "source", "USERS", { ID: "on source" });
    put(pair, "target", "APPS", { ID: "x" });
    const changes = [
      upsert(token("a", "on target")),
      upsert(token("b", "on source", "x")),
      upsert(token("c", "nowhere", "x")),
      upsert(token("d", null)),
      upsert(token("e", "on source", "nowhere")),
      upsert(token("f", "nowhere"), { action: "DELETE" }),
      upsert(token("g", "nowhere"), { leftOut: true }),
      upsert(token("h", "nowhere"), { action: "INSERT" }),
      upsert(token("i", "nowhere")),
    ];
    expect(await kept(pair, changes)).toEqual(["a", "b", "d", "f", "g"]);
  });

  test("two statements are enough for each foreign key, and none where no row has one", async () => {
    const pair = open([toUser()]);
    put(pair, "target", "USERS", { ID: "1" });
    let statements = 0;
    pair.source.db.onStatement = pair.target.db.onStatement = () => {
      statements += 1;
    };
    expect(await kept(pair, [upsert(token("a", null))])).toEqual(["a"]);
    expect(statements).toBe(0);
    expect(await kept(pair, [upsert(token("a", "1")), upsert(token("b", "1"))])).toEqual(["a", "b"]);
    expect(statements).toBe(1);
    const many = Array.from({ length: 50 }, (_, i) => upsert(token(`${i}`, `none ${i % 5}`)));
    expect(await kept(pair, many)).toEqual([]);
    expect(statements).toBe(3);
  });

  test("the row as the target is to have it names the parent; one that cannot be made is kept", async () => {
    const pair = open([toUser()]);
    put(pair, "target", "USERS", { ID: "green 1" });
    const rowFor = ({ row }: Change) =>
      (row["ID"] === "b" ? undefined : { ...row, USER_ID: `green ${row["USER_ID"]}` }) as never;
    const changes = [upsert(token("a", "1")), upsert(token("b", "2")), upsert(token("c", "3"))];
    expect(await kept(pair, changes, rowFor)).toEqual(["a", "b"]);
  });

  test("none is passed where a side knows the parent otherwise or not at all", async () => {
    const pair = open([toUser({ parentColumns: ["UNKNOWN"] })]);
    expect(await kept(pair, [upsert(token("a", "1"))])).toEqual(["a"]);
    const tableless = open([toUser()]);
    tableless.source.server.schemas = [TOKENS];
    expect(await kept(tableless, [upsert(token("a", "1"))])).toEqual(["a"]);
  });

  test("keys that a database takes for equal are", async () => {
    const LOOSE = schema("USERS", [column("ID", { equality: "insensitive" }), column("NAME")]);
    const pair = open([toUser()], [LOOSE, APPS, TOKENS]);
    put(pair, "target", "USERS", { ID: "ANN" });
    expect(await kept(pair, [upsert(token("a", "ann")), upsert(token("b", "bob"))])).toEqual(["a"]);
  });
});
