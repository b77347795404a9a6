import { expect, test } from "vitest";
import type { Column } from "../../../src/contract/table-schema.ts";
import { learnOrder } from "../../../src/verify/key-order.ts";

const column = (kind: Column["kind"]): Column => ({
  ...{ name: "c", type: "any", kind, nullable: false, default: null, generated: false },
  equality: "exact",
});
const signs = (columns: readonly Column[], learnt: readonly string[][], pairs: readonly string[][][]) => {
  const order = learnOrder(columns, learnt);
  return pairs.map(([a = [], b = []]) => Math.sign(order(a, b)));
};

test("numbers are in the order of their values, beyond 2^53 too", () => {
  expect(
    signs(
      [column("integer")],
      [],
      [
        [["9"], ["10"]],
        [["9007199254740993"], ["9007199254740992"]],
        [["7"], ["7"]],
      ],
    ),
  ).toEqual([-1, 1, 0]);
});

test("the order of texts is learnt from keys as the database gives them", () => {
  const text = [column("text")];
  expect(signs(text, [["Ab"], ["Zb"], ["a"], ["b"]], [[["Z"], ["a"]]])).toEqual([-1]);
  expect(signs(text, [["a"], ["Ab"], ["b"], ["Zb"]], [[["Z"], ["a"]]])).toEqual([1]);
  expect(signs(text, [["é"], ["f"], ["o'b"], ["öa"], ["z"]], [[["é"], ["z"]]])).toEqual([-1]);
});

test("later columns decide when the first are alike", () => {
  const columns = [column("integer"), column("text")];
  expect(
    signs(
      columns,
      [],
      [
        [
          ["1", "b"],
          ["1", "a"],
        ],
        [
          ["1", "b"],
          ["2", "a"],
        ],
      ],
    ),
  ).toEqual([1, -1]);
});

test("NULL comes first, and bytes are in their own order", () => {
  expect(learnOrder([column("text")], [])([null], ["a"])).toBeLessThan(0);
  expect(learnOrder([column("text")], [])(["a"], [null])).toBeGreaterThan(0);
  expect(learnOrder([column("text")], [])([null], [null])).toBe(0);
  const bytes = learnOrder([column("binary")], []);
  expect(bytes([new Uint8Array([1, 2])], [new Uint8Array([1, 3])])).toBeLessThan(0);
  expect(bytes([new Uint8Array([2])], [new Uint8Array([1, 3])])).toBeGreaterThan(0);
  expect(bytes([new Uint8Array([2])], [new Uint8Array([2])])).toBe(0);
});

test("fractions are in the order of their values too, and texts of digits in that of texts", () => {
  for (const kind of ["decimal", "float"] as const)
    expect(
      signs(
        [column(kind)],
        [],
        [
          [["9.5"], ["10.25"]],
          [["-3"], ["2"]],
        ],
      ),
    ).toEqual([-1, -1]);
  expect(signs([column("text")], [], [[["9"], ["10"]]])).toEqual([1]);
});

test("the order that is wrong the fewest times is taken where none fits all keys", () => {
  // One key out of place, as where a collation is like none of ours.
  expect(signs([column("text")], [["b"], ["a"], ["Ab"], ["B"], ["c"], ["D"]], [[["Z"], ["a"]]])).toEqual([1]);
});
