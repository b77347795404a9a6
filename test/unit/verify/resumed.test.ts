/** A comparison that another process goes on with: no row is read or told twice, and none is forgotten. */
import { describe, expect, test } from "vitest";
import type { RowSource } from "../../../src/transform/row-source.ts";
import type { PassState, VerifyState } from "../../../src/verify/progress-state.ts";
import type { VerifyOptions } from "../../../src/verify/verify-options.ts";
import { comparePair, memoryStore } from "../../support/memory/compare.ts";
import { column, openPair, openRekeyed, type Pair, PLAIN_ROWS, USERS } from "../../support/memory/pair.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });
const many = (count: number) => Array.from({ length: count }, (_, i) => user(String(i).padStart(3, "0")));

function open(count: number): Pair {
  const pair = openPair({ schemas: [USERS] });
  pair.seed("USERS", ...many(count));
  return pair;
}

const apply = (pair: Pair, table: string, position: string): void =>
  void Object.assign(pair.rows("target", table)[0] ?? {}, { SYNC_ID: position });

/** One process; it is stopped where `until` says so. */
async function go(
  pair: Pair,
  state: ReturnType<typeof memoryStore>,
  until: (counts: { readonly readSource: number; readonly readTarget: number }) => boolean,
  more: Partial<VerifyOptions> = {},
) {
  const stop = new AbortController();
  const { report, differences } = await comparePair(pair, {
    state,
    signal: stop.signal,
    onProgress: (_, counts) => void (until(counts) && stop.abort()),
    ...more,
  });
  return { report, told: differences.map(({ kind, key }) => `${kind} ${Object.values(key)}`) };
}

const toTheEnd = () => false;

/** One process that is stopped when all is read, and rows wait. */
async function untilItWaits(pair: Pair, more: Partial<VerifyOptions> = {}) {
  const state = memoryStore();
  const stop = new AbortController();
  await comparePair(pair, { state, signal: stop.signal, onWait: () => stop.abort(), ...more });
  return state;
}

const passOf = ({ state }: ReturnType<typeof memoryStore>, n = 0): PassState => {
  const pass = state?.passes[n];
  if (pass === undefined) throw new Error("no state was kept");
  return pass;
};

describe("it goes on", () => {
  test("behind the rows that were dealt with, and tells the differences behind them alone", async () => {
    const pair = open(40);
    for (const id of ["010", "030"])
      Object.assign(pair.rows("target", "USERS").find(({ ID }) => ID === id) ?? {}, { NAME: "other" });
    const state = memoryStore();
    const options = { pageSize: 5 };
    const first = await go(
      pair,
      state,
      ({ readSource, readTarget }) => readSource + readTarget >= 40,
      options,
    );
    expect(first.told).toEqual(["different 010"]);
    expect(passOf(state)).toMatchObject({ isDone: false, again: [], counts: { different: 1 } });
    expect(passOf(state)).not.toHaveProperty("told");
    const second = await go(pair, state, toTheEnd, options);
    expect(second.told).toEqual(["different 030"]);
    expect(second.report.tables).toMatchObject([
      { different: 2, readSource: 40, readTarget: 40, unexplained: 0, unread: 0 },
    ]);
  });

  test("as often as it is stopped, and every row counts as read once", async () => {
    const pair = open(40);
    const state = memoryStore();
    const options = { pageSize: 5 };
    for (const rows of [20, 40])
      await go(pair, state, ({ readSource, readTarget }) => readSource + readTarget >= rows, options);
    expect(passOf(state)).toMatchObject({ isDone: false, counts: { readSource: 20, readTarget: 20 } });
    const { report } = await go(pair, state, toTheEnd, options);
    expect(report.tables).toMatchObject([{ readSource: 40, readTarget: 40, unread: 0 }]);
  });

  test("with the checkpoint from before its first row: changes since explain the counts", async () => {
    const pair = open(20);
    const state = memoryStore();
    await go(pair, state, ({ readTarget }) => readTarget >= 5, { pageSize: 5 });
    pair.write("USERS", "INSERT", user("0000"));
    pair.target.db.tables.get("USERS")?.push(user("0000"));
    apply(pair, "USERS_SV", "1");
    const { report } = await go(pair, state, toTheEnd, { pageSize: 5 });
    expect(passOf(state).since).toBe("0");
    // The new row stands where the first process had been.
    expect(report.tables).toMatchObject([{ readSource: 20, sourceRows: 21, unread: 0, unexplained: 0 }]);
  });

  test("with the rows of either side that waited, without reading the others again", async () => {
    const pair = open(10);
    pair.write("USERS", "UPDATE", user("004", "new"));
    pair.write("USERS", "DELETE", user("005"));
    const state = await untilItWaits(pair);
    expect(passOf(state).isDone).toBe(true);
    expect(
      passOf(state)
        .again.map(({ side }) => side)
        .sort(),
    ).toEqual(["source", "target"]);
    // Both changes count as applied, and neither row was written.
    apply(pair, "USERS_SV", "2");
    const { told, report } = await go(pair, state, toTheEnd);
    expect(told.sort()).toEqual(["different 004", "extra 005"]);
    expect(report.tables).toMatchObject([{ readSource: 9, readTarget: 10, unexplained: 0 }]);
  });
});

