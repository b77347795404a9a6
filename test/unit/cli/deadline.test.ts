import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { type Deadline, openDeadline } from "../../../src/cli/deadline.ts";
import { SyncError } from "../../../src/errors.ts";

let deadline: Deadline | undefined;
afterEach(() => deadline?.end());

const failure = (
  code: "DATABASE_UNREACHABLE" | "LOCK_TIMEOUT" | "CHANGES_PENDING",
  what = "what",
): SyncError => new SyncError(code, { what, next: "next" });
const codeOf = (error: unknown): unknown => (error as SyncError).code;

test("nothing new is begun when the time is over, and a moment later every connection ends", async () => {
  deadline = openDeadline({ timeoutMs: 5, stop: new AbortController().signal, graceMs: 1 });
  expect(deadline.signal.aborted).toBe(false);
  await once(deadline.signal, "abort");
  expect(deadline.cut.aborted).toBe(false);
  // What fails by then fails by itself.
  expect(codeOf(deadline.explain(failure("DATABASE_UNREACHABLE")))).toBe("DATABASE_UNREACHABLE");
  await once(deadline.cut, "abort");
  expect(deadline.explain(failure("DATABASE_UNREACHABLE"))).toMatchObject({
    code: "DEADLINE_PASSED",
    exitCode: 4,
    message: "A database did not answer within 0.005 s",
  });
  expect(codeOf(deadline.explain(failure("LOCK_TIMEOUT")))).toBe("LOCK_TIMEOUT");
  expect(codeOf(deadline.explain(failure("CHANGES_PENDING")))).toBe("CHANGES_PENDING");
});

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
])(
  "a stop by %s cuts what has not ended in its grace, and is told with exit code %i",
  async (signal, exit) => {
    const stop = new AbortController();
    deadline = openDeadline({ stop: stop.signal, graceMs: 5 });
    stop.abort(signal);
    const bug = new TypeError("x is undefined");
    expect(deadline.explain(bug)).toBe(bug);
    expect(deadline.cut.aborted).toBe(false);
    await once(deadline.cut, "abort");
    for (const error of [failure("DATABASE_UNREACHABLE"), failure("LOCK_TIMEOUT"), new Error("lost")])
      expect(deadline.explain(error)).toMatchObject({ code: "INTERRUPTED", exitCode: exit });
    expect(String(deadline.explain(failure("LOCK_TIMEOUT", "T stayed locked")))).toMatch(
      /came before the command was done: T stayed locked/,
    );
    // A result is a result.
    expect(codeOf(deadline.explain(failure("CHANGES_PENDING")))).toBe("CHANGES_PENDING");
  },
);

test("a time longer than a timer takes does not end at once", () => {
  deadline = openDeadline({ timeoutMs: 1e12, stop: new AbortController().signal, graceMs: 1 });
  expect(deadline.signal.aborted).toBe(false);
});
