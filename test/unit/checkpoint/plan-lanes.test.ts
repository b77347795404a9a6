import { expect, test } from "vitest";
import { type Checkpoint, lowest, planLanes } from "../../../src/checkpoint/checkpoint.ts";

const lane = (number: number, position: number): Checkpoint => ({
  lane: number,
  position: BigInt(position),
  journalId: "j",
  digest: `d${position}`,
});

test("the lowest lane is the one that has come least far", () => {
  expect(lowest([lane(0, 7), lane(1, 3), lane(2, 5)])).toEqual(lane(1, 3));
  expect(lowest([])).toBeUndefined();
});

test("as many lanes as are wanted stay where they stand, apart only where they may lead", () => {
  expect(planLanes([lane(0, 7), lane(1, 7)], 2, false)).toBeUndefined();
  expect(planLanes([lane(0, 7), lane(1, 3)], 2, true)).toBeUndefined();
  expect(planLanes([], 4, true)).toBeUndefined();
});

test("lanes that may not lead begin together again where the lowest stands", () => {
  expect(planLanes([lane(0, 7), lane(1, 3)], 2, false)).toEqual([lane(0, 3), { ...lane(1, 3) }]);
});

test.each([1, 3])("another number of lanes (%i) begins where the lowest stood, with its digest", (count) => {
  for (const mayLead of [true, false])
    expect(planLanes([lane(0, 9), lane(1, 4)], count, mayLead)).toEqual(
      Array.from({ length: count }, (_, number) => ({ ...lane(number, 4) })),
    );
});
