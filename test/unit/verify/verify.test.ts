/** What verify says of two tables, whatever the pages, the orders and the changes on their way. */
import { describe, expect, test } from "vitest";
import type { Position } from "../../../src/contract/change.ts";
import { SyncError } from "../../../src/errors.ts";
import { createPace } from "../../../src/throttle/pace.ts";
import type { RowSource } from "../../../src/transform/row-source.ts";
import { findVerdict } from "../../../src/verify/verdict.ts";
import type { VerifyOptions } from "../../../src/verify/verify-options.ts";
import { comparePair, memoryStore } from "../../support/memory/compare.ts";
import { MemoryError } from "../../support/memory/database.ts";
import {
  column,
  openPair,
  openRekeyed,
  type Pair,
  type PairOptions,
  PLAIN_ROWS,
  run,
  schema,
  USERS,
} from "../../support/memory/pair.ts";

const user = (id: string, name = id) => ({ ID: id, NAME: name });
const token = (id: string, userId: string, value = id) => ({ ID: id, USER_ID: userId, VALUE: value });

const many = (count: number) => Array.from({ length: count }, (_, i) => user(String(i).padStart(3, "0")));

async function compare(pair: Pair, more: Partial<VerifyOptions> = {}) {
  const { report, differences } = await comparePair(pair, more);
  const told = differences.map(({ kind, table, key, columns, repaired }) =>
    [
      kind,
      table,
      Object.values(key).join("/"),
      ...columns,
      ...(repaired === undefined ? [] : [repaired]),
    ].join(" "),
  );
  return { report, differences, told: told.sort(), ...findVerdict(report.tables, report.complete) };
}

/** Every kind of difference among rows that are alike. */
function damaged(options: PairOptions = {}, count = 40): Pair {
  const pair = openPair({ schemas: [USERS], ...options });
  pair.seed("USERS", ...many(count));
  const rows = pair.target.db.tables.get("USERS") ?? [];
  pair.target.db.tables.set("USERS", [
    ...rows.filter(({ ID }) => ID !== "003" && ID !== "017"),
    user("0035"),
    user("zzz"),
  ]);
  Object.assign(pair.rows("target", "USERS").find(({ ID }) => ID === "020") ?? {}, { NAME: "other" });
  return pair;
}
const DAMAGE = [
  "different USERS 020 NAME",
  "extra USERS 0035",
  "extra USERS zzz",
  "missing USERS 003",
  "missing USERS 017",
];

