import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

interface LeftOut {
  readonly file: string;
  readonly why: string;
  readonly heldBy: { readonly file: string; readonly title: string };
}
const leftOut = JSON.parse(read("test/mutation/left-out.json")) as readonly LeftOut[];

test.each(leftOut)(
  "$file is left out of the mutation with a reason, and the test that holds it is there",
  (one) => {
    expect(existsSync(join(ROOT, one.file))).toBe(true);
    expect(one.why).not.toBe("");
    expect(read(one.heldBy.file)).toContain(one.heldBy.title);
  },
);

test("no more than a few files are left out", () => {
  expect(new Set(leftOut.map(({ file }) => file)).size).toBe(leftOut.length);
  expect(leftOut.length).toBeLessThan(10);
});
