/** The way that was found for a refused row is refused too, or its server is lost meanwhile: the first is a letter, the second is not. */
import { describe, expect, test } from "vitest";
import type { Row } from "../../../src/row.ts";
import type { LateGuard } from "../../../src/run/late-guard.ts";
import { MemoryError } from "../../support/memory/database.ts";
import { column, openPair, type Pair, PLAIN_ROWS, run, schema, USERS } from "../../support/memory/pair.ts";

const UNIQUE = { ...USERS, uniqueKeys: [{ name: "U", columns: ["NAME"] }] };
const user = (id: string, name: string) => ({ ID: id, NAME: name });

/** A guard that refuses nothing, and notes which tokens it is asked about. */
const noting = (asked: unknown[]): LateGuard => ({
  remember: () => undefined,
  refuseOvertaken: async (_tx, changes) => {
    asked.push(...changes.map(({ row }) => row["TOKEN_ID"]));
  },
  settle: async () => undefined,
});

/** Green's own user has the name of a new one of blue's. */
function open(): Pair {
  const pair = openPair({ schemas: [UNIQUE] });
  pair.target.db.tables.set("USERS", [user("green", "ann")]);
  pair.write("USERS", "INSERT", user("blue", "ann"));
  return pair;
}
const withOther = (name: string, onMade = () => {}) => ({
  rows: () => ({
    ...PLAIN_ROWS,
    onUniqueConflict: (row: Row): Row => {
      onMade();
      return { ...row, NAME: name };
    },
  }),
});

describe("the other row for a unique key that is taken", () => {
  test.each([
    ["taken as well", "ann"],
    ["refused for itself", "poison"],
  ])("that is %s leaves the letter of the first refusal, and nothing half written", async (_, name) => {
    const pair = open();
    const { told } = await run(pair, { ...withOther(name), until: "one pass" });
    expect(pair.letters()).toMatchObject([{ CODE: "unique", REASON: "refused: unique", ATTEMPTS: "1" }]);
    expect(pair.rows("target", "USERS")).toEqual([user("green", "ann")]);
    expect(told.filter(([event]) => event === "madeUpHashes")).toEqual([]);
  });

  test("that a lost connection keeps from being written is written later, without a letter", async () => {
    const pair = open();
    let isLost = false;
    let failures = 0;
    pair.target.db.onStatement = () => {
      if (!isLost || failures > 0) return;
      failures += 1;
      throw new MemoryError("connection");
    };
    const other = withOther("made up", () => {
      isLost = true;
    });
    const { told, error } = await run(pair, other);
    expect([error, failures, pair.letters()]).toEqual([undefined, 1, []]);
    expect(told.filter(([event]) => event === "retrying" || event === "deadLetter")).toMatchObject([
      ["retrying", "USERS", "target Memory: refused: connection", "connection"],
    ]);
    expect(pair.rows("target", "USERS")).toEqual([user("green", "ann"), user("blue", "made up")]);
  });
});

const TOKENS = schema(
  "IDN_OAUTH2_ACCESS_TOKEN",
  ["TOKEN_ID", "APP", "TOKEN_STATE", "TOKEN_STATE_ID", "TIME_CREATED"].map((name) => column(name)),
  {
    primaryKey: ["TOKEN_ID"],
    uniqueKeys: [{ name: "CON_APP_KEY", columns: ["APP", "TOKEN_STATE", "TOKEN_STATE_ID"] }],
  },
);
const token = (id: string, created: string) => ({
  TOKEN_ID: id,
  APP: "app",
  TOKEN_STATE: "ACTIVE",
  TOKEN_STATE_ID: "NONE",
  TIME_CREATED: created,
});

describe("with newest", () => {
  const withTokens = (created: string, more: Row = {}): Pair => {
    const pair = openPair({ schemas: [TOKENS] });
    pair.target.db.tables.set(TOKENS.name, [token("green", "2026-01-01 00:00:00")]);
    pair.write(TOKENS.name, "INSERT", { ...token("blue", created), ...more });
    return pair;
  };

  test("a newer token that the target refuses for itself leaves green's as it is, and a letter", async () => {
    const pair = withTokens("2026-01-02 00:00:00");
    pair.target.server.refused = ["blue"];
    await run(pair, { policy: "newest", until: "one pass" });
    expect(pair.rows("target", TOKENS.name)).toEqual([token("green", "2026-01-01 00:00:00")]);
    expect(pair.letters()).toHaveLength(1);
  });

  test("green's token that users have written since is not retired for a late one", async () => {
    const pair = withTokens("2026-01-02 00:00:00");
    const asked: unknown[] = [];
    await run(pair, {
      policy: "newest",
      until: "one pass",
      late: noting(asked),
    });
    expect(asked).toContain("green");
    expect(asked.at(-1)).toBe("blue");
    expect(pair.rows("target", TOKENS.name)).toMatchObject([
      { TOKEN_ID: "green", TOKEN_STATE: "INACTIVE" },
      { TOKEN_ID: "blue", TOKEN_STATE: "ACTIVE" },
    ]);
  });

  test("an older one that comes late is shown to the guard as well", async () => {
    const pair = withTokens("2025-01-02 00:00:00");
    const asked: unknown[] = [];
    await run(pair, {
      policy: "newest",
      until: "one pass",
      late: noting(asked),
    });
    expect(new Set(asked)).toEqual(new Set(["blue"]));
    expect(pair.rows("target", TOKENS.name)).toMatchObject([
      { TOKEN_ID: "green", TOKEN_STATE: "ACTIVE" },
      { TOKEN_ID: "blue", TOKEN_STATE: "INACTIVE" },
    ]);
  });
});

test("in a rekeyed table the holder of a unique key is green's own: its key does not tell the source's", async () => {
  const pair = openPair({ schemas: [UNIQUE], plan: (table) => ({ ...table, isRekeyed: true }) });
  pair.target.db.tables.set("USERS", [user("green", "ann")]);
  pair.write("USERS", "INSERT", user("blue", "ann"));
  // A later change of a row whose key on the source happens to be the holder's.
  pair.write("USERS", "INSERT", user("green", "other"));
  const { told } = await run(pair, { policy: "keep-target", batchSize: 1, until: "one pass" });
  expect(told.filter(([event]) => event === "dropped")).toMatchObject([["dropped", "USERS", 1, 1n, 1]]);
  expect(pair.letters()).toEqual([]);
});
