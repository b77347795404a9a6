import { expect, test } from "vitest";
import { describeFailure } from "../../../src/cli/failure.ts";
import { SyncError } from "../../../src/errors.ts";

const driverError = (): Error => {
  const error = new Error("Duplicate entry 'secret-token' for key 'CON_APP_KEY'");
  return Object.assign(error, { code: "ER_DUP_ENTRY", sql: "INSERT ... 'secret-token'" });
};

test("an expected failure says what happened, its code and what to do", () => {
  const error = new SyncError("NOT_PREPARED", {
    what: "no journal",
    next: "Run prepare",
    cause: driverError(),
  });
  expect(describeFailure(error, false)).toEqual({
    text: "error: no journal [NOT_PREPARED]\nnext: Run prepare\n",
    exitCode: 5,
  });
});

test("anything else ends with 1 and asks for a report, without its message", () => {
  expect(describeFailure(driverError(), false)).toEqual({
    text:
      "error: sync-tool failed in a way that it should not (Error ER_DUP_ENTRY)\n" +
      "next: Run the command again with --debug and report what it prints; it holds no data of yours\n",
    exitCode: 1,
  });
  expect(describeFailure("thrown text", false).text).toContain("(string)\n");
});

test("with debug the places in the code follow, of causes too, and no message of theirs", () => {
  const error = new SyncError("ROW_REFUSED", { what: "refused", next: "Mend it", cause: driverError() });
  const { text } = describeFailure(error, true);
  expect(text).toMatch(
    /\n {4}at .*failure\.test\.ts.*\ncaused by Error ER_DUP_ENTRY\n {4}at .*failure\.test\.ts/s,
  );
  expect(text).not.toContain("secret-token");
});

test("a message of several lines cannot pass itself off as places in the code", () => {
  const error = new Error("one\nsecret-token\n   at secret-token");
  expect(describeFailure(error, true).text).not.toContain("secret-token");
});

test("on a terminal no sentence goes on below in the middle of a word", () => {
  const error = new SyncError("NOT_PREPARED", { what: "one two three four", next: "Run prepare" });
  expect(describeFailure(error, false, 20).text).toBe(
    "error: one two three\n  four\n  [NOT_PREPARED]\nnext: Run prepare\n",
  );
});
