/** Both sides counted by their servers, held against the differences that were found: what neither explains is told. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Key, Position } from "../../../src/contract/change.ts";
import type { TablePlan } from "../../../src/contract/sync-plan.ts";
import type { RowSource } from "../../../src/transform/row-source.ts";
import { transformFailed } from "../../../src/transform/transform-failed.ts";
import { type AgreementOptions, findAgreement } from "../../../src/verify/agreement.ts";
import type { Difference } from "../../../src/verify/difference.ts";
import { compareTable } from "../../../src/verify/table-comparison.ts";
import { column, openPair, type Pair, PLAIN_ROWS, schema, USERS } from "../../support/memory/pair.ts";

/** Pauses between two counts, and what happens in each. */
const pauses = { ms: [] as number[], during: () => {} };

const pause = async (ms: number) => {
  pauses.ms.push(ms);
  pauses.during();
};

beforeEach(() => {
  Object.assign(pauses, { ms: [], during: () => {} });
});

const user = (id: string, name = id) => ({ ID: id, NAME: name });

const difference = (kind: Difference["kind"], id: string, more: Partial<Difference> = {}): Difference => ({
  kind,
  side: kind === "extra" ? "target" : "source",
  key: [id],
  columns: [],
  ...more,
});

interface Given {
  readonly differences?: readonly Difference[];
  readonly leftOut?: readonly Key[];
  readonly unknown?: { readonly absent: number; readonly extra: number };
  readonly readSource?: number;
  readonly since?: Position;
  readonly isCaptured?: boolean;
  readonly rows?: Partial<RowSource>;
  readonly signal?: AbortSignal;
  readonly table?: string;
}

function count(pair: Pair, given: Given = {}) {
  const table = pair.table(given.table ?? "USERS");
  const options = {
    table,
    source: pair.source,
    target: pair.target,
    rows: { ...PLAIN_ROWS, ...given.rows },
    isCaptured: given.isCaptured ?? true,
    readSource: given.readSource ?? pair.rows("source", table.name).length,
    since: given.since ?? 0n,
    signal: given.signal ?? new AbortController().signal,
  };
  const { differences = [], leftOut = [], unknown = { absent: 0, extra: 0 } } = given;
  return findAgreement(
    {
      ...options,
      found: [{ comparison: compareTable(options), confirmed: { differences, leftOut, unknown } }],
    } as AgreementOptions,
    pause,
  );
}

function open(
  source: readonly string[],
  target: readonly string[],
  plan = (table: TablePlan) => table,
): Pair {
  const pair = openPair({ schemas: [USERS], plan });
  pair.source.db.tables.set(
    "USERS",
    source.map((id) => user(id)),
  );
  pair.target.db.tables.set(
    "USERS",
    target.map((id) => user(id)),
  );
  return pair;
}

const applied = (pair: Pair, position: Position): void =>
  void Object.assign(pair.rows("target", "USERS_SV")[0] ?? {}, { SYNC_ID: position.toString() });

