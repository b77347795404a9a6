/** The contract of `--json`: config/schema/, held against what commands print. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";

const FOLDER = join(import.meta.dirname, "../../config/schema");
const ajv = new Ajv({ allErrors: true, strict: false });
const checks = new Map<string, ValidateFunction>();

/** What is wrong with a document by the schema of this name; a field that the schema does not know is a fault, too. */
export function faultsOfJson(name: string, text: string): readonly string[] {
  const check = checks.get(name) ?? ajv.compile(closed(readSchema(name)) as object);
  checks.set(name, check);
  if (check(JSON.parse(text))) return [];
  return (check.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

export const readSchema = (name: string): object =>
  JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"));

/** What is wrong with what this call of `sync-tool` printed; nothing where it was not asked for JSON, or printed none. */
export function faultsOfOutput(args: readonly string[], stdout: string): readonly string[] {
  if (!args.includes("--json") || args.includes("--watch") || stdout.trim() === "") return [];
  const name = args[0] === "dead-letters" ? args.slice(0, 2).join("-") : (args[0] ?? "");
  if (!existsSync(join(FOLDER, `${name}.json`))) return [`config/schema/${name}.json is missing`];
  return faultsOfJson(name, stdout).map((fault) => `${args.join(" ")}: ${fault}`);
}

/** What is wrong with the JSON lines of a log; other lines, and a last one that was cut off, are passed over. */
export function faultsOfLog(text: string): readonly string[] {
  return text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith('{"level":'))
    .flatMap((line) => faultsOfJson("log", line).map((fault) => `${fault} in ${line.slice(0, 300)}`));
}

/** The same schema with nothing allowed that it does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closed(part)]));
  return "properties" in parts && !("additionalProperties" in parts)
    ? { ...parts, additionalProperties: false }
    : parts;
}
