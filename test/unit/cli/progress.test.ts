import { afterEach, expect, test, vi } from "vitest";
import { openProgress } from "../../../src/cli/progress.ts";
import { report, table, watched } from "../listen/report.ts";

afterEach(() => {
  vi.useRealTimers();
});

test("what a watch sees is shown after each look and every second, until it is closed", async () => {
  const one = await watched(report({ tables: [table({ pending: 7 })] }));
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const shown: string[] = [];
  const terminal = { isTerminal: true, showProgress: (text: string) => void shown.push(text) };
  const progress = openProgress(terminal, one.watch);
  vi.advanceTimersByTime(1_000);
  expect(shown).toHaveLength(1);
  expect(shown[0]).toContain("7 pending");
  await one.look(report({ tables: [table({ pending: 3 })] }));
  expect(shown.at(-1)).toContain("3 pending");
  progress.close();
  expect(shown.at(-1)).toBe("");
  vi.advanceTimersByTime(10_000);
  expect(shown).toHaveLength(3);
  await one.stop();
});

test("nothing is shown where nobody sits at a terminal", async () => {
  const one = await watched(report());
  const terminal = {
    isTerminal: false,
    showProgress: () => {
      throw new Error("shown");
    },
  };
  openProgress(terminal, one.watch).close();
  await one.stop();
});
