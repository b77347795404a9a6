import { expect, test } from "vitest";
import { formatEntry } from "../../../src/cli/progress.ts";

const entry = (position: bigint, highest: bigint) => ({
  table: { name: "T", position: 0n, highest: async () => highest },
  applied: 3400,
  position,
  highest,
  behindSince: undefined as number | undefined,
  recent: [
    { atMs: 1_000, changes: 999 },
    { atMs: 8_000, changes: 200 },
    { atMs: 9_000, changes: 400 },
  ],
});

test("a table's progress is its rate over five seconds, what it applied, and a bound of what is pending", () => {
  const behind = { ...entry(100n, 156n), behindSince: 9_500 };
  expect(formatEntry(behind, 10_000)).toBe("T 120/s, 3400 applied, <=56 pending, 0.5 s lag");
});

test("a table that has caught up has no lag", () => {
  const even = { ...entry(156n, 156n), behindSince: 9_500 };
  expect(formatEntry(even, 20_000)).toBe("T 0/s, 3400 applied, <=0 pending, 0.0 s lag");
});
