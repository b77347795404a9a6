import fc from "fast-check";
import { expect, test } from "vitest";
import { createRowMatcher } from "../../../src/verify/row-matcher.ts";

test("rows meet by their texts, whichever side comes first, and the others are taken out oldest first", () => {
  const matcher = createRowMatcher<string, string>();
  expect(matcher.source("a", "A")).toBe(undefined);
  expect(matcher.target("a", "a'")).toBe("A");
  expect(matcher.target("b", "b'")).toBe(undefined);
  expect(matcher.source("b", "B")).toBe("b'");
  for (const text of ["c", "d", "e"]) matcher.source(text, text.toUpperCase());
  expect(matcher.held).toEqual({ source: 3, target: 0 });
  expect(matcher.overflow(2)).toEqual({ source: ["C"], target: [] });
  expect(matcher.overflow(0)).toEqual({ source: ["D", "E"], target: [] });
  expect(matcher.taken).toEqual({ source: 5, target: 2 });
});

test("of rows with one text one meets the counterpart and the others are left", () => {
  const matcher = createRowMatcher<number, number>();
  matcher.source("ann", 1);
  matcher.source("ann", 2);
  matcher.source("ann", 4);
  expect(matcher.target("ann", 3)).toBe(1);
  expect(matcher.overflow(0)).toEqual({ source: [2, 4], target: [] });
});

test("both sides can be read on from a pair that all others came before, and only from such a one", () => {
  const matcher = createRowMatcher<string, string>();
  expect(matcher.rewind()).toBe(undefined);
  for (const text of ["a", "b", "c", "e"]) matcher.source(text, text);
  for (const text of ["a", "c", "d"]) matcher.target(text, `${text}'`);
  expect(matcher.pair).toEqual({ source: "c", target: "c'", rows: { source: 3, target: 2 } });
  expect(matcher.before(matcher.pair ?? raise())).toEqual({ source: ["b"], target: [] });
  expect(matcher.rewind()).toMatchObject({ source: ["b"], target: [] });
  expect(matcher.taken).toEqual({ source: 3, target: 2 });
  expect(matcher.held).toEqual({ source: 0, target: 0 });
  // The sides have x and y in another order.
  matcher.source("x", "x");
  matcher.source("y", "y");
  matcher.target("y", "y'");
  expect(matcher.pair?.source).toBe("y");
  matcher.target("x", "x'");
  expect(matcher.pair).toBe(undefined);
  expect(matcher.rewind()).toBe(undefined);
  matcher.target("z", "z'");
  matcher.source("z", "z");
  expect(matcher.pair?.source).toBe("z");
  // A row that was taken out must not be read again.
  matcher.source("late", "late");
  matcher.overflow(0);
  expect(matcher.pair).toBe(undefined);
  matcher.source("m", "m");
  matcher.target("m", "m'");
  expect(matcher.pair?.source).toBe("m");
  matcher.target("late", "late'");
  matcher.overflow(0);
  expect(matcher.pair).toBe(undefined);
});

test("whatever the orders, each row meets its counterpart or is taken out, and none twice", () => {
  const names = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 30 });
  fc.assert(
    fc.property(
      names,
      names,
      fc.integer({ min: 0, max: 5 }),
      fc.infiniteStream(fc.boolean()),
      (here, there, most, turns) => {
        const matcher = createRowMatcher<string, string>();
        const [left, right] = [[...here], [...there]];
        const met: string[] = [];
        const out: { source: string[]; target: string[] } = { source: [], target: [] };
        const overflow = (count: number): void => {
          const { source, target } = matcher.overflow(count);
          out.source.push(...source);
          out.target.push(...target);
        };
        while (left.length + right.length > 0) {
          const isLeft = right.length === 0 || (left.length > 0 && turns.next().value === true);
          const text = (isLeft ? left : right).shift() ?? "";
          const other = isLeft ? matcher.source(text, text) : matcher.target(text, text);
          if (other !== undefined) {
            expect(other).toBe(text);
            met.push(text);
          }
          overflow(most);
          expect(Math.max(matcher.held.source, matcher.held.target)).toBeLessThanOrEqual(most);
        }
        overflow(0);
        expect([...met, ...out.source].sort()).toEqual([...here].sort());
        expect([...met, ...out.target].sort()).toEqual([...there].sort());
      },
    ),
  );
});

function raise(): never {
  throw new Error("there is no pair");
}
