/** Which tokens of the target belong to nobody on the source: one that is told so wrongly may be deleted by a repair. */
import { describe, expect, it } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import { createSourceIds, type SourceIds } from "../../../src/verify/source-ids.ts";
import { openPair, type Pair, PLAIN_ROWS, USERS } from "../../support/memory/pair.ts";

/** The target calls a row of the source by another id. */
const idOf = (row: Change["row"]): string => `id of ${String(row["ID"])}`;

interface Given {
  readonly isCaptured?: boolean;
  /** Rows whose token no key opens. */
  readonly unreadable?: readonly string[];
}

function idsOf(pair: Pair, { isCaptured = true, unreadable = [] }: Given = {}): SourceIds {
  const table = pair.table("USERS");
  const columns = table.key.map(({ source }) => source);
  const resolveKeys = async (changes: readonly Change[]): Promise<readonly Change[]> =>
    changes.map((change) => ({
      ...change,
      key: { ID: idOf(change.row) },
      ...(unreadable.includes(String(change.row["ID"])) ? { keyFailure: "no key opens it" } : {}),
    }));
  return createSourceIds(
    { table, source: pair.source, target: pair.target, rows: { ...PLAIN_ROWS, resolveKeys }, isCaptured },
    { ...pair.source, table: "USERS", key: columns, columns },
  );
}

const scan = (ids: SourceIds, pageSize = 2, signal = new AbortController().signal): Promise<void> =>
  ids.scan({ pageSize, spend: async () => undefined, signal });

const lacking = async (ids: SourceIds, ...rows: readonly string[]): Promise<readonly string[]> =>
  (await ids.lacking(rows.map((row) => [`id of ${row}`]))).map(([id]) => String(id).replace("id of ", ""));

function pairOf(...ids: readonly string[]): Pair {
  const pair = openPair({ schemas: [USERS] });
  for (const id of ids) pair.write("USERS", "INSERT", { ID: id, NAME: id });
  return pair;
}

const standAt = (pair: Pair, position: string): void =>
  void Object.assign(pair.rows("target", "USERS_SV")[0] ?? {}, { SYNC_ID: position });

describe("an id of the target", () => {
  it("belongs to a row of the source wherever that stands, or to none", async () => {
    const ids = idsOf(pairOf("a", "b", "c", "d", "e"));
    await scan(ids);
    expect(await lacking(ids, "a", "c", "e", "x")).toEqual(["x"]);
    expect(ids.doubt).toBeUndefined();
  });

  it.each([1, 2, 4, 5, 6, 100])("whatever the pages, here of %i", async (pageSize) => {
    const spent: number[] = [];
    const ids = idsOf(pairOf("a", "b", "c", "d"));
    const spend = async (rows: number): Promise<void> => void spent.push(rows);
    await ids.scan({ pageSize, spend, signal: new AbortController().signal });
    expect(await lacking(ids, "a", "b", "c", "d")).toEqual([]);
    expect(spent.reduce((sum, rows) => sum + rows, 0)).toBe(4);
    // Behind a page that is not full there is none.
    expect(spent).toHaveLength(Math.floor(4 / pageSize) + 1);
  });

  it("of a login since the rows were read is found in the journal, and that of a logout is not", async () => {
    const pair = pairOf("a", "b");
    const ids = idsOf(pair);
    await scan(ids);
    pair.write("USERS", "INSERT", { ID: "new", NAME: "new" });
    pair.write("USERS", "DELETE", { ID: "a" });
    expect(await lacking(ids, "new", "a", "b")).toEqual(["a"]);
    pair.write("USERS", "INSERT", { ID: "a", NAME: "again" });
    expect(await lacking(ids, "a")).toEqual([]);
  });

  it("is looked for anew when the journal was purged of what was not read", async () => {
    const pair = pairOf("a");
    const ids = idsOf(pair);
    await scan(ids);
    pair.write("USERS", "INSERT", { ID: "purged", NAME: "purged" });
    const { journal } = pair.table("USERS").names;
    pair.source.db.tables.set(journal, [{ SYNC_ID: "2", ACTION: "PURGE" }]);
    expect(await lacking(ids, "purged", "a", "x")).toEqual(["x"]);
    pair.write("USERS", "DELETE", { ID: "purged" });
    expect(await lacking(ids, "purged", "a")).toEqual(["purged"]);
  });

  it("of a row that is there is not lacking for what the journal said before it was read", async () => {
    const pair = pairOf("a");
    pair.write("USERS", "DELETE", { ID: "a" });
    // It came back while capture was off.
    pair.source.db.tables.get("USERS")?.push({ ID: "a", NAME: "a" });
    standAt(pair, "2");
    const ids = idsOf(pair);
    await scan(ids);
    expect(await lacking(ids, "a")).toEqual([]);
  });

  it("is not looked for anew when the journal was purged of what was read or applied", async () => {
    const pair = pairOf("a", "b", "c");
    const ids = idsOf(pair);
    await scan(ids);
    expect(await ids.lacking([], 3n)).toEqual([]);
    // An older checkpoint takes nothing back.
    expect(await ids.lacking([], 1n)).toEqual([]);
    pair.source.db.tables.set(pair.table("USERS").names.journal, [{ SYNC_ID: "3", ACTION: "PURGE" }]);
    const asked: string[] = [];
    pair.source.db.onStatement = (sql) => void asked.push(sql);
    expect(await lacking(ids, "a", "x")).toEqual(["x"]);
    expect(asked).toHaveLength(1);
  });

  it("is not judged before the source was read", async () => {
    await expect(lacking(idsOf(pairOf("a")), "a")).rejects.toThrow("USERS: its source was not scanned");
  });
});

describe("a doubt is said, so that nothing is deleted for it", () => {
  it("where a token cannot be read: the row may be its own", async () => {
    const ids = idsOf(pairOf("a", "b"), { unreadable: ["b"] });
    await scan(ids);
    expect(ids.doubt).toMatch(/cannot be read/);
  });

  it("where one that came since cannot be read", async () => {
    const pair = pairOf("a");
    const ids = idsOf(pair, { unreadable: ["sealed"] });
    await scan(ids);
    expect(ids.doubt).toBeUndefined();
    pair.write("USERS", "INSERT", { ID: "sealed", NAME: "sealed" });
    await lacking(ids, "x");
    expect(ids.doubt).toMatch(/cannot be read/);
  });

  it("where changes are not captured: the row may be of a login since", async () => {
    const pair = pairOf("a");
    const ids = idsOf(pair, { isCaptured: false });
    await scan(ids);
    pair.write("USERS", "INSERT", { ID: "new", NAME: "new" });
    expect(await lacking(ids, "a", "new")).toEqual(["new"]);
    expect(ids.doubt).toMatch(/not captured/);
  });
});
