import { expect, test } from "vitest";
import { progressDown } from "../../../src/cli/progress-down.ts";

test("what is left is told of the most there was, with the time that the last twenty seconds foretell", () => {
  let nowMs = 0;
  const say = progressDown("pending", () => nowMs);
  expect(say(50_000)).toBe("50,000 of 50,000 pending; ");
  nowMs = 10_000;
  expect(say(60_000)).toBe("60,000 of 60,000 pending; ");
  nowMs = 30_000;
  expect(say(40_000)).toBe("40,000 of 60,000 pending, 40 s left; ");
  nowMs = 31_000;
  expect(say(1)).toMatch(/^1 of 60,000 pending, 1 s left; $/);
  expect(say(0)).toBe("");
});