describe("rows that are", () => {
  test.each([1, 2, 7, 40, 1000])("alike on both sides are equal, in pages of %i", async (pageSize) => {
    for (const digests of [false, true]) {
      const pair = openPair({ schemas: [USERS], onSource: { digests } });
      Object.assign(pair.target, { dialect: pair.source.dialect });
      pair.seed("USERS", ...many(40));
      const { told, sentence, report } = await compare(pair, { pageSize });
      expect([told, sentence]).toEqual([[], "equal: 40 rows"]);
      expect(report.tables).toMatchObject([
        { sourceRows: 40, targetRows: 40, readSource: 40, readTarget: 40 },
      ]);
    }
  });

  test.each([1, 2, 7, 40, 1000])("not alike are each told once, in pages of %i", async (pageSize) => {
    const { told, result, report } = await compare(damaged(), { pageSize });
    expect([told, result]).toEqual([DAMAGE, "different"]);
    expect(report.tables).toMatchObject([
      { missing: 2, extra: 2, different: 1, unexplained: 0, unread: 0, sourceRows: 40, targetRows: 40 },
    ]);
  });

  test("not alike are found where ranges are compared by digests, among thousands that are", async () => {
    const pair = damaged({ onSource: { digests: true } }, 6_000);
    Object.assign(pair.target, { dialect: pair.source.dialect });
    const reads: string[] = [];
    const { told, report } = await compare(pair, {
      pageSize: 100,
      onProgress: (table) => void reads.push(table),
    });
    expect(told).toEqual(DAMAGE);
    expect(report.tables).toMatchObject([{ readSource: 6_000, readTarget: 6_000 }]);
    expect(reads.length).toBeLessThan(80);
  });

  test("ordered otherwise by the target are brought together all the same", async () => {
    const pair = openPair({
      schemas: [USERS],
      targetSchemas: [{ ...USERS, columns: [column("ID", { kind: "integer" }), column("NAME")] }],
    });
    pair.seed("USERS", ...Array.from({ length: 30 }, (_, i) => user(String(i * 7))));
    for (const pageSize of [1, 3, 30]) expect((await compare(pair, { pageSize })).told).toEqual([]);
  });

  test("in a table that is not captured are compared as they are", async () => {
    const pair = damaged();
    pair.source.db.tables.delete("USERS_S");
    expect((await compare(pair)).told).toEqual(DAMAGE);
  });

  test("of other tables than those that were asked for are not read", async () => {
    const pair = openPair();
    pair.seed("USERS", user("1"));
    pair.target.db.tables.set("TOKENS", [token("a", "1")]);
    const { report, told } = await compare(pair, { tables: ["USERS"] });
    expect([told, report.tables.map(({ table }) => table)]).toEqual([[], ["USERS"]]);
  });

  test("not to be had by the target are left out, there or not, and counted", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(5));
    pair.target.db.tables.set("USERS", many(5).slice(0, 4));
    const markLeftOut: RowSource["markLeftOut"] = async (changes) =>
      changes.map((change) =>
        ["003", "004"].includes(String(change.row["ID"])) ? { ...change, leftOut: true } : change,
      );
    const { sentence, told } = await compare(pair, {
      rowsFor: () => ({ ...PLAIN_ROWS, isUnchanged: false, markLeftOut }),
    });
    expect([told, sentence]).toEqual([
      [],
      "equal: 5 rows; 2 of them left out, as the migration removes them",
    ]);
  });

  test("not to be transformed are told with the reason", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(3));
    pair.target.db.tables.set("USERS", many(2));
    const prepare: RowSource["prepare"] = async () => (change) => {
      if (change.row["ID"] === "000") return change.row;
      throw new SyncError("TRANSFORM_FAILED", {
        what: "USERS: position 1 cannot be transformed: no key",
        next: "n",
      });
    };
    const { differences, told } = await compare(pair, {
      rowsFor: () => ({ ...PLAIN_ROWS, isUnchanged: false, prepare }),
    });
    expect(told).toEqual(["untransformable USERS 001", "untransformable USERS 002"]);
    expect(differences[0]?.reason).toBe("no key");
    const bug: RowSource["prepare"] = async () => () => {
      throw new TypeError("a bug");
    };
    await expect(compare(pair, { rowsFor: () => ({ ...PLAIN_ROWS, prepare: bug }) })).rejects.toThrow(
      TypeError,
    );
  });

  test("shown in order and not found by their key are unfindable, and nothing is repaired by keys that fail", async () => {
    const pair = openPair({ schemas: [USERS], onTarget: { unfound: ["zz"] } });
    pair.seed("USERS", ...many(3));
    pair.target.db.tables.get("USERS")?.push(user("zz"));
    const { differences, result } = await compare(pair, { repair: { deleteExtra: true } });
    expect(differences).toMatchObject([
      {
        kind: "unfindable",
        key: { ID: "zz" },
        repaired: false,
        reason: "reading it by its key does not find it",
      },
    ]);
    expect(result).toBe("different");
  });

  test("that reading in order leaves out are told by the servers' counts", async () => {
    const left = openPair({ schemas: [USERS], onTarget: { hidden: ["002"] }, onSource: { hidden: ["002"] } });
    left.seed("USERS", ...many(3));
    expect((await compare(left)).sentence).toBe(
      "the counts do not add up: USERS: the source's server counts 1 row more than were read",
    );
    const more = openPair({ schemas: [USERS], onTarget: { hidden: ["zz"] } });
    more.seed("USERS", ...many(3));
    more.target.db.tables.get("USERS")?.push(user("zz"));
    expect((await compare(more)).sentence).toBe(
      "the counts do not add up: USERS: the target has 1 row more than the source with the differences found",
    );
  });

  test("claims that the target made of users are held against nothing", async () => {
    const names = ["ID", "UM_ATTR_NAME", "UM_PROFILE_ID"];
    const pair = openPair({
      schemas: [
        schema(
          "UM_USER_ATTRIBUTE",
          names.map((name) => column(name)),
        ),
      ],
      plan: (table) => ({ ...table, holdsClaims: true }),
    });
    pair.seed("UM_USER_ATTRIBUTE", { ID: "1", UM_ATTR_NAME: "mail", UM_PROFILE_ID: "default" });
    pair.target.db.tables
      .get("UM_USER_ATTRIBUTE")
      ?.push(
        { ID: "-7", UM_ATTR_NAME: "scimId", UM_PROFILE_ID: "default" },
        { ID: "-8", UM_ATTR_NAME: "x", UM_PROFILE_ID: "default" },
      );
    const { told, report } = await compare(pair);
    expect(told).toEqual(["extra UM_USER_ATTRIBUTE -8"]);
    expect(report.tables[0]).toMatchObject({ ownClaims: 1, unexplained: 0 });
  });
});

