import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { createProgram } from "../../../src/cli/program.ts";
import { jsonDocument, SCHEMA_VERSION } from "../../../src/util/json-document.ts";
import { faultsOfJson, faultsOfLog, faultsOfOutput, readSchema } from "../../support/json-contract.ts";

const CONFIG = join(import.meta.dirname, "../../../config");
const NAMES = readdirSync(join(CONFIG, "schema"))
  .map((file) => file.replace(/\.json$/, ""))
  .filter((name) => name !== "log");

const withJson = (command: Command, path: readonly string[] = []): readonly string[] =>
  command.commands.flatMap((child) => {
    const name = [...path, child.name()];
    const own = child.options.some(({ long }) => long === "--json") ? [name.join("-")] : [];
    return [...own, ...withJson(child, name)];
  });

test("every command that prints JSON has a schema, and no schema is of one that there is not", () => {
  const program = createProgram(new AbortController().signal, () => undefined);
  expect([...NAMES].sort()).toEqual([...withJson(program)].sort());
});

describe.each(NAMES)("config/schema/%s.json", (name) => {
  test("says of every field what it means, and config/README.md names it", () => {
    const without: string[] = [];
    const look = (schema: unknown, at: string): void => {
      if (typeof schema !== "object" || schema === null) return;
      const { properties = {} } = schema as { properties?: Record<string, { description?: string }> };
      for (const [field, one] of Object.entries(properties))
        if (one.description === undefined) without.push(`${at}.${field}`);
      for (const [key, one] of Object.entries(schema)) look(one, `${at}.${key}`);
    };
    look(readSchema(name), name);
    expect(without).toEqual([]);
    expect(readFileSync(join(CONFIG, "README.md"), "utf8")).toContain(`(schema/${name}.json)`);
  });

  test("says which exit code comes with which answer", () => {
    expect(readSchema(name)).toMatchObject({ description: expect.stringMatching(/Exit code 0\b/) });
  });

  test("wants the version of the contract, and the time", () => {
    expect(readSchema(name)).toMatchObject({
      required: expect.arrayContaining(["schemaVersion", "at"]),
      properties: { schemaVersion: { const: SCHEMA_VERSION } },
    });
  });
});

test("the log's schema has the fields that the code may write, each with its meaning, and no others", () => {
  const { properties } = readSchema("log") as { properties: Record<string, { description?: string }> };
  const source = readFileSync(join(CONFIG, "../src/log.ts"), "utf8");
  const fields = /interface LogFields \{([^}]*(?:\{[^}]*\}[^}]*)*)\n\}/.exec(source)?.[1] ?? "";
  const written = [...fields.matchAll(/^ {2}readonly (\w+)\?/gm)].map(([, name]) => name);
  expect(written.length).toBeGreaterThan(30);
  expect(Object.keys(properties).sort()).toEqual(["level", "time", "msg", ...written].sort());
  expect(Object.entries(properties).filter(([, { description }]) => description === undefined)).toEqual([]);
});

test("a line of the log that breaks its contract is a fault", () => {
  const line = (about: object) =>
    JSON.stringify({ level: "info", time: "2026-01-31T23:59:59.123Z", msg: "run ends", ...about });
  expect(faultsOfLog(`${line({})}\n${line({ table: "T", changes: 2 })}\nno JSON\n`)).toEqual([]);
  for (const about of [{ more: 1 }, { changes: "2" }, { level: "loud" }, { msg: undefined }])
    expect(faultsOfLog(`${line(about)}\n`)).toHaveLength(1);
  // Cut off with its process.
  expect(faultsOfLog(line({ more: 1 }))).toEqual([]);
});

test("a document has version and time, its own time where it has one, and positions whole", () => {
  const now = () => new Date("2026-01-31T23:59:59.123Z");
  const text = jsonDocument({ position: 9_007_199_254_740_993n }, now);
  expect(JSON.parse(text)).toEqual({
    schemaVersion: 1,
    at: "2026-01-31T23:59:59.123Z",
    position: "9007199254740993",
  });
  expect(JSON.parse(jsonDocument({ at: "then" }, now)).at).toBe("then");
});

test("a field that no schema knows is a fault, and so is one that is missing", () => {
  const good = { retried: 1 };
  expect(faultsOfJson("dead-letters-retry", jsonDocument(good))).toEqual([]);
  expect(faultsOfJson("dead-letters-retry", jsonDocument({ ...good, more: 1 }))).toHaveLength(1);
  expect(faultsOfOutput(["dead-letters", "retry", "--json"], jsonDocument({}))).toHaveLength(1);
  expect(faultsOfOutput(["nothing", "--json"], "{}")).toHaveLength(1);
});
