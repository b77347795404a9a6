import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";

const ROOT = join(import.meta.dirname, "../../..");
const FOLDER = join(ROOT, ".github/workflows");
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { needs?: readonly string[]; uses?: string; steps?: readonly Step[] }>
  >;
}
const read = (file: string): Workflow => parse(readFileSync(join(FOLDER, file), "utf8")) as Workflow;

test.each(readdirSync(FOLDER))(
  "%s asks for scripts, files and jobs that are there, and may write nothing by default",
  (file) => {
    const { jobs, permissions } = read(file);
    expect(permissions).toEqual({ contents: "read" });
    for (const { needs = [], uses, steps = [] } of Object.values(jobs)) {
      expect(needs.filter((name) => jobs[name] === undefined)).toEqual([]);
      if (uses !== undefined) expect(read(uses.split("/").at(-1) ?? "").on).toHaveProperty("workflow_call");
      for (const step of steps) {
        if (step.uses !== undefined) expect(step.uses).toMatch(/^[\w-]+\/[\w-]+@(v\d+|[0-9a-f]{40})$/);
        const named = [...(step.run ?? "").matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name);
        expect(named.filter((name) => !(name in scripts))).toEqual([]);
        const paths = [...(step.run ?? "").matchAll(/\b(?:config|test|\.ci)\/[\w./-]+/g)].map(
          ([path]) => path,
        );
        expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
      }
    }
  },
);

test("a release waits for all tests and for the image, and comes with its bill of materials and checksums", () => {
  const { on, jobs } = read("release.yml");
  expect(on).toEqual({ push: { tags: ["v*"] } });
  const release = jobs["release"];
  expect(release?.needs).toEqual(["tests", "try-image"]);
  const text = (release?.steps ?? []).map(({ run = "", uses = "" }) => `${run}${uses}`).join("\n");
  for (const part of [
    "npm pack",
    "npm run package",
    "npm sbom",
    "sha256sum",
    "docker/build-push-action",
    "attest-build-provenance",
  ])
    expect(text).toContain(part);
});