const applyTo = (pair: Pair, position: Position): void => {
  const [lane] = pair.rows("target", "USERS_SV");
  Object.assign(lane ?? {}, { SYNC_ID: position.toString() });
};

describe("a change on its way", () => {
  test("is waited for until it is applied, and is no difference then", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(10));
    pair.write("USERS", "UPDATE", user("004", "new"));
    pair.write("USERS", "DELETE", user("005"));
    pair.write("USERS", "INSERT", user("new"));
    let running: Promise<unknown> | undefined;
    const { told, sentence } = await compare(pair, {
      patienceMs: 10_000,
      onProgress: () => {
        running ??= run(pair);
      },
    });
    await running;
    expect([told, sentence]).toEqual([[], "equal: 10 rows"]);
  });

  test("that nothing brings is told as such, and keeps the table from being judged", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(10));
    pair.write("USERS", "UPDATE", user("004", "new"));
    const work: string[] = [];
    const { told, sentence, report } = await compare(pair, {
      onProgress: (table) => void work.push(`read ${table}`),
      onWait: (table, rows) => void work.push(`${rows} of ${table} wait`),
      onCount: (table) => void work.push(`count ${table}`),
    });
    expect([...new Set(work)]).toEqual(["read USERS", "1 of USERS wait", "count USERS"]);
    expect(told).toEqual(["pending USERS 004 NAME"]);
    expect(sentence).toContain("1 row waits for changes that nothing brings");
    expect(report.tables).toMatchObject([
      { pending: 1, different: 0, onTheirWay: 1, sourceRows: 9, targetRows: 9 },
    ]);
  });

  test("of one row does not excuse another that differs", async () => {
    const pair = damaged();
    pair.write("USERS", "UPDATE", user("030", "new"));
    const { told } = await compare(pair);
    expect(told).toEqual([...DAMAGE, "pending USERS 030 NAME"]);
  });

  test("that was applied excuses nothing", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(3));
    const position = pair.write("USERS", "UPDATE", user("001", "lost"));
    applyTo(pair, position);
    expect((await compare(pair)).told).toEqual(["different USERS 001 NAME"]);
  });

  test("that deletes a row meanwhile leaves no difference of it", async () => {
    const pair = damaged();
    let isDeleted = false;
    const { told } = await compare(pair, {
      pageSize: 5,
      onProgress: () => {
        if (isDeleted) return;
        isDeleted = true;
        applyTo(pair, pair.write("USERS", "DELETE", user("003")));
      },
    });
    expect(told).toEqual(DAMAGE.filter((one) => one !== "missing USERS 003"));
  });
});

