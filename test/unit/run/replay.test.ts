/** What becomes of changes that the target refuses, through the whole way of a batch. */
import { expect, test } from "vitest";
import { Overtaken } from "../../../src/apply/overtaken.ts";
import type { LateGuard } from "../../../src/run/late-guard.ts";
import {
  column,
  openPair,
  type Pair,
  PLAIN_ROWS,
  reference,
  run,
  schema,
  TOKENS,
  USERS,
} from "../../support/memory/pair.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });
const token = (id: string, userId: string, value = id) => ({ ID: id, USER_ID: userId, VALUE: value });
const poison = (id: string) => user(id, "poison");

/** Names of users are unique on the target. */
const UNIQUE = { ...USERS, uniqueKeys: [{ name: "U", columns: ["NAME"] }] };

const target = (pair: Pair, name = "USERS"): readonly unknown[] =>
  [...pair.rows("target", name)].map(({ ID }) => ID).sort();

const letters = (pair: Pair): readonly unknown[] =>
  pair.letters().map((one) => `${one["TABLE_NAME"]} ${one["SYNC_ID"]} ${one["CODE"]} ${one["ATTEMPTS"]}`);

test("a poison row among many is set aside alone, in batches of any size", async () => {
  for (const batchSize of [1, 2, 3, 7, 100]) {
    const pair = openPair();
    for (let i = 1; i <= 9; i++) pair.write("USERS", "INSERT", i === 5 ? poison("5") : user(String(i)));
    const { told } = await run(pair, { batchSize, until: "one pass" });
    expect(target(pair)).toEqual(["1", "2", "3", "4", "6", "7", "8", "9"]);
    expect(letters(pair)).toEqual(["USERS 5 row 1"]);
    expect(pair.letters()).toMatchObject([{ ROW_KEY: '["5"]', REASON: "refused: row" }]);
    expect(told.filter(([name]) => name === "deadLetter")).toEqual([
      ["deadLetter", "USERS", 5n, { class: "row", code: "row", reason: "refused: row" }],
    ]);
    expect(pair.positions("USERS")).toEqual(["9"]);
  }
});

test("a later change of the row supersedes its letter, in the same batch or in another", async () => {
  for (const batchSize of [1, 100]) {
    const pair = openPair();
    pair.write("USERS", "INSERT", poison("1"));
    pair.write("USERS", "INSERT", user("2"));
    pair.write("USERS", "UPDATE", user("1", "well"));
    const { error } = await run(pair, { batchSize });
    expect([error, letters(pair)]).toEqual([undefined, []]);
    expect(pair.rows("target", "USERS")).toContainEqual(user("1", "well"));
  }
});

test("a letter is counted up with each try, and goes when the target takes the row", async () => {
  const pair = openPair();
  pair.write("USERS", "INSERT", poison("1"));
  await run(pair);
  expect(letters(pair)).toEqual(["USERS 1 row 2"]);
  pair.target.server.refused = [];
  const { error } = await run(pair);
  expect([error, letters(pair)]).toEqual([undefined, []]);
  expect(pair.rows("target", "USERS")).toEqual([poison("1")]);
});

test("more letters than the limit stop the group, and nothing is skipped", async () => {
  const pair = openPair();
  for (const id of ["1", "2", "3"]) pair.write("USERS", "INSERT", poison(id));
  const { error } = await run(pair, { limit: 2, batchSize: 1 });
  expect(error).toMatchObject({
    code: "ROW_REFUSED",
    message: expect.stringMatching(
      /USERS: 3 changes are set aside.*deadLetterLimit=2.*position 3: refused: row/,
    ),
  });
  expect((await run(pair, { limit: 3 })).error).toMatchObject({ code: "DEAD_LETTERS_LEFT" });
});