test("a row that waits on through several processes keeps its page", async () => {
  const pair = open(20);
  pair.write("USERS", "UPDATE", user("004", "new"));
  const state = memoryStore();
  for (const rows of [6, 9, 12]) {
    await go(pair, state, ({ readTarget }) => readTarget >= rows, { pageSize: 3 });
    expect(passOf(state)).toMatchObject({ isDone: false, counts: { readTarget: rows } });
    expect(passOf(state).again).toEqual([{ side: "source", start: ["002"] }]);
  }
});

describe("a place is not moved on", () => {
  /** A comparison that was stopped behind its third row, with its second one waiting, as if this were its state. */
  async function stoppedWith(more: Partial<PassState>) {
    const pair = open(9);
    const state = memoryStore();
    const options = { pageSize: 3 };
    await go(pair, state, ({ readTarget }) => readTarget >= 3, options);
    pair.write("USERS", "UPDATE", user("001", "new"));
    const begun = passOf(state);
    expect(begun.cursor).toEqual({ source: ["002"], target: ["002"] });
    state.state = { ...(state.state as VerifyState), passes: [{ ...begun, ...more }] };
    await go(pair, state, ({ readTarget }) => readTarget >= 6, options);
    return passOf(state).cursor.source;
  }
  const pages = (count: number) =>
    Array.from({ length: count }, () => ({ side: "source", start: undefined }) as const);
  const names = (count: number) => Array.from({ length: count }, (_, i) => `name ${i}`);

  test("while more pages wait than a state should name", async () => {
    expect(await stoppedWith({ again: pages(1_000) })).toEqual(["005"]);
    expect(await stoppedWith({ again: pages(1_001) })).toEqual(["002"]);
  });

  test("while pages wait and more differences are told than a state should name", async () => {
    expect(await stoppedWith({ again: pages(1), told: names(10_000) })).toEqual(["005"]);
    expect(await stoppedWith({ again: pages(1), told: names(10_001) })).toEqual(["002"]);
    // Where no page waits, no row before the place is met again.
    expect(await stoppedWith({ told: names(10_001) })).toEqual(["005"]);
  });
});

