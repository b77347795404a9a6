/** What is told of a difference and what is waited for: rows in flight are none, and each that is one is told once. */
import { describe, expect, test } from "vitest";
import { type AppliedPosition, createAppliedPosition } from "../../../src/verify/applied-position.ts";
import type { Difference } from "../../../src/verify/difference.ts";
import { createSettler, type SettleOptions } from "../../../src/verify/settle.ts";
import { compareTable, type TableComparison } from "../../../src/verify/table-comparison.ts";
import { openPair, type Pair, type PairOptions, PLAIN_ROWS, USERS } from "../../support/memory/pair.ts";
import { openFilesOf } from "../../support/open-files.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });

const missing = (id: string): Difference => ({ kind: "missing", side: "source", key: [id], columns: [] });
const extra = (id: string): Difference => ({ kind: "extra", side: "target", key: [id], columns: [] });

/** Both sides with these users. */
function open(ids: readonly string[], options: PairOptions = {}): Pair {
  const pair = openPair({ schemas: [USERS], ...options });
  pair.seed("USERS", ...ids.map((id) => user(id)));
  return pair;
}

const apply = (pair: Pair, position: string): void =>
  void Object.assign(pair.rows("target", "USERS_SV")[0] ?? {}, { SYNC_ID: position });

const baseOf = (pair: Pair) => ({
  table: pair.table("USERS"),
  source: pair.source,
  target: pair.target,
  rows: PLAIN_ROWS,
  isCaptured: true,
});

/** A settler of the pair's users, and what it tells. */
function settlerOf(pair: Pair, more: Partial<SettleOptions> = {}) {
  const base = baseOf(pair);
  const confirmed: Difference[] = [];
  const pending: Difference[] = [];
  const settler = createSettler({
    ...base,
    comparison: compareTable(base),
    applied: createAppliedPosition(base),
    patienceMs: 0,
    pageSize: 10,
    signal: new AbortController().signal,
    onConfirmed: async (all) => void confirmed.push(...all),
    onPending: (all) => void pending.push(...all),
    ...more,
  });
  const texts = (all: readonly Difference[]) => all.map(({ kind, key }) => `${kind} ${key[0]}`);
  return {
    settler,
    found: confirmed,
    told: () => ({ confirmed: texts(confirmed), pending: texts(pending) }),
  };
}

describe("a row that differs", () => {
  test("is told once, however many pages show it", async () => {
    const pair = open(["1"], { onTarget: { unfound: ["zz"] } });
    pair.target.db.tables.get("USERS")?.push(user("zz"));
    const { settler, found } = settlerOf(pair, { isDeferred: true });
    await settler.take({ start: undefined, from: 0n }, [extra("zz")]);
    await settler.take({ start: ["1"], from: 0n }, [extra("zz")]);
    await settler.finish();
    expect(found).toEqual([
      {
        kind: "unfindable",
        side: "target",
        key: ["zz"],
        columns: [],
        reason: "reading it by its key does not find it",
      },
    ]);
    expect(settler.waiting).toBe(0);
  });

  test("is told once, however many others do", async () => {
    const pair = open([]);
    const ids = Array.from({ length: 501 }, (_, i) => `${i}`);
    pair.source.db.tables.set(
      "USERS",
      ids.map((id) => user(id)),
    );
    const { settler, told } = settlerOf(pair);
    await settler.take({ start: undefined, from: 0n }, ids.map(missing));
    expect(told().confirmed).toEqual(ids.map((id) => `missing ${id}`));
  });

  test("is not told when the journal says that it went since its page was read, and is when it says so of before", async () => {
    const pair = open([], { onTarget: { unfound: ["x", "y", "z"] } });
    pair.target.db.tables.set(
      "USERS",
      ["x", "y", "z"].map((id) => user(id)),
    );
    for (const [id, position] of [
      ["x", 3n],
      ["y", 6n],
      ["z", 7n],
    ] as const)
      pair.write("USERS", "DELETE", { ID: id }, position);
    apply(pair, "7");
    const explained = settlerOf(pair, { isDeferred: true });
    await explained.settler.take({ start: undefined, from: 5n }, [extra("y")]);
    await explained.settler.take({ start: undefined, from: 0n }, [extra("x")]);
    await explained.settler.take({ start: undefined, from: 5n }, [extra("z")]);
    await explained.settler.finish();
    expect(explained.told()).toEqual({ confirmed: [], pending: [] });
    const later = settlerOf(pair, { isDeferred: true });
    await later.settler.take({ start: undefined, from: 5n }, [extra("x"), extra("y")]);
    await later.settler.finish();
    expect(later.told()).toEqual({ confirmed: ["unfindable x"], pending: [] });
  });
});

test("a row that is gone by the second look is no difference, where no journal tells of it either", async () => {
  const pair = open(["1"]);
  const base = { ...baseOf(pair), isCaptured: false };
  const { settler, told } = settlerOf(pair, { ...base, comparison: compareTable(base) });
  await settler.take({ start: undefined, from: 0n }, [extra("z"), missing("2")]);
  expect(told()).toEqual({ confirmed: [], pending: [] });
  expect(settler.waiting).toBe(0);
});

test("a row that was deleted and made again between the looks can be found, and is told as what it is", async () => {
  const pair = open([]);
  const base = { ...baseOf(pair), isCaptured: false };
  const comparison = compareTable(base);
  let looks = 0;
  const lookAgain: TableComparison["lookAgain"] = async (differences) => {
    pair.target.db.tables.set("USERS", looks++ === 0 ? [] : [user("z")]);
    const found = await comparison.lookAgain(differences);
    pair.target.db.tables.set("USERS", [user("z")]);
    return found;
  };
  const { settler, told } = settlerOf(pair, { ...base, comparison: { ...comparison, lookAgain } });
  await settler.take({ start: undefined, from: 0n }, [extra("z")]);
  expect(told()).toEqual({ confirmed: ["extra z"], pending: [] });
});