test("a swap of unique keys in one batch is written step by step, as the source did it", async () => {
  const pair = openPair({ schemas: [UNIQUE] });
  pair.seed("USERS", user("1", "a"), user("2", "b"));
  pair.write("USERS", "UPDATE", user("1", "x"));
  pair.write("USERS", "UPDATE", user("2", "a"));
  pair.write("USERS", "UPDATE", user("1", "b"));
  expect((await run(pair)).error).toBeUndefined();
  expect(pair.rows("target", "USERS")).toEqual([user("1", "b"), user("2", "a")]);
});

test("a row whose parent was deleted by a cascade since is passed, without a letter", async () => {
  const pair = openPair();
  pair.write("TOKENS", "INSERT", token("a", "gone"));
  pair.write("TOKENS", "INSERT", token("b", "gone"));
  pair.source.db.tables.set("TOKENS", []);
  pair.write("USERS", "INSERT", user("1"));
  pair.write("TOKENS", "INSERT", token("c", "1"));
  expect((await run(pair)).error).toBeUndefined();
  expect([target(pair, "TOKENS"), letters(pair)]).toEqual([["c"], []]);
});

test("a row whose parent the source has and nothing brings is set aside, at once", async () => {
  const pair = openPair({ schemas: [TOKENS], plan: (table) => table });
  pair.source.server.schemas = [USERS, TOKENS];
  pair.target.server.schemas = [USERS, TOKENS, ...pair.target.server.schemas];
  pair.source.db.tables.set("USERS", [user("1")]);
  pair.target.db.tables.set("USERS", []);
  pair.write("TOKENS", "INSERT", token("a", "1"));
  expect((await run(pair, { until: "one pass" })).error).toBeUndefined();
  expect(letters(pair)).toEqual(["TOKENS 1 parent 1"]);
});

test("a child waits for a parent that its own journal still brings, and all behind it", async () => {
  const pair = openPair({ onSource: { holders: ["t"] } });
  // The parent stands behind a hole that may still be filled.
  pair.write("USERS", "INSERT", user("1"), 2n);
  pair.write("TOKENS", "INSERT", token("a", "1"));
  pair.write("TOKENS", "INSERT", token("b", "1"));
  const { error } = await run(pair, {
    onTold: (name) => void (name === "blocked" && Object.assign(pair.source.server, { holders: [] })),
  });
  expect(error).toBeUndefined();
  expect([target(pair, "TOKENS"), letters(pair)]).toEqual([["a", "b"], []]);
});

test("children of a row that is set aside are set aside too, and all come when it is mended", async () => {
  const pair = openPair();
  pair.write("USERS", "INSERT", poison("1"));
  pair.write("TOKENS", "INSERT", token("a", "1"));
  expect((await run(pair)).error).toMatchObject({ code: "DEAD_LETTERS_LEFT" });
  expect(letters(pair)).toEqual(["USERS 1 row 2", "TOKENS 1 parent 2"]);
  pair.target.server.refused = [];
  expect((await run(pair)).error).toBeUndefined();
  expect([target(pair, "TOKENS"), letters(pair)]).toEqual([["a"], []]);
});

test("a unique key that green's own row holds: the letter, or by keep-target the drop, which is counted", async () => {
  const made = (): Pair => {
    const pair = openPair({ schemas: [UNIQUE] });
    pair.target.db.tables.set("USERS", [user("green", "ann")]);
    pair.write("USERS", "INSERT", user("blue", "ann"));
    return pair;
  };
  const kept = made();
  await run(kept, { until: "one pass" });
  expect([letters(kept), target(kept)]).toEqual([["USERS 1 unique 1"], ["green"]]);
  const dropped = made();
  const { error, told } = await run(dropped, { policy: "keep-target" });
  expect([error, letters(dropped), target(dropped)]).toEqual([undefined, [], ["green"]]);
  expect(told.filter(([name]) => name === "dropped")).toEqual([["dropped", "USERS", 1, 1n, 1]]);
  // The number is kept for the next run.
  dropped.write("USERS", "UPDATE", user("blue", "ann"));
  const again = await run(dropped, { policy: "keep-target" });
  expect(again.told.filter(([name]) => name === "dropped")).toEqual([["dropped", "USERS", 1, 2n, 2]]);
});

