import { expect, test } from "vitest";
import type { TableStatus } from "../../../src/status/status.ts";
import { switchReasons } from "../../../src/status/switch-reasons.ts";

const READY: TableStatus = {
  schema: "identity",
  table: "T",
  captured: true,
  pending: 0,
  lagSeconds: 0,
  checkpoint: "12",
  openHole: null,
  holders: [],
  deadLetters: 0,
  drift: [],
  problems: [],
};

test("a table that is captured, applied and undisturbed gives no reason", () => {
  expect(switchReasons(READY)).toEqual([]);
});

test.each([
  [
    { captured: false, drift: ["trigger T_IT is missing"] },
    "T: changes are not captured (trigger T_IT is missing)",
  ],
  [{ checkpoint: null }, "T: the target has no checkpoint, nothing was applied yet"],
  [{ pending: 3 }, "T: 3 changes are pending"],
  [{ openHole: { first: "13", last: "14" } }, "T: a transaction on the source has not ended"],
  [{ deadLetters: 2 }, "T: 2 dead letters"],
  [
    { problems: ["The checkpoint belongs to another journal"] },
    "T: The checkpoint belongs to another journal",
  ],
])("%j is a reason not to switch", (change, reason) => {
  expect(switchReasons({ ...READY, ...change })).toEqual([reason]);
});
