import { expect, test } from "vitest";
import { stateFromText, stateToText, type VerifyState } from "../../../src/verify/progress-state.ts";

const STATE: VerifyState = {
  plan: "p1",
  counts: [
    {
      table: "T",
      sourceRows: 5,
      targetRows: 4,
      missing: 1,
      extra: 0,
      different: 2,
      untransformable: 0,
      pending: 0,
      repaired: 0,
    },
  ],
  done: ["source A"],
  at: { pass: "source T", after: ["k'1", "7", null, Buffer.from([0, 255])] },
};

test("a state survives its text, keys of bytes too", () => {
  expect(stateFromText(stateToText(STATE))).toEqual(STATE);
  const { at: _, ...without } = STATE;
  expect(stateFromText(stateToText(without))).toEqual(without);
});

test("a text that is no state is none", () => {
  for (const text of ["", "{", "null", "[]", '{"plan":1}', '{"plan":"p","counts":[]}'])
    expect(stateFromText(text)).toBeUndefined();
});
