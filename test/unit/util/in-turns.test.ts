import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { mapInTurns } from "../../../src/util/in-turns.ts";

/** Keeps the thread busy for longer than a stretch of work may last. */
function busy(): void {
  const until = performance.now() + 1.5;
  while (performance.now() < until);
}

test("results come in the order of the items", async () => {
  expect(await mapInTurns(["a", "b", "c"], (item, i) => `${item}${i}`)).toEqual(["a0", "b1", "c2"]);
  expect(await mapInTurns([], busy)).toEqual([]);
});

test("what comes in meanwhile is dealt with between two items", async () => {
  const order: string[] = [];
  const arrival = nextTurn().then(() => order.push("answer"));
  await mapInTurns([1, 2, 3, 4], (n) => {
    busy();
    order.push(`item ${n}`);
  });
  await arrival;
  expect(order.indexOf("answer")).toBeLessThan(order.indexOf("item 4"));
});

test("two that work at the same time take turns", async () => {
  const order: string[] = [];
  const work = (who: string) =>
    mapInTurns([1, 2, 3], () => {
      busy();
      order.push(who);
    });
  await Promise.all([work("a"), work("b")]);
  expect(order).toEqual(["a", "b", "a", "b", "a", "b"]);
});

test("an error of the work is its caller's, and others go on", async () => {
  const failing = mapInTurns([1, 2], (n) => {
    busy();
    if (n === 2) throw new Error("refused");
  });
  await expect(failing).rejects.toThrow("refused");
  expect(await mapInTurns([1], (n) => n)).toEqual([1]);
});