describe("a row that waits", () => {
  test("keeps the place of its page through every look, for another process to read it again", async () => {
    const pair = open(["1", "3"]);
    pair.write("USERS", "UPDATE", user("1", "new"));
    pair.write("USERS", "UPDATE", user("3", "new"));
    const { settler, told } = settlerOf(pair);
    await settler.take({ start: ["0"], from: 0n }, [missing("1")]);
    await settler.take({ start: ["2"], from: 0n }, [missing("3")]);
    expect(settler.pages).toEqual([["0"], ["2"]]);
    pair.write("USERS", "UPDATE", user("1", "newer"));
    pair.write("USERS", "UPDATE", user("3", "newer"));
    apply(pair, "2");
    // A page without differences has nothing to wait for.
    await settler.take({ start: ["9"], from: 2n }, []);
    expect(settler.pages).toEqual([["0"], ["2"]]);
    expect(settler.waiting).toBe(2);
    expect(told()).toEqual({ confirmed: [], pending: [] });
    await settler.finish();
    expect(told()).toEqual({ confirmed: [], pending: ["different 1", "different 3"] });
  });

  /** At each look but the last the row is written once more, and all that was written before is applied. */
  function restless(pair: Pair, writes: number, onLook: () => void = () => undefined) {
    const comparison = compareTable(baseOf(pair));
    let looks = 0;
    const lookAgain: TableComparison["lookAgain"] = async (differences) => {
      looks += 1;
      onLook();
      if (looks > writes) pair.target.db.tables.set("USERS", [...pair.rows("source", "USERS")]);
      const found = await comparison.lookAgain(differences);
      if (looks <= writes) pair.write("USERS", "UPDATE", user("1", `name ${looks}`));
      return found;
    };
    const highest = () => BigInt(String(pair.rows("source", "USERS_S").at(-1)?.["SYNC_ID"]));
    const applied: AppliedPosition = {
      known: 0n,
      read: async () => highest(),
      refresh: async () => undefined,
      reach: async () => true,
    };
    return { comparison: { ...comparison, lookAgain }, applied, looks: () => looks };
  }

  test("is waited for again when it is written meanwhile", async () => {
    const pair = open(["1"]);
    pair.write("USERS", "UPDATE", user("1", "first"));
    const { comparison, applied, looks } = restless(pair, 4);
    const { settler, told } = settlerOf(pair, { comparison, applied });
    await settler.take({ start: undefined, from: 0n }, [missing("1")]);
    await settler.finish();
    expect(told()).toEqual({ confirmed: [], pending: [] });
    expect(looks()).toBe(5);
  });

  test("is given up when it is written without end, and is no difference then", async () => {
    const pair = open(["1"]);
    pair.write("USERS", "UPDATE", user("1", "first"));
    const { comparison, applied, looks } = restless(pair, 100);
    const { settler, told } = settlerOf(pair, { comparison, applied });
    await settler.take({ start: undefined, from: 0n }, [missing("1")]);
    await settler.finish();
    expect(told()).toEqual({ confirmed: [], pending: ["different 1"] });
    expect(looks()).toBeGreaterThan(10);
  });

  test("waits on, untold, when the comparison is stopped during a look", async () => {
    const pair = open(["1"]);
    pair.write("USERS", "UPDATE", user("1", "first"));
    const stop = new AbortController();
    let isFinishing = false;
    const { comparison, applied } = restless(pair, 100, () => isFinishing && stop.abort());
    const { settler, told } = settlerOf(pair, {
      comparison,
      applied: { ...applied, reach: async () => false },
      signal: stop.signal,
    });
    await settler.take({ start: undefined, from: 0n }, [missing("1")]);
    isFinishing = true;
    await settler.finish();
    expect(told()).toEqual({ confirmed: [], pending: [] });
    expect(settler.waiting).toBe(1);
  });
});

describe.skipIf(process.platform !== "linux")("more rows than memory is meant for wait in a file", () => {
  const folder = temporaryFolder();

  /** A change is on its way, behind which they all wait. */
  async function crowded(more: Partial<SettleOptions> = {}) {
    const pair = open(["1"]);
    pair.write("USERS", "UPDATE", user("1", "new"));
    const { settler } = settlerOf(pair, more);
    const all = Array.from({ length: 10_001 }, (_, i) => missing(`none ${i}`));
    await settler.take({ start: undefined, from: 0n }, all);
    expect(await openFilesOf(folder())).toHaveLength(1);
    return settler;
  }

  test("and are no pages that could be named; the file goes with the settler", async () => {
    const settler = await crowded();
    expect([settler.waiting, settler.pages]).toEqual([10_001, undefined]);
    await settler.close();
    expect(await openFilesOf(folder())).toEqual([]);
  });

  test("which goes too when a look at them fails", async () => {
    const lookAgain = async () => {
      throw new Error("no connection");
    };
    const settler = await crowded({ comparison: { lookAgain } as unknown as TableComparison });
    // More than are looked at together, so that the file is not read to its end.
    for (const start of ["a", "b"])
      await settler.take({ start: [start], from: 0n }, Array(10_000).fill(missing("none")));
    await expect(settler.finish()).rejects.toThrow("no connection");
    await settler.close();
    expect(await openFilesOf(folder())).toEqual([]);
  });
});
