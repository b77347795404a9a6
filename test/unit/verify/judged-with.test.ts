/** What a comparison judges by: the journal, the checkpoint, digests of ranges, and the order of keys. */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import type { Column } from "../../../src/contract/table-schema.ts";
import type { RowSource } from "../../../src/transform/row-source.ts";
import { createAppliedPosition } from "../../../src/verify/applied-position.ts";
import type { Difference, Direction } from "../../../src/verify/difference.ts";
import { learnOrder } from "../../../src/verify/key-order.ts";
import { pendingKeys } from "../../../src/verify/pending-keys.ts";
import { createRangeDigests } from "../../../src/verify/range-digests.ts";
import { column, openPair, openRekeyed, type Pair, PLAIN_ROWS, USERS } from "../../support/memory/pair.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe("a change on its way", () => {
  const difference = (side: Direction, id: string): Difference => ({
    kind: side === "source" ? "missing" : "extra",
    side,
    key: [id],
    columns: [],
  });
  const ask = async (pair: Pair, rows: RowSource, after: bigint, ...all: readonly Difference[]) => {
    const [table] = pair.tables;
    if (table === undefined) throw new Error("no table");
    return all.map(await pendingKeys(pair.source, table, rows, after, all));
  };

  test("is of the row that it names, on whichever side that was missed", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.write("USERS", "INSERT", { ID: "1", NAME: "a" });
    pair.write("USERS", "DELETE", { ID: "2", NAME: "b" });
    const all = [difference("source", "1"), difference("target", "2"), difference("source", "3")];
    expect(await ask(pair, PLAIN_ROWS, 0n, ...all)).toEqual([true, true, false]);
    expect(await ask(pair, PLAIN_ROWS, 1n, ...all)).toEqual([false, true, false]);
  });

  test("is not looked for where nothing waits for one", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.source.db.onStatement = () => {
      throw new Error("the journal was read");
    };
    expect(await ask(pair, PLAIN_ROWS, 0n)).toEqual([]);
  });

  test("is found by the target's key too, where the two are not one", async () => {
    const pair = openRekeyed();
    pair.source.db.tables.get("T_S")?.push({ TOKEN: "a", NAME: "n", SYNC_ID: "1", ACTION: "INSERT" });
    let resolved = 0;
    const rows: RowSource = {
      ...PLAIN_ROWS,
      resolveKeys: async (changes) => {
        resolved += 1;
        return changes.map((change) => ({ ...change, key: { ID: `id-${change.row["TOKEN"]}` } }));
      },
    };
    // The same text is another row on the other side.
    const all = [
      difference("source", "a"),
      difference("target", "id-a"),
      difference("target", "a"),
      difference("source", "id-a"),
    ];
    expect(await ask(pair, rows, 0n, ...all)).toEqual([true, true, false, false]);
    expect(resolved).toBeGreaterThan(0);
    resolved = 0;
    expect(await ask(pair, rows, 0n, difference("source", "a"))).toEqual([true]);
    expect(resolved).toBe(0);
  });
});

describe("how far a journal is applied", () => {
  const open = (isCaptured: boolean) => {
    const pair = openPair({ schemas: [USERS] });
    const [table] = pair.tables as readonly [TablePlan];
    const applied = createAppliedPosition({ ...pair, table, rows: PLAIN_ROWS, isCaptured });
    const stand = (position: string) =>
      Object.assign(pair.rows("target", "USERS_SV")[0] ?? {}, { SYNC_ID: position });
    return { applied, stand, pair };
  };

  test("is read once in a second, and whenever it must be known now", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { applied, stand } = open(true);
    stand("4");
    expect(applied.known).toBe(0n);
    await applied.refresh();
    expect(applied.known).toBe(4n);
    stand("5");
    vi.advanceTimersByTime(1_000);
    await applied.refresh();
    expect(applied.known).toBe(4n);
    vi.advanceTimersByTime(1);
    await applied.refresh();
    expect(applied.known).toBe(5n);
    stand("6");
    expect([await applied.read(), applied.known]).toEqual([6n, 6n]);
  });

  test("is waited for until it gets there, as long as it moves", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { applied, stand, pair } = open(true);
    const signal = new AbortController().signal;
    let looks = 0;
    pair.target.db.onStatement = () => {
      stand(String(looks++));
      vi.advanceTimersByTime(100);
    };
    // Three steps, of which none takes as long as that.
    expect(await applied.reach(3n, 150, signal)).toBe(true);
    expect(applied.known).toBe(3n);
  });

  test("is not waited for where it stands still, and not once more where it stood still before", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { applied, stand, pair } = open(true);
    const signal = new AbortController().signal;
    let looks = 0;
    pair.target.db.onStatement = () => {
      looks += 1;
      vi.advanceTimersByTime(100);
    };
    expect([await applied.reach(5n, 0, signal), looks]).toEqual([false, 1]);
    expect([await applied.reach(5n, 300, signal), looks]).toEqual([false, 2]);
    expect(await applied.reach(0n, 0, signal)).toBe(true);
    // It moved, so that there is hope again.
    stand("3");
    pair.target.db.onStatement = () => void (++looks === 5 && stand("5"));
    expect(await applied.reach(5n, 300, signal)).toBe(true);
    expect(await applied.reach(9n, 300, AbortSignal.abort())).toBe(false);
  });

  test("is the beginning without a checkpoint, and where nothing is captured", async () => {
    const { applied, pair } = open(true);
    pair.target.db.tables.set("USERS_SV", []);
    expect(await applied.read()).toBe(0n);
    const blind = open(false);
    blind.stand("4");
    await blind.applied.refresh();
    expect([await blind.applied.read(), blind.applied.known]).toEqual([0n, 0n]);
  });
});

