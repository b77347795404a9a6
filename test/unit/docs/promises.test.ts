import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

const FOLDER = join(import.meta.dirname, "../..");
const rows = readFileSync(join(FOLDER, "README.md"), "utf8")
  .split("\n")
  .filter((line) => /^\|(?! Promise|-)/.test(line))
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

describe("each promise of the README", () => {
  test.each(rows.map(([, promise = "", , tests = ""]) => [promise, tests] as const))(
    "has a test that is there: %s",
    (_, tests) => {
      const files = [...tests.matchAll(/`([\w./-]+)`: ((?:"[^"]+"(?:, )?)+)/g)];
      expect(files.length).toBeGreaterThan(0);
      for (const [, file = "", titles = ""] of files) {
        const path = join(FOLDER, file);
        expect({ file, isThere: existsSync(path) }).toEqual({ file, isThere: true });
        const text = readFileSync(path, "utf8");
        for (const [, title = ""] of titles.matchAll(/"([^"]+)"/g))
          expect({ file, title, isThere: text.includes(title) }).toEqual({ file, title, isThere: true });
      }
    },
  );

  test("stands in a table of four columns", () => {
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter((cells) => cells.length !== 5)).toEqual([]);
  });
});
