/** What a comparison tells while it reads, in which order it mends, and what it keeps for a process that goes on. */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Pace } from "../../../src/throttle/pace.ts";
import { newPass } from "../../../src/verify/progress-state.ts";
import { type RepairOptions, repairDifferences } from "../../../src/verify/repair.ts";
import { compareTable } from "../../../src/verify/table-comparison.ts";
import { countsOf } from "../../../src/verify/table-counts.ts";
import { comparePair, memoryStore } from "../../support/memory/compare.ts";
import { column, openPair, type Pair, PLAIN_ROWS, schema, USERS } from "../../support/memory/pair.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });
const many = (count: number) => Array.from({ length: count }, (_, i) => user(String(i).padStart(3, "0")));
const token = (id: string, userId: string) => ({ ID: id, USER_ID: userId, VALUE: id });

afterEach(() => {
  vi.useRealTimers();
});

describe("while it reads", () => {
  test("each table has figures of its own", async () => {
    const pair = openPair();
    pair.seed("USERS", ...many(3));
    pair.seed("TOKENS", token("a", "000"), token("b", "001"));
    const { report } = await comparePair(pair);
    expect(report.tables).toMatchObject([
      { table: "USERS", readSource: 3, readTarget: 3, sourceRows: 3, unread: 0 },
      { table: "TOKENS", readSource: 2, readTarget: 2, sourceRows: 2, unread: 0 },
    ]);
  });

  test("rows of either side that wait for changes are among the pending ones", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(10));
    pair.write("USERS", "UPDATE", user("004", "new"));
    pair.write("USERS", "DELETE", user("005"));
    pair.write("USERS", "DELETE", user("006"));
    const waiting: number[] = [];
    const { report } = await comparePair(pair, {
      onProgress: (_, { pending }) => void waiting.push(pending),
    });
    expect(waiting.at(-1)).toBe(3);
    expect(report.tables).toMatchObject([{ pending: 3, extra: 0, different: 0 }]);
  });

  test("every row is paid for once", async () => {
    const spent: number[] = [];
    const pace: Pace = { mostRows: 10, spend: async (rows) => void spent.push(rows) };
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(12));
    const read: number[] = [0];
    await comparePair(pair, {
      pace,
      onProgress: (_, { readSource, readTarget }) => void read.push(readSource + readTarget),
    });
    expect(read.at(-1)).toBe(24);
    // Not more at a time than a second may have, of both sides together.
    expect(Math.max(...read.map((rows, i) => rows - (read[i - 1] ?? 0)))).toBe(5);
    // Nothing before the first page, and nothing is held back behind the last one.
    expect(spent).toEqual(read.slice(0, -1).map((rows, i) => rows - (read[i - 1] ?? 0)));
  });

  test("a table of several passes was read from its first row to its last", () => {
    const pass = { ...newPass("source T"), readFrom: "2026-01-02", readTo: "2026-01-05" };
    const later = { ...newPass("target T"), readFrom: "2026-01-03", readTo: "2026-01-04" };
    for (const passes of [
      [later, pass],
      [pass, later],
    ])
      expect(countsOf("T", passes, undefined)).toMatchObject({
        readFrom: "2026-01-02",
        readTo: "2026-01-05",
        sourceRows: null,
        unexplained: 0,
        isBeingCopied: false,
      });
    expect(countsOf("T", [newPass("T")], undefined)).toMatchObject({ readFrom: null, readTo: null });
  });
});

/** USERS lacks a row and has one too many, TOKENS is alike. */
function uneven(): Pair {
  const pair = openPair();
  pair.seed("USERS", user("1"));
  pair.seed("TOKENS", token("a", "1"));
  pair.source.db.tables.get("USERS")?.push(user("2"));
  pair.target.db.tables.get("USERS")?.push(user("3"));
  return pair;
}

/** What is told, and the reading of the second table between. */
async function inTurn(pair: Pair, deleteExtra: boolean | undefined): Promise<readonly string[]> {
  const turns: string[] = [];
  const note = (turn: string) => void (turns.at(-1) === turn || turns.push(turn));
  await comparePair(pair, {
    ...(deleteExtra === undefined ? {} : { repair: { deleteExtra } }),
    onProgress: (table) => table === "TOKENS" && note("read TOKENS"),
    onDifference: ({ kind, repaired }) => note([kind, repaired ?? []].flat().join(" ")),
  });
  return turns;
}

describe("what is found", () => {
  test("is told with its page", async () => {
    expect(await inTurn(uneven(), undefined)).toEqual(["missing", "extra", "read TOKENS"]);
    expect(await inTurn(uneven(), false)).toEqual(["missing true", "extra false", "read TOKENS"]);
  });

  test("is written with its page, and deleted when all is read", async () => {
    expect(await inTurn(uneven(), true)).toEqual(["missing true", "read TOKENS", "extra true"]);
  });

  test("is not mended once the command is stopped, and says so", async () => {
    const options = { signal: AbortSignal.abort(), deleteExtra: true } as unknown as RepairOptions;
    const of = { side: "source", key: ["1"], columns: [] } as const;
    const outcomes = await repairDifferences(options, [
      { ...of, kind: "missing" },
      { ...of, kind: "untransformable", reason: "no key" },
      { ...of, kind: "untransformable" },
    ]);
    expect(outcomes.map(({ repaired, reason }) => [repaired, reason])).toEqual([
      [false, "the command was stopped"],
      [false, "no key"],
      [false, "the row cannot be transformed"],
    ]);
  });
});

