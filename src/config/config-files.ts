/** Finding and reading the configuration's files. A file that cannot be read is a problem like any other. */
import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse as parseDotenv } from "dotenv";
import { decodeText } from "./decode-text.ts";
import type { Findings } from "./problem.ts";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EISDIR: "is a directory, wanted a file",
  ENOTDIR: "a part of the path is not a directory",
};

/** Undefined, with a problem, when the file cannot be read. */
export async function readText(file: string, findings: Findings): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const code = codeOf(error);
    findings.problems.push({ file, text: REASONS[code] ?? `cannot be read (${code})` });
    return undefined;
  }
  const text = decodeText(bytes);
  if (text === undefined) findings.problems.push({ file, text: "is UTF-16, wanted UTF-8" });
  return text;
}

/**
 * `given`, else deployment.toml beside the properties file, else in `$CARBON_HOME/repository/conf`. Undefined, with a
 * problem that lists the places, when there is none.
 */
export async function findDeploymentFile(
  given: string | undefined,
  configFile: string,
  env: NodeJS.ProcessEnv,
  findings: Findings,
): Promise<string | undefined> {
  if (given !== undefined) return given;
  const home = env["CARBON_HOME"];
  const beside = join(dirname(configFile), "deployment.toml");
  const places = [beside, ...(home ? [join(home, "repository", "conf", "deployment.toml")] : [])];
  for (const place of places) {
    if (await exists(place)) return place;
  }
  const also = home ? "" : " (CARBON_HOME is not set)";
  const text = `not found, looked at ${places.join(" and ")}${also}; wanted there, or named by --deployment`;
  findings.problems.push({ file: "deployment.toml", text });
  return undefined;
}

/** Variables of the `.env` file beside the properties file; none when there is no such file. */
export async function readDotenv(configFile: string, findings: Findings): Promise<Record<string, string>> {
  const file = dotenvFile(configFile);
  if (!(await exists(file))) return {};
  return parseDotenv((await readText(file, findings)) ?? "");
}

export function dotenvFile(configFile: string): string {
  return join(dirname(configFile), ".env");
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    // What exists but may not be read is reported when it is read.
    return codeOf(error) !== "ENOENT" && codeOf(error) !== "ENOTDIR";
  }
}

function codeOf(error: unknown): string {
  const code = error instanceof Error ? Reflect.get(error, "code") : undefined;
  return typeof code === "string" ? code : "unknown reason";
}