test("with keep-target a new row leaves the target's of the same key alone, an update does not", async () => {
  const pair = openPair();
  pair.target.db.tables.set("USERS", [user("1", "green")]);
  pair.write("USERS", "INSERT", user("1", "blue"));
  await run(pair, { policy: "keep-target" });
  expect(pair.rows("target", "USERS")).toEqual([user("1", "green")]);
  pair.write("USERS", "UPDATE", user("1", "bluer"));
  await run(pair, { policy: "keep-target" });
  expect(pair.rows("target", "USERS")).toEqual([user("1", "bluer")]);
  const other = openPair();
  other.target.db.tables.set("USERS", [user("1", "green")]);
  other.write("USERS", "INSERT", user("1", "blue"));
  await run(other);
  expect(other.rows("target", "USERS")).toEqual([user("1", "blue")]);
});

test("with keep-target a row that was dropped comes whole when it comes after all: with its children", async () => {
  const pair = openPair({ schemas: [UNIQUE, TOKENS] });
  pair.target.db.tables.set("USERS", [user("green", "ann")]);
  pair.write("USERS", "INSERT", user("blue", "ann"));
  pair.write("TOKENS", "INSERT", token("a", "blue"));
  await run(pair, { policy: "keep-target" });
  expect([target(pair), target(pair, "TOKENS"), letters(pair)]).toEqual([["green"], [], []]);
  pair.write("USERS", "UPDATE", user("blue", "bob"));
  expect((await run(pair, { policy: "keep-target" })).error).toBeUndefined();
  expect([target(pair), target(pair, "TOKENS")]).toEqual([["blue", "green"], ["a"]]);
});

test("the transformation's other row is written where a unique key is taken, and told", async () => {
  const pair = openPair({ schemas: [UNIQUE] });
  pair.target.db.tables.set("USERS", [user("green", "ann")]);
  pair.write("USERS", "INSERT", user("blue", "ann"));
  const rows = { ...PLAIN_ROWS, onUniqueConflict: (row: object) => ({ ...row, NAME: "made up" }) };
  const { error, told } = await run(pair, { rows: () => rows });
  expect(error).toBeUndefined();
  expect(pair.rows("target", "USERS")).toContainEqual(user("blue", "made up"));
  expect(told.filter(([name]) => name === "madeUpHashes")).toEqual([["madeUpHashes", "USERS", 1]]);
});

const TOKEN_TABLE = schema(
  "IDN_OAUTH2_ACCESS_TOKEN",
  ["TOKEN_ID", "CON_APP_KEY", "TOKEN_STATE", "TOKEN_STATE_ID", "TIME_CREATED"].map((name) => column(name)),
  {
    primaryKey: ["TOKEN_ID"],
    uniqueKeys: [{ name: "CON_APP_KEY", columns: ["CON_APP_KEY", "TOKEN_STATE", "TOKEN_STATE_ID"] }],
  },
);
const access = (id: string, created: string) => ({
  TOKEN_ID: id,
  CON_APP_KEY: "app",
  TOKEN_STATE: "ACTIVE",
  TOKEN_STATE_ID: "NONE",
  TIME_CREATED: created,
});

test.each([
  ["later", "2026-01-02 00:00:00", "INACTIVE", "ACTIVE"],
  ["earlier", "2025-01-02 00:00:00", "ACTIVE", "INACTIVE"],
])(
  "with newest a token of the source that is %s than green's leaves one of the two ACTIVE",
  async (_, created, green, blue) => {
    const pair = openPair({ schemas: [TOKEN_TABLE] });
    const [plan] = pair.tables;
    pair.target.db.tables.set(TOKEN_TABLE.name, [access("green", "2026-01-01 00:00:00")]);
    pair.write(plan?.name ?? "", "INSERT", access("blue", created));
    expect((await run(pair, { policy: "newest" })).error).toBeUndefined();
    expect(pair.rows("target", TOKEN_TABLE.name)).toMatchObject([
      { TOKEN_ID: "green", TOKEN_STATE: green },
      { TOKEN_ID: "blue", TOKEN_STATE: blue },
    ]);
  },
);

