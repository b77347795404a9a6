import { expect, test } from "vitest";
import { createTurns } from "../../../src/util/turns.ts";

test("no more than so many have a turn, and the others come in the order in which they asked", async () => {
  const turns = createTurns(2);
  const ends: (() => void)[] = [];
  const came: number[] = [];
  const all = [0, 1, 2, 3].map(async (n) => {
    ends[n] = await turns.take();
    came.push(n);
  });
  await Promise.all(all.slice(0, 2));
  expect(came).toEqual([0, 1]);
  ends[1]?.();
  await all[2];
  expect(came).toEqual([0, 1, 2]);
  ends[0]?.();
  await all[3];
  expect(came).toEqual([0, 1, 2, 3]);
});

test("a turn that is ended twice gives no second one away", async () => {
  const turns = createTurns(1);
  const end = await turns.take();
  end();
  end();
  await turns.take();
  let isSecond = false;
  void turns.take().then(() => {
    isSecond = true;
  });
  await Promise.resolve();
  expect(isSecond).toBe(false);
});
