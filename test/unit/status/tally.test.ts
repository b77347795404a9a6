import { expect, test } from "vitest";
import { createTally, type TallyKey } from "../../../src/status/tally.ts";

const TOKENS: TallyKey = { direction: "forward", schema: "identity", table: "TOKENS" };

test("what a run applied is summed up by direction, schema and table", () => {
  const tally = createTally();
  const others: readonly TallyKey[] = [
    { ...TOKENS, direction: "back" },
    { ...TOKENS, schema: "um" },
    { ...TOKENS, table: "USERS" },
  ];
  tally.add(TOKENS, 3);
  tally.add(TOKENS, 4);
  others.forEach((key, i) => {
    tally.add(key, 10 * (i + 1));
  });
  expect([TOKENS, ...others].map(tally.of)).toEqual([7, 10, 20, 30]);
  expect(tally.of({ ...TOKENS, table: "NONE" })).toBe(0);
});
