import { expect, test } from "vitest";
import {
  NO_COUNTS,
  stateFromJson,
  stateToJson,
  type VerifyState,
} from "../../../src/verify/progress-state.ts";

const STATE: VerifyState = {
  madeFor: { sourceVersion: "5.9.0" },
  passes: [
    {
      name: "source T",
      counts: { ...NO_COUNTS, readSource: 7, missing: 2 },
      cursor: { source: ["a", null, Buffer.from([0, 255])] },
      again: [
        { side: "source", start: undefined },
        { side: "source", start: ["k", Buffer.from([1])] },
      ],
      isDone: false,
      readFrom: "2026-01-31T23:59:59.000Z",
    },
    { name: "target T", counts: NO_COUNTS, cursor: {}, again: [], isDone: true },
  ],
};

test("a state survives JSON, bytes and NULL in its keys too", () => {
  expect(stateFromJson(JSON.parse(JSON.stringify(stateToJson(STATE))))).toEqual(STATE);
  const finished = { ...STATE, finished: "2026-02-01T00:10:00.000Z" };
  expect(stateFromJson(JSON.parse(JSON.stringify(stateToJson(finished))))).toEqual(finished);
});

test("what is no state is told from one", () => {
  for (const value of [null, undefined, 7, "text", {}, { madeFor: {} }, { passes: [] }])
    expect(stateFromJson(value)).toBe(undefined);
});