describe("a table whose keys are others on the target", () => {
  const onSource = (id: string) => ({ TOKEN: id, NAME: id });
  const onTarget = (id: string) => ({ ID: `id-${id}`, TOKEN: id, NAME: id });
  const rows: RowSource = {
    ...PLAIN_ROWS,
    isUnchanged: false,
    resolveKeys: async (changes) =>
      changes.map((change) => ({ ...change, key: { ID: `id-${change.row["TOKEN"]}` } })),
    prepare: async () => (change) => ({ ...change.row, ...change.key }),
  };
  const rowsFor = () => rows;

  function rekeyed(source: readonly string[], target: readonly string[]): Pair {
    const pair = openRekeyed();
    pair.source.db.tables.set("T", source.map(onSource));
    pair.target.db.tables.set("T", target.map(onTarget));
    return pair;
  }

  test("is gone on with on the side that was not read to its end", async () => {
    const pair = rekeyed(["a", "b", "c", "d"], ["a", "b", "c", "z"]);
    const state = memoryStore();
    const options = { pageSize: 2, rowsFor };
    const first = await go(pair, state, ({ readTarget }) => readTarget === 2, options);
    expect(first.told.map((one) => one.split(" ")[0])).toEqual(["missing"]);
    expect(state.state?.passes).toMatchObject([
      { name: "source T", isDone: true },
      { name: "target T", isDone: false },
    ]);
    // The tokens are secrets, the ids are none.
    expect(state.state?.passes.map(({ cursor }) => cursor)).toEqual([{}, { target: ["id-b"] }]);
    const second = await go(pair, state, toTheEnd, options);
    expect(second.told).toEqual(["extra id-z"]);
    expect(second.report.tables).toMatchObject([
      { readSource: 4, readTarget: 4, missing: 1, extra: 1, unexplained: 0 },
    ]);
  });

  test("has its tokens read again for rows that waited, though all pages were read", async () => {
    const pair = rekeyed(["a"], ["a", "z"]);
    pair.source.db.tables.get("T_S")?.push({ ...onSource("z"), SYNC_ID: "1", ACTION: "DELETE" });
    const state = await untilItWaits(pair, { rowsFor });
    expect(passOf(state, 1)).toMatchObject({ isDone: true, again: [{ side: "target" }] });
    apply(pair, "T_SV", "1");
    const { told, report } = await go(pair, state, toTheEnd, { rowsFor });
    expect(told).toEqual(["extra id-z"]);
    expect(report.tables).toMatchObject([{ readSource: 1, readTarget: 2 }]);
  });
});

describe("a state of another comparison is refused", () => {
  const begun = async (more: Partial<VerifyOptions> = {}) => {
    const pair = open(9);
    const state = memoryStore();
    await go(pair, state, () => true, { pageSize: 3, ...more });
    return { pair, state };
  };

  test("with what it was made for, as far as it says that", async () => {
    const { pair, state } = await begun({ repair: { deleteExtra: false } });
    await expect(go(pair, state, toTheEnd)).rejects.toThrow("--repair was given and is not given");
    const kept = state.state as VerifyState;
    const { "--repair": _, ...madeFor } = kept.madeFor;
    state.state = { ...kept, madeFor };
    await expect(go(pair, state, toTheEnd)).rejects.toThrow("--repair was not known and is not given");
  });

  test.each(["source", "target"] as const)("when the %s is another database", async (side) => {
    const { pair, state } = await begun();
    const { dialect } = pair[side];
    const server = async () => ({ ...(await dialect.introspector.server(pair[side].db)), home: "elsewhere" });
    const other = { ...dialect, introspector: { ...dialect.introspector, server } };
    Object.assign(pair[side], { dialect: other });
    await expect(go(pair, state, toTheEnd)).rejects.toThrow(`the ${side} was another`);
  });

  test.each(["source", "target"] as const)("when a column of the %s is of another type", async (side) => {
    const { state } = await begun();
    const other = [{ ...USERS, columns: [column("ID"), column("NAME", { type: "CLOB" })] }];
    const pair = openPair({
      schemas: side === "source" ? other : [USERS],
      targetSchemas: side === "target" ? other : [USERS],
    });
    await expect(go(pair, state, toTheEnd)).rejects.toThrow("columns of the tables was another");
  });
});