describe("repair", () => {
  test("writes what is missing or differs, and deletes what is extra only when that is asked for", async () => {
    const pair = damaged();
    const first = await compare(pair, { repair: { deleteExtra: false } });
    expect(first.told).toEqual([
      "different USERS 020 NAME true",
      "extra USERS 0035 false",
      "extra USERS zzz false",
      "missing USERS 003 true",
      "missing USERS 017 true",
    ]);
    expect(first.differences.find(({ kind }) => kind === "extra")?.reason).toBe(
      "it is deleted only with --delete-extra",
    );
    expect(first.sentence).toBe("different: 2 rows; 3 rows repaired");
    const second = await compare(pair, { repair: { deleteExtra: true } });
    expect(second.told).toEqual(["extra USERS 0035 true", "extra USERS zzz true"]);
    expect(second.sentence).toBe("equal: 40 rows; 2 rows repaired");
    expect((await compare(pair)).sentence).toBe("equal: 40 rows");
  });

  test("tells why the target refuses a row, and mends the others of its batch", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(3));
    pair.source.db.tables.get("USERS")?.push(user("7", "poison"), user("8"));
    const { differences, told } = await compare(pair, { repair: { deleteExtra: false } });
    expect(told).toEqual(["missing USERS 7 false", "missing USERS 8 true"]);
    expect(differences.find(({ repaired }) => repaired === false)?.reason).toBe("refused: row");
  });

  test("writes parents before children, and deletes children before parents", async () => {
    const pair = openPair();
    pair.source.db.tables.set("USERS", [user("1")]).set("TOKENS", [token("a", "1")]);
    pair.target.db.tables.set("USERS", [user("2")]).set("TOKENS", [token("b", "2")]);
    const { told } = await compare(pair, { repair: { deleteExtra: true } });
    expect(told).toEqual([
      "extra TOKENS b true",
      "extra USERS 2 true",
      "missing TOKENS a true",
      "missing USERS 1 true",
    ]);
    expect(pair.rows("target", "TOKENS")).toEqual([token("a", "1")]);
  });

  test("does a transaction again that fails for a reason that passes, and tells what does not", async () => {
    const pair = damaged();
    let isThrown = false;
    const transaction = pair.target.db.transaction;
    Object.assign(pair.target.db, {
      transaction: (work: Parameters<typeof transaction>[0]) => {
        if (isThrown) return transaction(work);
        isThrown = true;
        return Promise.reject(new MemoryError("transient"));
      },
    });
    expect((await compare(pair, { repair: { deleteExtra: false } })).sentence).toBe(
      "different: 2 rows; 3 rows repaired",
    );
    const other = damaged();
    Object.assign(other.target.db, { transaction: () => Promise.reject(new MemoryError("auth")) });
    await expect(compare(other, { repair: { deleteExtra: false } })).rejects.toMatchObject({
      code: "GRANT_MISSING",
      message: expect.stringContaining("USERS could not be repaired"),
    });
  });
});