test("with newest a holder that a change is on its way to, or that is set aside, is waited for by a letter", async () => {
  const pair = openPair({ schemas: [TOKEN_TABLE] });
  pair.seed(TOKEN_TABLE.name, access("old", "2026-01-01 00:00:00"));
  pair.write(TOKEN_TABLE.name, "INSERT", access("new", "2026-01-02 00:00:00"));
  pair.write(TOKEN_TABLE.name, "UPDATE", { ...access("old", "2026-01-01 00:00:00"), TOKEN_STATE: "EXPIRED" });
  const { error } = await run(pair, { policy: "newest", batchSize: 1 });
  expect(error).toBeUndefined();
  expect(pair.rows("target", TOKEN_TABLE.name)).toMatchObject([
    { TOKEN_ID: "old", TOKEN_STATE: "EXPIRED" },
    { TOKEN_ID: "new", TOKEN_STATE: "ACTIVE" },
  ]);
});

test("a deletion takes along rows that refer to it and that the source no longer has, where nothing cascades", async () => {
  const child = { ...TOKENS, foreignKeys: [reference("USER_ID", "USERS", "restrict")] };
  const pair = openPair({
    schemas: [USERS, child],
    plan: (table) =>
      table.name === "USERS"
        ? {
            ...table,
            children: [
              {
                child: {
                  target: child,
                  key: [{ name: "ID", target: column("ID") }],
                  targetColumns: [],
                  targetUniqueKeys: [],
                },
                columns: [column("USER_ID")],
              },
            ],
          }
        : table,
  });
  pair.seed("USERS", user("1"));
  pair.target.db.tables.set("TOKENS", [token("a", "1")]);
  pair.write("USERS", "DELETE", user("1"));
  expect((await run(pair)).error).toBeUndefined();
  expect([target(pair), target(pair, "TOKENS"), letters(pair)]).toEqual([[], [], []]);
});

test("lanes leave the same rows as one, and each its own checkpoint", async () => {
  for (const parallelism of [1, 2, 5]) {
    const pair = openPair();
    for (let i = 0; i < 40; i++) pair.write("USERS", "INSERT", i === 7 ? poison("7") : user(String(i)));
    for (let i = 0; i < 40; i += 2)
      pair.write("USERS", i % 4 === 0 ? "DELETE" : "UPDATE", user(String(i), "u"));
    const { error } = await run(pair, { parallelism, batchSize: 3, until: "one pass" });
    expect(error).toBeUndefined();
    const wanted = pair.rows("source", "USERS").filter(({ ID }) => ID !== "7");
    expect(target(pair)).toEqual(wanted.map(({ ID }) => ID).sort());
    expect(pair.positions("USERS")).toEqual(Array.from({ length: parallelism }, () => "60"));
    expect(letters(pair)).toEqual(["USERS 8 row 1"]);
  }
});

test("a change that users of the serving side have overtaken is set aside, and theirs is brought back", async () => {
  const pair = openPair();
  pair.write("USERS", "INSERT", user("1"));
  pair.write("USERS", "INSERT", user("2"));
  let settled = 0;
  const late: LateGuard = {
    remember: () => undefined,
    async refuseOvertaken(_tx, changes) {
      if (changes.some(({ row }) => row["ID"] === "1")) throw new Overtaken("green");
    },
    async settle() {
      settled += 1;
    },
  };
  await run(pair, { late, until: "one pass" });
  expect([target(pair), letters(pair), settled > 0]).toEqual([["2"], ["USERS 1 SYNC_OVERTAKEN 1"], true]);
});
