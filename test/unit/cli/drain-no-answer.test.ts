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