describe("ranges are compared by digests", () => {
  const digests = (name: Partial<Column>, there = name, more: Partial<TablePlan> = {}, rows = PLAIN_ROWS) => {
    const pair = openPair({
      schemas: [{ ...USERS, columns: [column("ID"), column("NAME", name)] }],
      targetSchemas: [{ ...USERS, columns: [column("ID"), column("NAME", there)] }],
      onSource: { digests: true },
    });
    const [planned] = pair.tables as readonly [TablePlan];
    const target = { ...pair.target, dialect: pair.source.dialect };
    const table = { ...planned, ...more };
    return { pair, target, options: { source: pair.source, target, table, rows, isCaptured: true } };
  };
  const possible = (...args: Parameters<typeof digests>) =>
    createRangeDigests(digests(...args).options) !== undefined;

  test("of one product, with columns of the same types, whose rows are not transformed", () => {
    expect(possible({})).toBe(true);
    expect(possible({ type: "CLOB" }, { type: "VARCHAR(100)" })).toBe(false);
    expect(possible({ kind: "integer" }, { kind: "text" })).toBe(false);
    expect(possible({ kind: "other" })).toBe(false);
    expect(possible({}, {}, { isRekeyed: true })).toBe(false);
    expect(possible({}, {}, {}, { ...PLAIN_ROWS, isUnchanged: false })).toBe(false);
    const { pair, options } = digests({});
    expect(createRangeDigests({ ...options, target: pair.target })).toBeUndefined();
  });

  test("which end with either side's last row", async () => {
    const { pair, options } = digests({});
    const user = (id: string) => ({ ID: id, NAME: id });
    pair.source.db.tables.set("USERS", ["1", "2", "3", "4"].map(user));
    pair.target.db.tables.set("USERS", ["1", "2", "3"].map(user));
    const compare = createRangeDigests(options)?.compare;
    expect(await compare?.({}, 2)).toEqual({
      rows: 2,
      next: { source: ["2"], target: ["2"] },
      isEqual: true,
    });
    expect(await compare?.({ source: ["2"], target: ["2"] }, 2)).toEqual({
      rows: 2,
      next: undefined,
      isEqual: false,
    });
    expect(await compare?.({ source: ["1"], target: ["2"] }, 1)).toMatchObject({ rows: 1, isEqual: false });
  });
});

test("keys of bytes are in the order of their bytes, and texts beyond a number's digits by these", () => {
  const bytes = learnOrder([column("ID", { kind: "binary" })], []);
  expect(bytes([Uint8Array.of(1)], [Uint8Array.of(0, 5)])).toBeGreaterThan(0);
  expect(bytes([Uint8Array.of(2, 0)], [Uint8Array.of(2, 0)])).toBe(0);
  expect(bytes([Uint8Array.of(2, 0)], [Uint8Array.of(10)])).toBeLessThan(0);
  const numbers = learnOrder([column("ID", { kind: "decimal" })], []);
  expect(numbers(["-2"], ["1"])).toBeLessThan(0);
  expect(numbers(["1"], ["-2"])).toBeGreaterThan(0);
  expect(numbers(["1.5"], ["10"])).toBeLessThan(0);
});
