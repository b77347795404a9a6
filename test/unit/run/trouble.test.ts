import { expect, test } from "vitest";
import { backoffMs } from "../../../src/run/backoff.ts";
import { addFailure, STANDBY_POLL_MS, type Trouble } from "../../../src/run/trouble.ts";

const lost = (side: "source" | "target", reason = "the server cannot be reached") =>
  ({ next: "again", reason, code: "ECONNRESET", side }) as const;

test("the whole of a pause doubles from a quarter of a second to five seconds, and half of it is chance", () => {
  expect([1, 2, 3, 4, 5, 6, 7, 500].map((failures) => backoffMs(failures, 0))).toEqual([
    125, 250, 500, 1_000, 2_000, 2_500, 2_500, 2_500,
  ]);
  expect(backoffMs(1, 0.5)).toBe(187.5);
  expect(backoffMs(500, 0.999_999)).toBeLessThan(5_000);
  expect(backoffMs(500, 0.999_999)).toBeGreaterThan(4_999);
});

test("failures in a row are counted from the first, and told again only when their reason changes", () => {
  let trouble: Trouble | undefined;
  const news: boolean[] = [];
  for (const [i, reason] of ["a", "a", "b", "a"].entries()) {
    const step = addFailure(trouble, lost("target", reason), 1_000 + i, 0);
    news.push(step.isNews);
    ({ trouble } = step);
  }
  expect(news).toEqual([true, false, true, true]);
  expect(trouble).toMatchObject({ since: 1_000, failures: 4 });
});

test("one failure at the source costs a moment, the next ones let a standby look for the lock", () => {
  const first = addFailure(undefined, lost("source"), 0, 0);
  expect(first.pauseMs).toBe(125);
  const second = addFailure(first.trouble, lost("source"), 0, 0);
  expect(second.pauseMs).toBeGreaterThan(STANDBY_POLL_MS);
  const atTarget = addFailure(first.trouble, lost("target"), 0, 0);
  expect(atTarget.pauseMs).toBe(250);
});