describe("a comparison that is stopped", () => {
  test("is not complete, and another process goes on where it was", async () => {
    for (const pageSize of [1, 3]) {
      const pair = damaged();
      const state = memoryStore();
      const stop = new AbortController();
      let pages = 0;
      const first = await compare(pair, {
        pageSize,
        state,
        signal: stop.signal,
        onProgress: () => void (++pages === 6 && stop.abort()),
      });
      expect(first.report.complete).toBe(false);
      expect(state.state).toMatchObject({ madeFor: { tables: "USERS", "--repair": "not given" } });
      expect(state.state).not.toHaveProperty("finished");
      const second = await compare(pair, { pageSize, state });
      expect(second.report.tables).toMatchObject([
        { missing: 2, extra: 2, different: 1, unexplained: 0, unread: 0 },
      ]);
      expect(state.state?.finished).toBeDefined();
      if (pageSize === 3) expect(first.report.tables[0]?.readSource).toBeLessThan(40);
    }
  });

  test("counts a row once that was told before its page is read again for another's sake", async () => {
    const pair = openPair({ schemas: [USERS] });
    pair.seed("USERS", ...many(400));
    const rows = pair.target.db.tables.get("USERS") ?? [];
    pair.target.db.tables.set(
      "USERS",
      rows.filter(({ ID }) => ID !== "002"),
    );
    pair.write("USERS", "UPDATE", user("001", "new"));
    const state = memoryStore();
    const stop = new AbortController();
    let running: Promise<unknown> | undefined;
    const first = await compare(pair, {
      pageSize: 5,
      patienceMs: 10_000,
      state,
      signal: stop.signal,
      // The one row is written once more, so that its page waits on when the other one is judged.
      onProgress: () => {
        running ??= run(pair).then(() => pair.write("USERS", "UPDATE", user("001", "newer")));
      },
      onDifference: () => stop.abort(),
    });
    await running;
    expect(first.report).toMatchObject({ complete: false, tables: [{ missing: 1, different: 0 }] });
    expect(state.state?.passes[0]?.again).not.toEqual([]);
    await run(pair);
    const second = await compare(pair, { pageSize: 5, state });
    expect(second.report.tables).toMatchObject([{ missing: 1, different: 0, pending: 0, unexplained: 0 }]);
  });

  test("is not gone on from when it was of something else, or came to its end", async () => {
    const pair = damaged();
    const state = memoryStore();
    const stop = new AbortController();
    stop.abort();
    await compare(pair, { state, signal: stop.signal });
    await expect(
      compare(pair, { state, repair: { deleteExtra: true }, settings: "other keys" }),
    ).rejects.toMatchObject({
      code: "USAGE_INVALID",
      message: expect.stringMatching(
        /--repair was not given and is with --delete-extra; settings of tokens and keys was another/,
      ),
    });
    await compare(pair, { state });
    const finished: string[] = [];
    await compare(pair, {
      state,
      repair: { deleteExtra: false },
      onFinishedState: (at) => void finished.push(at),
    });
    expect(finished).toHaveLength(1);
  });

  test("while the rows are counted is not complete either", async () => {
    const pair = damaged();
    const stop = new AbortController();
    const { report, result } = await compare(pair, { signal: stop.signal, onCount: () => stop.abort() });
    expect([report.complete, result]).toEqual([false, "different"]);
  });

  test("by an error tells what every table had come to", async () => {
    const pair = damaged();
    let reads = 0;
    pair.source.db.onStatement = () => {
      if (++reads > 12) throw new MemoryError("connection");
    };
    const failed: unknown[] = [];
    await expect(
      compare(pair, { pageSize: 2, onFailed: (tables) => void failed.push(...tables) }),
    ).rejects.toThrow(MemoryError);
    expect(failed).toMatchObject([{ table: "USERS", sourceRows: null }]);
  });
});

/** Tokens are the source's key, ids the target's. */
function rekeyed(): { pair: Pair; rows: RowSource } {
  const pair = openRekeyed();
  const resolveKeys: RowSource["resolveKeys"] = async (changes) =>
    changes.map((change) => {
      const text = String(change.row["TOKEN"]);
      return text.startsWith("sealed")
        ? { ...change, key: { ID: text }, keyFailure: "cannot be read" }
        : { ...change, key: { ID: `id-${text}` } };
    });
  const prepare: RowSource["prepare"] = async () => (change) => ({ ...change.row, ...change.key });
  return { pair, rows: { ...PLAIN_ROWS, isUnchanged: false, resolveKeys, prepare } };
}