describe("the state", () => {
  const stopAfter = async (pair: Pair, pages: number, pageSize: number) => {
    const store = memoryStore();
    const stop = new AbortController();
    let read = 0;
    await comparePair(pair, {
      state: store,
      pageSize,
      signal: stop.signal,
      onProgress: () => void (++read === pages && stop.abort()),
    });
    return store;
  };

  test("is kept once in a second, and at the end", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(6));
    const store = memoryStore();
    const saved: number[] = [];
    let pages = 0;
    await comparePair(pair, {
      pageSize: 1,
      state: {
        load: store.load,
        save: async ({ passes }) => {
          expect(passes).toMatchObject([{ name: "USERS" }]);
          saved.push(pages);
        },
      },
      onProgress: () => {
        pages += 1;
        vi.advanceTimersByTime(400);
      },
    });
    // With the first page, a second after it, a second after that, and when all is done.
    expect(saved[0]).toBe(1);
    expect(saved.slice(1, -1)).toEqual(saved.slice(1, -1).map((_, i) => 4 + 3 * i));
    expect(saved.at(-1)).toBe(pages);
    expect(saved.length).toBe(2 + Math.floor((pages - 1) / 3));
  });

  test("names the last row that was dealt with", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(9));
    const { state } = await stopAfter(pair, 2, 3);
    expect(state?.passes).toMatchObject([{ name: "USERS", isDone: false, again: [] }]);
    expect(state?.passes[0]?.cursor.source).toBeDefined();
    expect(state?.passes[0]?.readFrom).toBeDefined();
    expect(state?.passes[0]?.since).toBe("0");
  });

  test("names no key that is a secret: such a table is read from its beginning again", async () => {
    const secret = schema("T", [column("ACCESS_TOKEN"), column("ID")], { primaryKey: ["ACCESS_TOKEN"] });
    const pair = openPair({ schemas: [secret] });
    pair.seed("T", ...many(9).map(({ ID }) => ({ ACCESS_TOKEN: ID, ID })));
    const { state } = await stopAfter(pair, 2, 3);
    expect(state?.passes).toMatchObject([{ name: "T", isDone: false }]);
    expect(state?.passes[0]?.cursor).toEqual({});
    const whole = await stopAfter(pair, 0, 3);
    expect(whole.state?.passes).toMatchObject([{ name: "T", isDone: true }]);
    // A row waits: its page would be named.
    pair.write("T", "DELETE", { ACCESS_TOKEN: "007", ID: "007" });
    const waiting = memoryStore();
    const stop = new AbortController();
    await comparePair(pair, { state: waiting, pageSize: 3, signal: stop.signal, onWait: () => stop.abort() });
    expect(waiting.state?.passes[0]).toEqual(newPass("T"));
  });

  test("of a comparison that came to its end spares the next one no row", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(3));
    const state = memoryStore();
    await comparePair(pair, { state });
    pair.target.db.tables.get("USERS")?.pop();
    const { report } = await comparePair(pair, { state });
    expect(report.tables).toMatchObject([{ readSource: 3, missing: 1 }]);
  });

  test("belongs to tables with the same columns", async () => {
    const begun = openPair({ schemas: [USERS] });
    begun.seed("USERS", ...many(9));
    const { state } = await stopAfter(begun, 1, 3);
    const wider = openPair({ schemas: [{ ...USERS, columns: [...USERS.columns, column("MORE")] }] });
    await expect(
      comparePair(wider, { state: { load: async () => state, save: async () => undefined } }),
    ).rejects.toMatchObject({
      code: "USAGE_INVALID",
      message: expect.stringContaining("columns of the tables was another"),
    });
  });
});

describe("a row of one side", () => {
  const comparisonOf = (pair: Pair, more: object = {}) =>
    compareTable({
      table: pair.table("USERS"),
      source: pair.source,
      target: pair.target,
      rows: PLAIN_ROWS,
      isSameSecret: undefined,
      isCaptured: true,
      ...more,
    });

  test("is looked for in order on the page that showed it and the three after it", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(10));
    const shown = async (ids: readonly string[], start?: readonly string[]) => {
      const wanted = ids.map((id) => [id]);
      return [...(await comparisonOf(pair).shows("source", start, wanted, 2))].map(([id]) => id);
    };
    expect(await shown(["000", "007", "008"])).toEqual(["000", "007"]);
    expect(await shown(["008", "003"], ["003"])).toEqual(["008"]);
    expect(await shown(["nobody"])).toEqual([]);
  });

  test("that cannot be transformed says whether the target has it, as far as its key is known", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(3));
    pair.target.db.tables.get("USERS")?.splice(1, 1);
    const { SyncError } = await import("../../../src/errors.ts");
    const comparison = comparisonOf(pair, {
      rows: {
        ...PLAIN_ROWS,
        resolveKeys: async (changes: readonly { readonly row: { readonly ID: string } }[]) =>
          changes.map((change) => (change.row.ID === "002" ? { ...change, keyFailure: "sealed" } : change)),
        prepare: async () => () => {
          throw new SyncError("TRANSFORM_FAILED", { what: "USERS cannot be transformed: no", next: "n" });
        },
      },
    });
    const { differences } = await comparison.sourcePage(undefined, 10);
    expect(differences.map(({ key, onTarget, reason }) => [key[0], onTarget, reason])).toEqual([
      ["000", "there", "no"],
      ["001", "absent", "no"],
      ["002", "unknown", "no"],
    ]);
  });
});
