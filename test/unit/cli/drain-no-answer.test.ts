import { expect, test } from "vitest";
import { formatAnswer, noAnswer } from "../../../src/cli/commands/drain.ts";
import { SyncError } from "../../../src/errors.ts";

const PASSED = new SyncError("DEADLINE_PASSED", {
  what: "A database did not answer within 5 s",
  next: "Look",
});

test("a gate that got no more answers says no, and what it had seen before", () => {
  const seen = [{ table: "T", kind: "pending", text: "T: 3 changes are not applied" }] as const;
  expect(formatAnswer(noAnswer(PASSED, seen))).toBe(
    [
      "drained: no",
      "  - A database did not answer within 5 s",
      "  - at the last look: T: 3 changes are not applied",
    ].join("\n"),
  );
  expect(noAnswer(PASSED, [])).toMatchObject({ drained: false, reasons: [{ kind: "no-answer" }] });
});

test("in eighty columns no reason goes on below in the middle of a word", () => {
  const text =
    "IDN_OAUTH2_ACCESS_TOKEN: a transaction on the source has not ended: position 1001 may still appear";
  const open = ["31337", "31338"].map((pid) => ({
    holder: `process ${pid}`,
    user: "wso2carbon",
    ageSeconds: 62,
  }));
  const answer = {
    ...noAnswer(PASSED, []),
    reasons: [{ table: "", kind: "open-hole" as const, text }],
    open,
  };
  expect(formatAnswer(answer, 80).split("\n")).toEqual([
    "drained: no",
    "  - IDN_OAUTH2_ACCESS_TOKEN: a transaction on the source has not ended: position",
    "    1001 may still appear",
    "open transactions on the source: process 31337 wso2carbon 62 s, process 31338",
    "  wso2carbon 62 s",
  ]);
});