describe("a table whose keys are others on the target", () => {
  const onSource = (id: string) => ({ TOKEN: id, NAME: id });
  const onTarget = (id: string) => ({ ID: `id-${id}`, TOKEN: id, NAME: id });

  test.each([1, 2, 100])("is read one side after the other, in pages of %i", async (pageSize) => {
    const { pair, rows } = rekeyed();
    pair.source.db.tables.set("T", ["a", "b", "c", "d"].map(onSource));
    pair.target.db.tables.set("T", [
      onTarget("a"),
      { ...onTarget("b"), NAME: "x" },
      onTarget("c"),
      onTarget("z"),
    ]);
    const { told, report } = await compare(pair, { pageSize, rowsFor: () => rows });
    expect(told.map((one) => one.split(" ")[0])).toEqual(["different", "extra", "missing"]);
    expect(report.tables).toMatchObject([{ readSource: 4, readTarget: 4, unexplained: 0 }]);
  });

  test("follows the journal, so that a row of a login since is no extra one", async () => {
    const { pair, rows } = rekeyed();
    pair.source.db.tables.set("T", [onSource("a")]);
    pair.target.db.tables.set("T", [onTarget("a")]);
    let isWritten = false;
    const { told } = await compare(pair, {
      rowsFor: () => rows,
      onProgress: () => {
        if (isWritten) return;
        isWritten = true;
        pair.target.db.tables.get("T")?.push(onTarget("new"));
        pair.source.db.tables.get("T")?.push(onSource("new"));
        pair.source.db.tables.get("T_S")?.push({ ...onSource("new"), SYNC_ID: "1", ACTION: "INSERT" });
        Object.assign(pair.rows("target", "T_SV")[0] ?? {}, { SYNC_ID: "1" });
      },
    });
    expect(told).toEqual([]);
  });

  test("deletes no extra row while a token of the source cannot be read, or nothing is captured", async () => {
    const { pair, rows } = rekeyed();
    pair.source.db.tables.set("T", [onSource("a"), onSource("sealed")]);
    pair.target.db.tables.set("T", [
      onTarget("a"),
      onTarget("z"),
      { ...onTarget("s"), ID: "sealed", TOKEN: "sealed", NAME: "sealed" },
    ]);
    const sealed = await compare(pair, { rowsFor: () => rows, repair: { deleteExtra: true } });
    expect(sealed.differences.find(({ kind }) => kind === "extra")).toMatchObject({
      repaired: false,
      reason: "a token of the source cannot be read, and this row may be its own",
    });
    pair.source.db.tables.set("T", [onSource("a")]);
    pair.source.db.tables.delete("T_S");
    const blind = await compare(pair, { rowsFor: () => rows, repair: { deleteExtra: true } });
    expect(blind.differences.find(({ kind }) => kind === "extra")?.reason).toContain("are not captured");
  });
});

test("a table that is still being copied is not judged by what it lacks", async () => {
  const pair = damaged();
  pair.target.db.tables.set("SYNC_STATE", [
    {
      NAME: "copy/USERS",
      VALUE: JSON.stringify({ rows: 1, written: 1, isDone: false }),
      UPDATED_AT: "2026-01-01 00:00:00",
    },
  ]);
  const { report, told } = await compare(pair);
  expect(report.tables).toMatchObject([{ isBeingCopied: true, missing: 2 }]);
  // What is on its way is not told row by row; what no copy brings is.
  expect(told).toEqual(DAMAGE.filter((one) => !one.startsWith("missing")));
  expect((await compare(pair, { repair: { deleteExtra: false } })).report.tables).toMatchObject([
    { isBeingCopied: false },
  ]);
});

test("no more rows are read in a second than were allowed, and never more at once", async () => {
  const pair = openPair({ schemas: [USERS] });
  pair.seed("USERS", ...many(12));
  const pages: number[] = [];
  let before = 0;
  await compare(pair, {
    pace: createPace(100),
    pageSize: 1000,
    onProgress: (_, { readSource, readTarget }) => {
      pages.push(readSource + readTarget - before);
      before = readSource + readTarget;
    },
  });
  expect(Math.max(...pages)).toBeLessThanOrEqual(50);
});
