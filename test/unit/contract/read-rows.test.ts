/** Rows come by name from some drivers and as lists from others; both are the same rows. */
import { expect, test } from "vitest";
import type { Dialect } from "../../../src/contract/dialect.ts";
import { readByKey, rowDecoder } from "../../../src/contract/read-rows.ts";
import type { Column } from "../../../src/contract/table-schema.ts";
import type { Param } from "../../../src/db/param.ts";
import { mysql } from "../../../src/dialect/mysql/index.ts";
import { postgres } from "../../../src/dialect/postgres/index.ts";
import type { Row } from "../../../src/row.ts";
import { column as anyColumn } from "../../support/memory/pair.ts";

const column = (name: string, kind: Column["kind"], type: string): Column => anyColumn(name, { kind, type });

const COLUMNS = [
  column("id", "integer", "integer"),
  column("code", "text", "character(4)"),
  column("made", "timestamp", "timestamp with time zone"),
  column("used", "boolean", "boolean"),
  column("note", "text", "text"),
];

test("one row by name and as a list, its columns behind others, is one row", () => {
  const decode = rowDecoder(postgres, COLUMNS, 2);
  const values = ["7", "ab  ", "2021-03-04 05:06:07+00", "t", null];
  const expected: Row = { ID: "7", CODE: "ab", MADE: "2021-03-04 05:06:07", USED: "1", NOTE: null };
  expect(decode(["x", "y", ...values] as never)).toEqual(expected);
  const byName = Object.fromEntries(COLUMNS.map(({ name }, i) => [name.toUpperCase(), values[i]]));
  expect(decode(byName)).toEqual(expected);
});

test("what is taken as it is would be the same if it were decoded", () => {
  const kinds: readonly Column["kind"][] = [
    ...(["text", "integer", "decimal", "float", "boolean"] as const),
    ...(["timestamp", "date", "time", "binary", "other"] as const),
  ];
  const types = ["text", "character(4)", "character varying(4)", "year(4)", "timestamp with time zone"];
  const texts = ["1", "t", "ab  ", "-infinity", "2021-03-04 05:06:07.100+00", "\\x00", "12"];
  for (const { codec } of [postgres, mysql])
    for (const kind of kinds)
      for (const type of types) {
        const one = column("c", kind, type);
        if (codec.isPlain?.(one) !== true) continue;
        for (const text of texts) expect(codec.decode(one, text)).toBe(text);
      }
});

test("keys of several columns are asked for in parts that every database takes", async () => {
  const [id, code] = COLUMNS as [Column, Column];
  const sent: unknown[] = [];
  const sql: Dialect["sql"] = {
    ...postgres.sql,
    readRows: (_table, _columns, _by, part) => ({ sql: "", params: [part.length] }),
  };
  const side = {
    dialect: { ...postgres, sql },
    db: {
      query: async (_: string, [count]: readonly Param[] = []) => {
        sent.push(count);
        return [];
      },
      execute: async () => 0,
    },
  };
  const keys = Array.from({ length: 2_500 }, (_, n) => [`${n}`, `c${n}`]);
  await readByKey(side, "t", [id], [id, code], keys);
  await readByKey(side, "t", [id], [id, code, id, code], keys.slice(0, 600));
  await readByKey(side, "t", [id], [id], []);
  expect(sent).toEqual([1_000, 1_000, 500, 500, 100]);
});
