import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { judgeChange, type Turn } from "../../mutation/judge-change.ts";

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

describe("A change, judged in a process in which others were judged before,", () => {
  /** What a test does, turn by turn: `+` passes, `-` fails, `~` is endless. */
  const judge = (turns: Readonly<Record<string, string>>, suspect?: string) => {
    const left = new Map(Object.entries(turns).map(([name, all]) => [name, [...all]]));
    const asked: string[] = [];
    const verdict = judgeChange({
      tests: Object.keys(turns),
      suspect,
      play: async (name, isChanged): Promise<Turn> => {
        asked.push(`${name}${isChanged ? "!" : ""}`);
        const turn = left.get(name)?.shift();
        return { failure: turn === "+" ? undefined : "no", isEndless: turn === "~" };
      },
    });
    return verdict.then((it) => ({ it, asked }));
  };

  test("is killed by a test that fails with it, passes without it, and fails with it again", async () => {
    const { it, asked } = await judge({ a: "+", b: "-+-", c: "+" });
    expect(it).toEqual({ kind: "killed", test: "b", why: "no", played: 2 });
    expect(asked).toEqual(["a!", "b!", "b", "b!"]);
  });

  test("survives a test that failed once by chance", async () => {
    expect((await judge({ a: "-++", b: "+" })).it).toEqual({ kind: "survived", played: 2 });
  });

  test("has no end where a test is late with it twice, and not where that happened once", async () => {
    expect((await judge({ a: "~+~" })).it).toMatchObject({ kind: "timeout", test: "a" });
    expect((await judge({ a: "~++" })).it).toEqual({ kind: "survived", played: 1 });
  });

  test("is judged anew in a fresh process when a test fails without it too", async () => {
    expect((await judge({ a: "+", b: "--" })).it).toEqual({ kind: "worn", test: "b" });
  });

  test("is killed in a fresh process by the test that passed there before the change", async () => {
    const { it, asked } = await judge({ a: "+", b: "+-" }, "b");
    expect(it).toMatchObject({ kind: "killed", test: "b" });
    expect(asked).toEqual(["b", "b!"]);
  });

  test("is not judged by a test that fails by itself in a fresh process", async () => {
    expect((await judge({ a: "+", b: "-" }, "b")).it).toEqual({ kind: "survived", played: 1 });
  });
});