describe("the counts of both sides", () => {
  test("agree where both have as many rows, at the first look", async () => {
    expect(await count(open(["1", "2"], ["1", "2"]))).toEqual({
      sourceRows: 2,
      targetRows: 2,
      onTheirWay: 0,
      ownClaims: 0,
      unexplained: 0,
      unread: 0,
    });
    expect(pauses.ms).toEqual([]);
  });

  test("agree with the differences that were found, as they are by now", async () => {
    const pair = open(["1", "2", "3"], ["1", "x", "y"]);
    const differences = [
      difference("missing", "2"),
      difference("missing", "3"),
      difference("extra", "x"),
      difference("extra", "y"),
    ];
    expect(await count(pair, { differences })).toMatchObject({ unexplained: 0 });
    pair.target.db.tables.set("USERS", [user("1"), user("2")]);
    expect(await count(pair, { differences })).toMatchObject({ unexplained: 0, targetRows: 2 });
    expect(pauses.ms).toEqual([]);
  });

  test("count a difference once that was found twice, and each however many there are", async () => {
    const pair = open(["1", "2"], ["1"]);
    const missing = difference("missing", "2");
    expect(await count(pair, { differences: [missing, { ...missing }] })).toMatchObject({ unexplained: 0 });
    const ids = Array.from({ length: 501 }, (_, i) => `${i}`);
    const differences = ids.map((id) => difference("missing", id));
    expect(await count(open(ids, []), { differences })).toMatchObject({ unexplained: 0 });
  });

  test("that differ by rows which nobody has found are told once they are alike three times in a row", async () => {
    expect(await count(open(["1", "2", "3"], ["1"]))).toMatchObject({ unexplained: -2, unread: 0 });
    expect(pauses.ms).toEqual([300, 300]);
    expect(await count(open(["1"], ["1", "2", "3"]))).toMatchObject({ unexplained: 2 });
  });

  test("that are others each time are told as not to be had, after eight looks", async () => {
    const pair = open(["1"], ["1", "2"]);
    let rows = 3;
    pauses.during = () => void pair.target.db.tables.get("USERS")?.push(user(`${rows++}`));
    expect(await count(pair, { isCaptured: false })).toBeUndefined();
    expect(pauses.ms).toHaveLength(8);
  });

  test("that agree at a later look do", async () => {
    const pair = open(["1", "2"], ["1"]);
    pauses.during = () => void pair.target.db.tables.set("USERS", [user("1"), user("2")]);
    expect(await count(pair)).toMatchObject({ unexplained: 0, targetRows: 2 });
    expect(pauses.ms).toHaveLength(1);
  });

  test("are not taken when the command was stopped", async () => {
    expect(await count(open(["1"], ["1"]), { signal: AbortSignal.abort() })).toBeUndefined();
  });
});

describe("rows of the source that reading in order has not met", () => {
  test("are told, unless as many changes came since", async () => {
    const pair = open(["1", "2", "3"], ["1", "2", "3"]);
    expect(await count(pair, { readSource: 1 })).toMatchObject({ unread: 2, unexplained: 0 });
    expect(await count(pair, { readSource: 5 })).toMatchObject({ unread: -2 });
    pair.write("USERS", "UPDATE", user("1"), 7n);
    applied(pair, 7n);
    expect(await count(pair, { readSource: 1, since: 5n })).toMatchObject({ unread: 0 });
    expect(await count(pair, { readSource: 1, since: 6n })).toMatchObject({ unread: 1 });
    expect(await count(pair, { readSource: 1, since: 9n })).toMatchObject({ unread: 2 });
  });

  test("are told once they are as many three times in a row, and not when a later look meets them all", async () => {
    const pair = open(["1", "2"], ["1", "2"]);
    const onBoth = (...ids: readonly string[]) => {
      for (const { db } of [pair.source, pair.target])
        db.tables.set(
          "USERS",
          ids.map((id) => user(id)),
        );
    };
    pauses.during = () => onBoth("1");
    expect(await count(pair, { readSource: 1 })).toMatchObject({ unread: 0, unexplained: 0 });
    expect(pauses.ms).toHaveLength(1);
    pauses.during = () => onBoth("new", ...pair.rows("source", "USERS").map(({ ID }) => `${ID}+`));
    expect(await count(pair, { readSource: 0 })).toBeUndefined();
  });

  test("are none where nothing is captured", async () => {
    const pair = open(["1", "2"], ["1", "2"]);
    const table = pair.table("USERS");
    const options = { table, source: pair.source, target: pair.target, rows: PLAIN_ROWS, isCaptured: false };
    pair.source.db.tables.delete(table.names.journal);
    const found = await findAgreement({
      ...options,
      found: [],
      readSource: 0,
      since: undefined,
      signal: new AbortController().signal,
    });
    expect(found).toMatchObject({ unread: 0, unexplained: 0 });
  });
});

