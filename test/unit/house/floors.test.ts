import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { importsOf } from "../../support/floors.ts";

const ROOT = join(import.meta.dirname, "../../..");
const { lint } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts as { lint: string };

const FLOORS = "```floors\nupper\nmiddle beside\nlower\n```\n";
const HOUSE: Record<string, string> = {
  "src/README.md": FLOORS,
  "src/upper/top.ts": 'export { one } from "../lower/one.ts";\n',
  "src/middle/two.ts": "export type Two = 2;\n",
  "src/beside/three.ts": "export const three = 3;\n",
  "src/lower/one.ts": "export const one = 1;\n",
};

/** What `npm run lint` says of a folder with these files. */
function lintOf(files: Record<string, string>): { readonly code: number; readonly text: string } {
  const folder = mkdtempSync(join(tmpdir(), "sync-tool-floors-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // The folder is no repository.
  const config = readFileSync(join(ROOT, ".biome.json"), "utf8").replace(/^.*"vcs".*\n/m, "");
  for (const [file, text] of Object.entries({ ...files, ".biome.json": config })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  let text = "";
  for (const command of lint.split(" && ")) {
    const [program = "", ...given] = command.split(" ");
    const args = given.map((arg) => (arg.startsWith("test/") ? join(ROOT, arg) : arg));
    const done = spawnSync(join(ROOT, "node_modules/.bin", program), args, { cwd: folder, encoding: "utf8" });
    text += done.stdout + done.stderr;
    if (done.status !== 0) return { code: done.status ?? -1, text };
  }
  return { code: 0, text };
}

test("lint passes a house whose imports point downward", () => {
  expect(lintOf(HOUSE)).toMatchObject({ code: 0 });
});

test("lint fails on an import that points upward or sideways, of a type too, and on a folder without a floor", () => {
  const { code, text } = lintOf({
    ...HOUSE,
    "src/lower/up.ts": 'export type { Two } from "../middle/two.ts";\n',
    "src/beside/aside.ts": 'export type Aside = import("../middle/two.ts").Two;\n',
    "src/attic/box.ts": "export const box = 0;\n",
  });
  expect(code).toBe(1);
  expect(text).toContain("src/lower/up.ts imports src/middle/two.ts: lower stands below middle");
  expect(text).toContain(
    "src/beside/aside.ts imports src/middle/two.ts: beside stands on one floor with middle",
  );
  expect(text).toContain("src/attic has no floor");
});

test("lint fails on a cycle inside a folder, also one of types alone", () => {
  const { code, text } = lintOf({
    ...HOUSE,
    "src/lower/a.ts": 'import type { B } from "./b.ts";\n\nexport type A = B | 1;\n',
    "src/lower/b.ts": 'import type { A } from "./a.ts";\n\nexport type B = readonly A[];\n',
  });
  expect(code).toBe(1);
  expect(text).toContain("noImportCycles");
});

test("every kind of import counts, packages do not", () => {
  const text = `
    import pg from "pg";
    import "./a.ts";
    import type { B } from "../b.ts";
    export * from "./c.ts";
    export { type D } from "./d.ts";
    const e = await import("./e.ts");
    type F = import("./f.ts").F;
    // import "./g.ts";
  `;
  expect([...importsOf("x.ts", text)].sort()).toEqual([
    "../b.ts",
    "./a.ts",
    "./c.ts",
    "./d.ts",
    "./e.ts",
    "./f.ts",
  ]);
});

test("every file and folder that src/README.md names is there", () => {
  const page = readFileSync(join(ROOT, "src/README.md"), "utf8");
  const named = [...page.matchAll(/`([a-z-]+\/[^`]*)`/g)].map(([, path = ""]) => path);
  expect(named.length).toBeGreaterThan(20);
  const paths = named.flatMap((path) =>
    ["postgres", "mysql", "mssql", "oracle"].map((engine) => path.replace("<engine>", engine)),
  );
  expect(paths.filter((path) => !existsSync(join(ROOT, "src", path)))).toEqual([]);
});
