/** Pages are read ahead, so many and so large that memory stays flat. */
import { expect, test } from "vitest";
import type { Column } from "../../../src/contract/table-schema.ts";
import type { RowSet } from "../../../src/verify/read-rows.ts";
import { createRowStream } from "../../../src/verify/row-stream.ts";
import { column } from "../../support/memory/pair.ts";

const APPLIED = { known: 5n, read: async () => 5n, refresh: async () => undefined, reach: async () => true };

/** A table whose rows are numbered from 1, each with a text; `limits` are those of the pages that were asked for. */
function table(rows: number, text: string, maxLength: number) {
  const limits: number[] = [];
  const id = column("ID", { kind: "integer" });
  const set = {
    table: "T",
    key: [id],
    columns: [id, column("V", { maxLength })],
    dialect: {
      codec: { decode: (_: Column, value: unknown) => value },
      sql: {
        readKeyRange: (
          _: string,
          __: unknown,
          ___: unknown,
          after: readonly string[] | undefined,
          n: number,
        ) => ({
          sql: "",
          params: [Number(after?.[0] ?? 0), n],
        }),
      },
    },
    db: {
      query: async (_: string, [after = 0, limit = 0]: readonly number[]) => {
        limits.push(limit);
        const count = Math.max(0, Math.min(limit, rows - after));
        return Array.from({ length: count }, (_, i) => ({ ID: `${after + i + 1}`, V: text }));
      },
    },
  } as unknown as RowSet;
  return { set, limits };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("two pages are on their way before one is asked for, and no more", async () => {
  const { set, limits } = table(1_000, "x", 10);
  const stream = createRowStream(set, 100, undefined, APPLIED);
  await turn();
  expect(limits.length).toBe(2);
  expect((await stream.next()).rows.length).toBe(100);
  await turn();
  expect(limits.length).toBe(3);
  await stream.settled();
});

test("every row comes once, in order, and the last page ends it", async () => {
  const { set } = table(250, "x", 10);
  const stream = createRowStream(set, 100, ["20"], APPLIED);
  const ids: string[] = [];
  const starts: unknown[] = [];
  while (!stream.isAtEnd) {
    const page = await stream.next();
    starts.push(page.start);
    ids.push(...page.rows.map((row) => String(row["ID"])));
  }
  expect(ids).toEqual(Array.from({ length: 230 }, (_, i) => `${i + 21}`));
  expect(starts).toEqual([["20"], ["120"], ["220"]]);
  for (let behind = 0; behind < 3; behind++) expect((await stream.next()).rows).toEqual([]);
});

test("long rows come few at a time, though nothing is known of them at first", async () => {
  const { set, limits } = table(2_000, "x".repeat(20_000), 1_000_000);
  const stream = createRowStream(set, 1_000, undefined, APPLIED);
  for (let i = 0; i < 3; i++) await stream.next();
  await stream.settled();
  expect(limits[0]).toBe(100);
  expect(Math.max(...limits.slice(1))).toBeLessThanOrEqual(20);
  expect(stream.limit).toBeLessThanOrEqual(20);
});
