import { expect, test } from "vitest";
import { NO_END } from "../../../src/journal/horizon.ts";
import { arrivalReasons, stillToCome } from "../../../src/status/arrival.ts";
import { tableStatus } from "../../support/table-status.ts";

const READY = tableStatus();

test("a table that is captured, applied and undisturbed gives no reason", () => {
  expect(arrivalReasons(READY)).toEqual([]);
});

test.each([
  [
    { captured: false, drift: ["trigger T_IT is missing"] },
    "T: changes are not captured (trigger T_IT is missing)",
  ],
  [{ captured: false }, "T: changes are not captured"],
  [{ captured: false, drift: ["a", "b"] }, "T: changes are not captured (a; b)"],
  [
    { gap: "changes since 10:00 may be missing" },
    "T: changes since 10:00 may be missing; `verify` shows whether they are",
  ],
  [
    { openHole: { first: "13", last: "14" }, writers: 2 },
    "T: a transaction on the source has not ended: position 13 may still appear",
  ],
  [{ checkpoint: null }, "T: the target has no checkpoint, nothing was applied yet"],
  [{ pending: 3 }, "T: 3 changes are pending"],
  [
    { openHole: { first: "13", last: "14" } },
    "T: a transaction on the source has not ended: position 13 may still appear",
  ],
  [{ writers: 2 }, "T: 2 transactions on the source that write to it have not ended"],
  [{ pending: 250_000, pendingIsEstimate: true }, "T: about 250,000 changes are pending"],
  [{ deadLetters: 2 }, "T: 2 dead letters"],
  [
    { stopped: { since: "2026-01-31T23:59:59.123Z", code: "SCHEMA_CHANGED", why: "a column is gone" } },
    "T: its run stopped for good at 2026-01-31T23:59:59.123Z: a column is gone [SCHEMA_CHANGED]",
  ],
  [
    { problems: ["The checkpoint belongs to another journal"] },
    "T: The checkpoint belongs to another journal",
  ],
])("%j is a reason not to switch", (change, reason) => {
  expect(arrivalReasons({ ...READY, ...change }).map(({ text }) => text)).toEqual([reason]);
});

test.each([
  [{}, undefined],
  [{ open: { first: 5n, last: 6n } }, { first: 5n, last: 6n }],
  [{ open: { first: 8n, last: NO_END } }, { first: 8n, last: 8n }],
  [{ writers: ["17"] }, { first: 10n, last: 10n }],
])("of a journal that reached 9, %o still comes", (seen, hole) => {
  expect(stillToCome({ highest: 7n, reached: 9n, writers: [], ...seen })).toEqual(hole);
});

test.each([
  [46, 1, ["no-runner", "pending"]],
  [45, 1, ["pending"]],
  [44, 1, ["pending"]],
  [3_600, 0, []],
])(
  "a runner that has not moved for %i s, with %i changes pending, gives %j",
  (movedSecondsAgo, pending, kinds) => {
    const runner = { host: "h", pid: 7, since: null, movedSecondsAgo };
    expect(arrivalReasons({ ...READY, pending, runner }).map(({ kind }) => kind)).toEqual(kinds);
  },
);

test("a runner that stands is named, with how long it has not moved", () => {
  const runner = { host: "h", pid: 7, since: null, movedSecondsAgo: 61.4 };
  expect(arrivalReasons({ ...READY, pending: 1, runner })[0]?.text).toBe(
    "T: its runner (process 7 on h) has not moved for 61 s",
  );
});

test("scripts know a group that stopped for good by its kind", () => {
  const stopped = { since: "2026-01-31T23:59:59.123Z", code: "SCHEMA_CHANGED", why: "a column is gone" };
  expect(arrivalReasons({ ...READY, stopped }).map(({ kind }) => kind)).toEqual(["stopped"]);
});
