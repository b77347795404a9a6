import { expect, test } from "vitest";
import { purgeableTo } from "../../../src/status/purgeable.ts";

test.each([
  ["nothing is needed: up to the checkpoint", [], 12n],
  ["the oldest dead letter's row stays", [5n], 4n],
  ["a letter at the checkpoint stays", [12n], 11n],
  ["what is needed beyond the checkpoint is not met", [13n], 12n],
  ["the lowest counts, whichever it is", [9n, 3n], 2n],
  ["in either order", [undefined, 3n, 9n], 2n],
] as const)("%s", (_, needed, upTo) => {
  expect(purgeableTo(12n, needed)).toBe(upTo);
});