describe("rows that changes are on their way to", () => {
  test("count on neither side, whichever has them", async () => {
    const pair = open(["1", "2"], ["1", "2"]);
    pair.write("USERS", "INSERT", user("new"));
    pair.write("USERS", "DELETE", user("2"));
    pair.write("USERS", "UPDATE", user("1", "other"));
    expect(await count(pair)).toMatchObject({
      sourceRows: 0,
      targetRows: 0,
      onTheirWay: 2,
      unexplained: 0,
    });
    applied(pair, 2n);
    pair.target.db.tables.set("USERS", [user("1"), user("new")]);
    expect(await count(pair)).toMatchObject({ sourceRows: 1, targetRows: 1, onTheirWay: 1 });
  });

  test("explain no difference twice", async () => {
    const pair = open(["1", "2"], ["1"]);
    pair.write("USERS", "UPDATE", user("2", "new"));
    expect(await count(pair, { differences: [difference("missing", "2")] })).toMatchObject({
      unexplained: 0,
    });
  });

  test("are not those of the marks that a journal begins with or is purged up to", async () => {
    const pair = open(["1"], ["1"]);
    pair.source.db.tables.get("USERS_S")?.push({ ...user("1"), SYNC_ID: "4", ACTION: "PURGE" });
    expect(await count(pair)).toMatchObject({ sourceRows: 1, onTheirWay: 0 });
  });

  test("are known on the target by its own keys where these are others", async () => {
    const pair = open(["1"], ["id 1", "id 2"], (table) => ({ ...table, isRekeyed: true }));
    pair.write("USERS", "INSERT", user("2"));
    const resolveKeys: RowSource["resolveKeys"] = async (changes) =>
      changes.map((change) => ({ ...change, key: { ID: `id ${change.row["ID"]}` } }));
    expect(await count(pair, { rows: { resolveKeys } })).toMatchObject({
      sourceRows: 1,
      targetRows: 1,
      onTheirWay: 1,
      unexplained: 0,
    });
  });

  test("that are too many leave the sides uncounted", async () => {
    const pair = open([], []);
    const journal = Array.from({ length: 20_001 }, (_, i) => ({
      ...user(`${i}`),
      SYNC_ID: `${i + 1}`,
      ACTION: "INSERT",
    }));
    pair.source.db.tables.set("USERS_S", journal);
    let looks = 0;
    const stop = new AbortController();
    pauses.during = () => {
      if (++looks === 1) stop.abort();
    };
    expect(await count(pair, { signal: stop.signal })).toBeUndefined();
  });
});

describe("rows that the target is not to have", () => {
  const markLeftOut: RowSource["markLeftOut"] = async (changes) =>
    changes.map((change) =>
      String(change.row["NAME"]).startsWith("portal") ? { ...change, leftOut: true as const } : change,
    );
  const portal = (id: string) => user(id, `portal ${id}`);

  test("are missing there for that reason, those that were met and those of changes since", async () => {
    const pair = open(["1"], ["1"]);
    pair.source.db.tables.get("USERS")?.push(portal("p1"), portal("p2"));
    expect(await count(pair, { rows: { markLeftOut }, leftOut: [["p1"], ["p2"]] })).toMatchObject({
      unexplained: 0,
      sourceRows: 3,
      targetRows: 1,
    });
    pair.write("USERS", "INSERT", portal("p3"), 5n);
    pair.write("USERS", "INSERT", user("2"), 6n);
    pair.target.db.tables.get("USERS")?.push(user("2"));
    applied(pair, 6n);
    const given = { rows: { markLeftOut }, leftOut: [["p1"], ["p2"]], readSource: 5 };
    expect(await count(pair, { ...given, since: 4n })).toMatchObject({ unexplained: 0, sourceRows: 5 });
    expect(await count(pair, { ...given, since: 5n })).toMatchObject({ unexplained: -1 });
  });

  test("explain nothing where the target has them all the same, or the plan leaves none out", async () => {
    const pair = open([], ["p1"]);
    pair.source.db.tables.set("USERS", [portal("p1")]);
    expect(await count(pair, { rows: { markLeftOut }, leftOut: [["p1"]] })).toMatchObject({ unexplained: 0 });
    pair.target.db.tables.set("USERS", []);
    expect(await count(pair, { leftOut: [["p1"]] })).toMatchObject({ unexplained: -1 });
  });

  test("are no excuse for another that was lost when it came", async () => {
    const pair = open(["1"], ["1"]);
    pair.write("USERS", "INSERT", user("2"), 5n);
    applied(pair, 5n);
    expect(await count(pair, { rows: { markLeftOut }, since: 4n })).toMatchObject({ unexplained: -1 });
  });

  test("of a change on its way are counted with it", async () => {
    const pair = open([], []);
    pair.write("USERS", "INSERT", portal("p1"));
    expect(await count(pair, { rows: { markLeftOut }, leftOut: [["p1"]] })).toMatchObject({
      unexplained: 0,
      sourceRows: 0,
      onTheirWay: 1,
    });
  });
});

