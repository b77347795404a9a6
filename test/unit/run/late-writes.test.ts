/** After a switch: a write that comes late from the side that served before must not take the place of what users have written since. */
import { describe, expect, it } from "vitest";
import { Overtaken } from "../../../src/apply/overtaken.ts";
import type { Change } from "../../../src/contract/change.ts";
import { createBringBack } from "../../../src/run/bring-back.ts";
import { createLateGuard, type LateGuard } from "../../../src/run/late-guard.ts";
import { forgetServing, writeServing } from "../../../src/state/serving.ts";
import { stateTable } from "../../../src/state/state.ts";
import { MemoryError } from "../../support/memory/database.ts";
import { openPair, type Pair, PLAIN_ROWS } from "../../support/memory/pair.ts";

const SINCE = "2026-01-31T23:59:59.123Z";

interface Life {
  readonly pair: Pair;
  readonly guard: LateGuard;
  /** Keys that were brought back, and those that could not be. */
  readonly brought: unknown[];
  left: readonly (readonly string[])[];
  serves(side: "blue" | "green", heads?: Readonly<Record<string, bigint>>): Promise<void>;
}

/** Blue's late writes flow to green; what users write on green stands in green's own journals. */
async function life(name = "TOKENS"): Promise<Life> {
  const pair = openPair();
  pair.source.db.tables.set("SYNC_STATE", []);
  for (const { names } of pair.tables) pair.target.db.tables.set(names.journal, []);
  const state = stateTable(pair.source.dialect, pair.tables);
  const brought: unknown[] = [];
  const one: Life = {
    pair,
    brought,
    left: [],
    guard: createLateGuard({
      from: "blue",
      blue: { db: pair.source.db, state },
      dialect: pair.target.dialect,
      otherTables: openPair().tables,
      tables: pair.tables,
      table: pair.table(name),
      bringBack: async (keys) => {
        brought.push(keys.map((key) => key.join()));
        return one.left;
      },
    }),
    async serves(side, heads = {}) {
      const tables = pair.tables.map((table) => table.name);
      await forgetServing(pair.source.db, state, tables);
      await writeServing(pair.source.db, state, {
        side,
        since: SINCE,
        host: "ops",
        heads: new Map(Object.entries(heads)),
      });
    },
  };
  return one;
}

/** What a user wrote on green, at this position of its journal. */
const wroteOnGreen = ({ pair }: Life, table: string, position: bigint, row: Record<string, string>): void =>
  void pair.target.db.tables
    .get(pair.table(table).names.journal)
    ?.push({ ...row, SYNC_ID: position.toString(), ACTION: "UPDATE" });

const late = (position: bigint, id: string, user = "u"): Change => ({
  position,
  action: "UPDATE",
  row: { ID: id, USER_ID: user, VALUE: "late" },
});
const ask = ({ guard, pair }: Life, ...changes: readonly Change[]): Promise<void> =>
  guard.refuseOvertaken(pair.target.db, changes);

describe("a late write", () => {
  it("of a row that users have written since is refused", async () => {
    const one = await life();
    await one.serves("green");
    wroteOnGreen(one, "TOKENS", 5n, { ID: "t", USER_ID: "u", VALUE: "new" });
    await expect(ask(one, late(1n, "t"))).rejects.toThrow(Overtaken);
    await expect(ask(one, late(2n, "other", "other"), late(3n, "t"))).rejects.toThrow(Overtaken);
  });

  it("of a row whose user they have written is refused, for the two belong together", async () => {
    const one = await life();
    await one.serves("green");
    wroteOnGreen(one, "USERS", 5n, { ID: "u", NAME: "new" });
    await expect(ask(one, late(1n, "t"))).rejects.toThrow(Overtaken);
    await expect(ask(one, late(1n, "t", "somebody else"))).resolves.toBeUndefined();
  });

  it("of any other row is taken, also where one was written before the switch", async () => {
    const one = await life();
    await one.serves("green", { TOKENS: 5n });
    wroteOnGreen(one, "TOKENS", 5n, { ID: "t", USER_ID: "u", VALUE: "a test before the switch" });
    await expect(ask(one, late(1n, "t"))).resolves.toBeUndefined();
    wroteOnGreen(one, "TOKENS", 6n, { ID: "t", USER_ID: "u", VALUE: "a user's" });
    await expect(ask(one, late(1n, "t"))).rejects.toThrow(Overtaken);
    await expect(ask(one, late(2n, "t2", "u2"))).resolves.toBeUndefined();
  });

  it("is none as long as nobody has switched, or since it was switched back", async () => {
    const one = await life();
    wroteOnGreen(one, "TOKENS", 5n, { ID: "t", USER_ID: "u", VALUE: "new" });
    await expect(ask(one, late(1n, "t"))).resolves.toBeUndefined();
    await one.serves("blue");
    await expect(ask(one, late(1n, "t"))).resolves.toBeUndefined();
  });

  it("among more rows than one statement asks for is found", async () => {
    const one = await life();
    await one.serves("green");
    wroteOnGreen(one, "TOKENS", 5n, { ID: "t700", USER_ID: "x", VALUE: "new" });
    const many = Array.from({ length: 900 }, (_, n) => late(BigInt(n + 1), `t${n}`, `u${n}`));
    await expect(ask(one, ...many)).rejects.toThrow(Overtaken);
    await one.guard.settle();
    expect(one.brought).toEqual([["t700"]]);
  });
});

