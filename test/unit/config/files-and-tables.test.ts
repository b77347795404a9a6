/** Which files and which tables of deployment.toml are looked at, and what is said of those that cannot be used. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findDeploymentFile, readDotenv, readText } from "../../../src/config/config-files.ts";
import { isTable, parseDeployment } from "../../../src/config/deployment-toml.ts";
import type { Findings } from "../../../src/config/problem.ts";
import { formatProblem, formatProblems, hintFound, quoteFound } from "../../../src/config/problem.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sync-tool-files-"));
  await writeFile(join(folder, "file"), "text");
  await mkdir(join(folder, "bare"));
  await mkdir(join(folder, "home", "repository", "conf"), { recursive: true });
  await writeFile(join(folder, "home", "repository", "conf", "deployment.toml"), "");
});
afterAll(() => rm(folder, { recursive: true }));

const noted = (): Findings => ({ problems: [], warnings: [] });
const said = ({ problems }: Findings): readonly string[] =>
  problems.map((problem) => formatProblem(problem).replaceAll(folder, "conf"));

describe("a file that cannot be read", () => {
  it.each([
    ["absent", "conf/absent: no such file"],
    ["bare", "conf/bare: is a directory, wanted a file"],
    ["file/below", "conf/file/below: a part of the path is not a directory"],
    ["loop", "conf/loop: cannot be read (ELOOP)"],
  ])("%s is named with the reason", async (name, problem) => {
    if (name === "loop") await symlink(join(folder, "loop"), join(folder, "loop"));
    const findings = noted();
    expect(await readText(join(folder, name), findings)).toBeUndefined();
    expect(said(findings)).toEqual([problem]);
  });

  it("in UTF-16 is told as such", async () => {
    await writeFile(join(folder, "utf16"), Buffer.from("\ufeffa=b", "utf16le"));
    const findings = noted();
    expect(await readText(join(folder, "utf16"), findings)).toBeUndefined();
    expect(said(findings)).toEqual(["conf/utf16: is UTF-16, wanted UTF-8"]);
  });

  it("and that needs not be there is no problem unless it is there", async () => {
    const findings = noted();
    expect(await readDotenv(join(folder, "bare", "sync.properties"), findings)).toEqual({});
    expect(await readDotenv(join(folder, "file", "sync.properties"), findings)).toEqual({});
    expect(said(findings)).toEqual([]);
    await mkdir(join(folder, "odd", ".env"), { recursive: true });
    expect(await readDotenv(join(folder, "odd", "sync.properties"), findings)).toEqual({});
    expect(said(findings)).toEqual(["conf/odd/.env: is a directory, wanted a file"]);
  });
});

describe("deployment.toml", () => {
  const find = async (env: NodeJS.ProcessEnv, given?: string): Promise<readonly (string | undefined)[]> => {
    const findings = noted();
    const found = await findDeploymentFile(given, join(folder, "bare", "sync.properties"), env, findings);
    return [found?.replace(folder, "conf"), ...said(findings)];
  };

  it("is looked for where the server has it, and each place is named where it is not", async () => {
    expect(await find({ CARBON_HOME: join(folder, "home") })).toEqual([
      "conf/home/repository/conf/deployment.toml",
    ]);
    expect(await find({ CARBON_HOME: join(folder, "other") })).toEqual([
      undefined,
      "deployment.toml: not found, looked at conf/bare/deployment.toml and conf/other/repository/conf/deployment.toml; wanted there, or named by --deployment",
    ]);
    for (const env of [{}, { CARBON_HOME: "" }])
      expect(await find(env)).toEqual([
        undefined,
        "deployment.toml: not found, looked at conf/bare/deployment.toml (CARBON_HOME is not set); wanted there, or named by --deployment",
      ]);
  });

  it("that is named is taken, there or not: it says itself what is wrong with it", async () => {
    expect(await find({ CARBON_HOME: join(folder, "home") }, "named.toml")).toEqual(["named.toml"]);
  });

  const parse = (text: string) => {
    const findings = noted();
    const deployment = parseDeployment(text, "d.toml", findings);
    return { said: said(findings), ids: [...(deployment?.datasources.keys() ?? [])], deployment };
  };

  it("names its datasources as sync.properties calls them", () => {
    const {
      said: problems,
      ids,
      deployment,
    } = parse(
      '[[datasource]]\nid = " Blue "\n[database.identity_db]\ntype = "mysql"\n[database.shared_db]\ntype = "mysql"\n[database.other]\ntype = "h2"\n',
    );
    expect(problems).toEqual([]);
    expect(ids).toEqual(["Blue", "WSO2IdentityDB", "SHARED_DB"]);
    expect(deployment?.datasources.get("Blue")).toMatchObject({
      label: 'datasource "Blue"',
      form: "datasource",
    });
    expect(deployment?.datasources.get("SHARED_DB")).toMatchObject({
      label: "database.shared_db",
      form: "database",
    });
  });

  it.each([
    ["datasource = 1", "d.toml:1: datasource: wanted [[datasource]], in two pairs of brackets"],
    [
      '[[datasource]]\nid = "  "',
      'd.toml:1: datasource: missing "id", wanted the name that follows jdbc/ in sync.properties',
    ],
    [
      "datasource = [1]",
      'd.toml:1: datasource: missing "id", wanted the name that follows jdbc/ in sync.properties',
    ],
    [
      "[[datasource]]\nid = 5",
      'd.toml:1: datasource: missing "id", wanted the name that follows jdbc/ in sync.properties',
    ],
    [
      '[[datasource]]\nid = "SHARED_DB"\n[database.shared_db]\ntype = "mysql"',
      "d.toml:3: database.shared_db: given twice, first on line 1",
    ],
  ])("%j: what is wrong is said with its line", (text, problem) => {
    expect(parse(text).said).toEqual([problem]);
  });

  it.each(["database = 1", "[database]\nidentity_db = 1", "[server]\nx = 1", ""])(
    "%j has no datasource, which is no mistake in itself",
    (text) => {
      expect(parse(text)).toMatchObject({ said: [], ids: [] });
    },
  );

  it("that is no TOML is told with its line, and never with its text, which holds passwords", () => {
    const { said: problems, deployment } = parse('a = 1\npassword = "hidden-secret\n');
    expect(deployment).toBeUndefined();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^d\.toml:\d+: not valid TOML: .*; a closing quote is missing/);
    expect(problems.join()).not.toContain("hidden-secret");
    expect(parse("a = = 1").said[0]).not.toContain("closing quote");
  });

  it("a date or a list is no table", () => {
    expect([{}, [], new Date(), null, "x", 1].map(isTable)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("problems are told", () => {
  it("file by file, line by line, each once", () => {
    const problems = [
      { file: "b", line: 2, text: "second" },
      { file: "z", text: "of no file of ours" },
      { file: "a", line: 9, key: "k", text: "nine" },
      { file: "a", line: 10, text: "ten" },
      { file: "a", text: "whole" },
      { file: "b", line: 2, text: "second" },
      { file: "b", line: 1, text: "first" },
    ];
    expect(formatProblems(problems, ["a", "b"])).toEqual([
      "a: whole",
      "a:9: k: nine",
      "a:10: ten",
      "b:1: first",
      "b:2: second",
      "z: of no file of ours",
    ]);
  });

  it.each([
    ["5.7.0", '"5.7.0"'],
    ["true", '"true"'],
    ["", '""'],
    ["100 ms", '"100 ms"'],
    ["jdbc/Blue,jdbc/Green", '"jdbc/Blue,jdbc/Green"'],
    ["IDN_OAUTH2", '"ID..."'],
    ["IDN_OIDC_JTI", '"IDN_OIDC_JTI"'],
    ["$env{NAME}", '"$env{NAME}"'],
    ["hunter2-secret", '"hu..."'],
    ["ab", '"ab"'],
    ["5.7.0-hunter2", '"5...."'],
  ])("with %j in the place of another value as %s", (value, shown) => {
    expect(hintFound(value)).toBe(shown);
    expect(hintFound(value, "a word of ours")).toBe(JSON.stringify(value));
  });

  it("with long values cut, on one line", () => {
    expect(quoteFound("a\nb")).toBe('"a\\nb"');
    expect(quoteFound("x".repeat(120))).toHaveLength(122);
    expect(quoteFound("x".repeat(121))).toBe(`"${"x".repeat(117)}..."`);
  });
});
