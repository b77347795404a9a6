import { readFileSync } from "node:fs";
import { join } from "node:path";
// biome-ignore lint/correctness/noUnresolvedImports: its package.json names its main file without the ending
import { type Copy, DockerfileParser } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { expect, test } from "vitest";

const FOLDER = join(import.meta.dirname, "../../../config/docker");
const TEXT = readFileSync(join(FOLDER, "Dockerfile"), "utf8");
const instructions = DockerfileParser.parse(TEXT).getInstructions();
const linesOf = (keyword: string): readonly string[] =>
  instructions.filter((one) => one.getKeyword() === keyword).map((one) => one.getArgumentsContent() ?? "");

test("the linter finds nothing in the Dockerfile", () => {
  expect(validate(TEXT).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([]);
});

test("every base is named by its digest, all of them by the same", () => {
  const bases = linesOf("FROM").map((line) => line.split(" ")[0] ?? "");
  expect(new Set(bases).size).toBe(1);
  expect(bases[0]).toMatch(/^node:\d+-bookworm-slim@sha256:[0-9a-f]{64}$/);
});

test("the image is run by a number that is not root's, and its command is no shell's", () => {
  expect(linesOf("USER").at(-1)).toMatch(/^[1-9]\d{4}:[1-9]\d{4}$/);
  for (const line of [...linesOf("ENTRYPOINT"), ...linesOf("CMD")])
    expect(JSON.parse(line)).toBeInstanceOf(Array);
});

test("nothing is fetched by ADD, upgraded, or handed in as a secret", () => {
  expect(linesOf("ADD")).toEqual([]);
  expect(linesOf("ARG")).toEqual([]);
  expect(linesOf("RUN").filter((line) => /apt-get|curl|wget|npm install|sudo/.test(line))).toEqual([]);
});

test("all that COPY takes from the clone is let in by the ignore file, and nothing more", () => {
  const letIn = readFileSync(join(FOLDER, "Dockerfile.dockerignore"), "utf8")
    .split("\n")
    .flatMap((line) => /^!(.*)$/.exec(line)?.[1] ?? []);
  const taken = instructions
    .filter((one) => one.getKeyword() === "COPY" && (one as Copy).getFromFlag() === null)
    .flatMap((one) => one.getArguments().slice(0, -1))
    .map((word) => word.getValue());
  expect([...letIn].sort()).toEqual([...new Set(taken)].sort());
});
