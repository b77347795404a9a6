import { afterEach, expect, test, vi } from "vitest";
import { formatEntry, openProgress } from "../../../src/cli/progress.ts";

afterEach(() => {
  vi.useRealTimers();
});

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

test("a source that is slow to answer is asked once, and again when its answer has come", async () => {
  vi.useFakeTimers();
  let asked = 0;
  let answer: (highest: bigint) => void = () => undefined;
  const highest = (): Promise<bigint> => {
    asked += 1;
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  const lines: string[] = [];
  const progress = openProgress({ isTerminal: true, showProgress: (line) => void lines.push(line) }, [
    { name: "T", position: 0n, highest },
  ]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toBe(1);
  answer(7n);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toBe(2);
  expect(lines.at(-1)).toContain("<=7 pending");
  progress.close();
});