describe("what was refused", () => {
  const refused = async (): Promise<Life> => {
    const one = await life();
    await one.serves("green");
    wroteOnGreen(one, "TOKENS", 5n, { ID: "t", USER_ID: "u", VALUE: "new" });
    await ask(one, late(1n, "t")).catch(() => undefined);
    return one;
  };

  it("is brought back once, however often it is asked for", async () => {
    const one = await refused();
    await ask(one, late(1n, "t")).catch(() => undefined);
    await one.guard.settle();
    await one.guard.settle();
    expect(one.brought).toEqual([["t"]]);
    await ask(one, late(1n, "t")).catch(() => undefined);
    await one.guard.settle();
    expect(one.brought).toHaveLength(1);
    await ask(one, late(2n, "t")).catch(() => undefined);
    await one.guard.settle();
    expect(one.brought).toHaveLength(2);
  });

  it("and could not be brought back is tried again", async () => {
    const one = await refused();
    one.left = [["t"]];
    await one.guard.settle();
    await one.guard.settle();
    expect(one.brought).toEqual([["t"], ["t"]]);
  });

  it("is forgotten when the side serves again: the rows are its users' now", async () => {
    const one = await refused();
    await one.serves("blue");
    await one.guard.settle();
    await one.serves("green");
    await one.guard.settle();
    expect(one.brought).toEqual([]);
  });

  it("in an earlier life of the runner is brought back as well", async () => {
    const one = await life();
    await one.serves("green");
    one.guard.remember([late(1n, "a"), late(2n, "b"), late(2n, "b")]);
    await one.guard.settle();
    expect(one.brought).toEqual([["a", "b"]]);
  });
});

describe("bringing back", () => {
  /** Green serves: its rows take the place of blue's. */
  function green(): { pair: Pair; bring: ReturnType<typeof createBringBack>; at: { ms: number } } {
    const pair = openPair();
    const at = { ms: 0 };
    const table = pair.table("USERS");
    const bring = createBringBack({
      from: pair.source,
      to: pair.target,
      table,
      rows: PLAIN_ROWS,
      now: () => at.ms,
    });
    return { pair, bring, at };
  }
  const put = (pair: Pair, side: "source" | "target", ...rows: readonly Record<string, string>[]): void =>
    void pair[side].db.tables.set(
      "USERS",
      rows.map((row) => ({ ...row })),
    );

  it("writes what users have over what came late, and deletes what they deleted", async () => {
    const { pair, bring } = green();
    put(pair, "source", { ID: "1", NAME: "users'" });
    put(pair, "target", { ID: "1", NAME: "late" }, { ID: "2", NAME: "late" }, { ID: "3", NAME: "untouched" });
    expect(await bring([["1"], ["2"]])).toEqual([]);
    expect(pair.rows("target", "USERS")).toEqual([
      { ID: "1", NAME: "users'" },
      { ID: "3", NAME: "untouched" },
    ]);
  });

  it("leaves a row that is refused, brings the others, and does not ask again at once", async () => {
    const { pair, bring, at } = green();
    put(pair, "source", { ID: "1", NAME: "poison" }, { ID: "2", NAME: "good" });
    expect(await bring([["1"], ["2"]])).toEqual([["1"]]);
    expect(pair.rows("target", "USERS")).toEqual([{ ID: "2", NAME: "good" }]);
    put(pair, "source", { ID: "1", NAME: "mended" });
    at.ms = 4_999;
    expect(await bring([["1"]])).toEqual([["1"]]);
    at.ms = 5_000;
    expect(await bring([["1"]])).toEqual([]);
    expect(pair.rows("target", "USERS")).toContainEqual({ ID: "1", NAME: "mended" });
  });

  it("ends with a lost connection, which says nothing of the rows", async () => {
    const { pair, bring } = green();
    put(pair, "source", { ID: "1", NAME: "one" });
    pair.target.db.onStatement = () => {
      throw new MemoryError("connection");
    };
    await expect(bring([["1"]])).rejects.toThrow("connection");
  });

  it("of nothing asks no database", async () => {
    const { pair, bring } = green();
    pair.source.db.onStatement = () => {
      throw new MemoryError("connection");
    };
    pair.target.db.onStatement = pair.source.db.onStatement;
    expect(await bring([])).toEqual([]);
  });
});
