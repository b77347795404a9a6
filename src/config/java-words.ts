/**
 * The Java client's words for old runbooks. It was started with `-DprepareSync`, `-DprepareSync -DgenerateDDL` or
 * `-DsyncData`, each with `-DconfigFile=PATH`.
 */
import { SyncError } from "../errors.ts";

const WORDS = ["prepareSync", "generateDDL", "syncData", "configFile"];

/**
 * Rewrites arguments (those after the script's name) to sync-tool's commands: `prepare`, `prepare --generate-ddl`, `run`,
 * `--config PATH`. Any other `-Dkey=value` becomes `-D key=value`; the rest, and all after `--`, stays. Pure.
 * Throws USAGE_INVALID for words that contradict each other.
 */
export function rewriteJavaWords(argv: readonly string[]): string[] {
  const rest: string[] = [];
  const said = new Map<string, boolean>();
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? "";
    if (argument === "--") {
      rest.push(...argv.slice(index));
      break;
    }
    if (!argument.startsWith("-D")) {
      rest.push(argument);
      // What follows is the flag's path, whatever it looks like.
      if (argument === "-c" || argument === "--config") rest.push(...argv.slice(++index, index + 1));
      continue;
    }
    const definition = argument === "-D" ? argv[++index] : argument.slice(2);
    if (definition === undefined) {
      rest.push(argument);
      continue;
    }
    const word = definition.split("=", 1)[0] ?? "";
    const value = definition.includes("=") ? definition.slice(word.length + 1) : undefined;
    if (!WORDS.includes(word)) rest.push("-D", definition);
    else if (word === "configFile") rest.push("--config", pathOf(value));
    else said.set(word, isTrue(word, value));
  }
  return [...commandOf(said), ...rest];
}

function commandOf(said: ReadonlyMap<string, boolean>): string[] {
  const prepare = said.get("prepareSync") === true;
  const generate = said.get("generateDDL") === true;
  const sync = said.get("syncData") === true;
  if (sync && (prepare || generate)) {
    throw new SyncError("USAGE_INVALID", {
      what: "-DsyncData and -DprepareSync ask for two commands at once",
      next: "Give one of them; prepare first, run when the target has been migrated",
    });
  }
  if (sync) return ["run"];
  if (generate) return ["prepare", "--generate-ddl"];
  return prepare ? ["prepare"] : [];
}

function pathOf(value: string | undefined): string {
  if (value !== undefined && value !== "") return value;
  throw new SyncError("USAGE_INVALID", {
    what: "-DconfigFile names no file",
    next: "Write -DconfigFile=PATH with the path of sync.properties",
  });
}

function isTrue(word: string, value: string | undefined): boolean {
  const text = value?.toLowerCase() ?? "";
  if (text === "" || text === "true") return true;
  if (text === "false") return false;
  throw new SyncError("USAGE_INVALID", {
    what: `-D${word} is neither true nor false`,
    next: `Write -D${word} or leave it out`,
  });
}
