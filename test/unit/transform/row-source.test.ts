/** From the changes of a batch to the target's rows: transformed at once, and each one's failure its own. */
import { expect, test } from "vitest";
import type { Change } from "../../../src/contract/change.ts";
import type { Row } from "../../../src/row.ts";
import { createRowSource, type RowSourceOptions } from "../../../src/transform/row-source.ts";
import type { Transformer } from "../../../src/transform/transformer.ts";

const change = (position: bigint, row: Row, more: Partial<Change> = {}): Change => ({
  position,
  action: "INSERT",
  row,
  ...more,
});

function open(about: Partial<Transformer> = {}, more: Partial<RowSourceOptions> = {}) {
  const asked: { readonly rows: readonly Row[]; readonly anew: boolean }[] = [];
  const transformer = {
    steps: [{}],
    adds: [],
    keepOnUpdate: ["KEPT"],
    onUniqueConflict: undefined,
    needs: { values: false },
    transform: (row: Row) => ({ row }),
    ...about,
  } as unknown as Transformer;
  const source = createRowSource("T", transformer, {
    loadLookups: async (rows, anew) => {
      asked.push({ rows, anew });
      return { localIdpIdByTenant: new Map([["7", "17"]]) };
    },
    ...more,
  });
  return { source, asked };
}

test("each change becomes its own row, by look-ups that are asked for once with all rows", async () => {
  const { source, asked } = open({
    transform: (row, { localIdpIdByTenant }) => ({
      row: { ...row, IDP: localIdpIdByTenant.get(String(row["TENANT"])) ?? null },
    }),
  });
  const changes = [change(4n, { ID: "a", TENANT: "7" }), change(9n, { ID: "b", TENANT: "8" })];
  const rowFor = await source.prepare(changes);
  expect(changes.map(rowFor)).toEqual([
    { ID: "a", TENANT: "7", IDP: "17" },
    { ID: "b", TENANT: "8", IDP: null },
  ]);
  expect(asked).toEqual([{ rows: changes.map(({ row }) => row), anew: false }]);
  await source.prepare(changes, true);
  expect(asked[1]?.anew).toBe(true);
});

test("one that cannot be transformed is told by table and position, and the others have their rows", async () => {
  const { source } = open({
    transform: (row) => (row["ID"] === "a" ? { failure: "ID: cannot be read" } : { row }),
  });
  const [bad, good] = [change(4n, { ID: "a" }), change(5n, { ID: "b" })];
  const rowFor = await source.prepare([bad, good]);
  expect(rowFor(good)).toEqual({ ID: "b" });
  expect(() => rowFor(bad)).toThrow(/T.*4.*ID: cannot be read/);
  expect(() => rowFor(change(6n, { ID: "c" }))).toThrow("T: position 6 was not prepared");
});

test("a row has the target's key and the columns that are added, in one shape", async () => {
  const { source } = open({ adds: ["UUID"], transform: (row) => ({ row }) });
  const keyed = [
    change(1n, { ID: "a", NAME: "x" }, { key: { TOKEN_ID: "t1" } }),
    change(2n, { ID: "b", NAME: null }, { key: { TOKEN_ID: "t2" } }),
    change(3n, { ID: "c" }, { key: { TOKEN_ID: "t3" } }),
  ];
  const rowFor = await source.prepare(keyed);
  expect(keyed.map(rowFor)).toMatchObject([
    { ID: "a", NAME: "x", TOKEN_ID: "t1" },
    { ID: "b", NAME: null, TOKEN_ID: "t2" },
    { ID: "c", TOKEN_ID: "t3" },
  ]);
  expect(Object.keys(keyed.slice(0, 2).map(rowFor)[1] ?? {})).toEqual(["ID", "NAME", "TOKEN_ID", "UUID"]);
  expect(rowFor(keyed[2] as Change)).not.toHaveProperty("NAME");
});

test("stored values are read for all rows at once, and only where a step needs them", async () => {
  const read: unknown[] = [];
  const readValues: RowSourceOptions["readValues"] = async (table, rows) => {
    read.push([table, rows.length]);
    return {} as never;
  };
  const changes = [change(1n, { ID: "a" }), change(2n, { ID: "b" })];
  await open({}, { readValues }).source.prepare(changes);
  expect(read).toEqual([]);
  await open({ needs: { values: true } as never }, { readValues }).source.prepare(changes);
  expect(read).toEqual([["T", 2]]);
});

test("no changes are no rows, and what a table has no need of is not there", async () => {
  const { source } = open();
  await source.prepare([]);
  expect(source).not.toHaveProperty("resolveKeys");
  expect(source).not.toHaveProperty("markLeftOut");
  expect([source.isUnchanged, source.keepOnUpdate]).toEqual([false, ["KEPT"]]);
  expect(open({ steps: [] }).source.isUnchanged).toBe(true);
  const marks: NonNullable<RowSourceOptions["markLeftOut"]> = async (changes) => changes;
  expect(open({}, { markLeftOut: marks, resolveKeys: marks }).source).toMatchObject({
    markLeftOut: marks,
    resolveKeys: marks,
  });
});
