import { EXIT, SyncError } from "../errors.ts";
import { wrap } from "../util/shorten.ts";

/** How a failed command ends: what stderr says and the process's exit code. */
export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * Makes a failure of whatever was thrown. Only a SyncError's words are shown: any other message may be a driver's and
 * quote values. With `debug`, the places in the code follow, of the causes too, again without their messages. `width`: columns
 * of the terminal; without one no sentence is broken.
 */
export function describeFailure(error: unknown, debug: boolean, width = Number.POSITIVE_INFINITY): Failure {
  const isExpected = error instanceof SyncError;
  const lines = isExpected
    ? [`error: ${error.message} [${error.code}]`, `next: ${error.next}`]
    : [
        `error: sync-tool failed in a way that it should not (${kindOf(error)})`,
        "next: Run the command again with --debug and report what it prints; it holds no data of yours",
      ];
  const sentences = lines.flatMap((line) => wrap(line, width, "  "));
  return {
    text: `${[...sentences, ...(debug ? frames(error) : [])].join("\n")}\n`,
    exitCode: isExpected ? error.exitCode : EXIT.bug,
  };
}

/** `    at name (file:line:column)`, as V8 writes it. */
const FRAME = /^ {4}at .*(:\d+:\d+\)?|\(<anonymous>\)|\(native\))$/;

function frames(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  // The message comes first and may have lines of its own; frames are what follows its last line.
  const lines = (error.stack ?? "").split("\n");
  const own = lines.slice(lines.findLastIndex((line) => !FRAME.test(line)) + 1);
  return error.cause === undefined
    ? own
    : [...own, `caused by ${kindOf(error.cause)}`, ...frames(error.cause)];
}

/** Class and code of an error: facts about it that quote nothing. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === "string" && /^\w+$/.test(code) ? `${error.name} ${code}` : error.name;
}