describe("differences of which only the number is known", () => {
  test("may be there or not: what they can explain is no contradiction", async () => {
    const unknown = { absent: 2, extra: 1 };
    const [three, one] = [open(["1", "2", "3"], []), open([], ["1"])];
    expect(await count(three, { unknown })).toMatchObject({ unexplained: -1 });
    expect(await count(open(["1", "2"], []), { unknown })).toMatchObject({ unexplained: 0 });
    expect(await count(one, { unknown })).toMatchObject({ unexplained: 0 });
    expect(await count(open([], ["1", "2"]), { unknown })).toMatchObject({ unexplained: 1 });
  });

  test("are rows too that cannot be transformed, whose key on the target may not be known", async () => {
    const failing = (keyFailure?: string): Partial<RowSource> => ({
      isUnchanged: false,
      resolveKeys: async (changes) =>
        changes.map((change) => (keyFailure === undefined ? change : { ...change, keyFailure })),
      prepare: async () => () => {
        throw transformFailed("USERS", 1n, "cannot be read");
      },
    });
    const differences = [difference("untransformable", "1"), difference("untransformable", "2")];
    const pair = open(["1", "2"], ["1"]);
    expect(await count(pair, { differences, rows: failing() })).toMatchObject({ unexplained: 0 });
    expect(await count(open(["1", "2"], []), { differences, rows: failing() })).toMatchObject({
      unexplained: 0,
    });
    const sealed = { differences, rows: failing("no key opens it") };
    expect(await count(open(["1", "2"], []), sealed)).toMatchObject({ unexplained: 0 });
    expect(await count(open(["1", "2"], ["1", "2"]), sealed)).toMatchObject({ unexplained: 0 });
    expect(await count(open(["1", "2"], ["1", "2", "3"]), sealed)).toMatchObject({ unexplained: 1 });
  });
});

test("claims that the target made of users are held against nothing, and told by their number", async () => {
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
  const claim = (id: string, name = "scimId", profile = "default") => ({
    ID: id,
    UM_ATTR_NAME: name,
    UM_PROFILE_ID: profile,
  });
  pair.source.db.tables.set("UM_USER_ATTRIBUTE", [
    claim("1"),
    claim("2", "mail"),
    claim("3", "scimId", "home"),
  ]);
  pair.target.db.tables.set("UM_USER_ATTRIBUTE", [
    claim("1"),
    claim("-5"),
    claim("-6"),
    claim("2", "mail"),
    claim("3", "scimId", "home"),
  ]);
  const given = { table: "UM_USER_ATTRIBUTE" };
  expect(await count(pair, given)).toEqual({
    sourceRows: 2,
    targetRows: 2,
    onTheirWay: 0,
    ownClaims: 2,
    unexplained: 0,
    unread: 0,
  });
  pair.write("UM_USER_ATTRIBUTE", "UPDATE", claim("1"));
  pair.write("UM_USER_ATTRIBUTE", "UPDATE", claim("2", "mail"));
  expect(await count(pair, given)).toMatchObject({ onTheirWay: 1, ownClaims: 2, unexplained: 0 });
  pair.target.db.tables.set("UM_USER_ATTRIBUTE", [claim("2", "mail"), claim("3", "scimId", "home")]);
  expect(await count(pair, given)).toMatchObject({ ownClaims: 0 });
});
