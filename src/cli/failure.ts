import { EXIT, SyncError } from "../errors.ts";

/** How a failed command ends: what stderr says and the process's exit code. */
export interface Failure {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * Makes a failure of whatever was thrown. Only a SyncError's words are shown: any other message may be a driver's and
 * quote values. With `debug`, the places in the code follow, of the causes too, again without their messages.
 */
export function describeFailure(error: unknown, debug: boolean): Failure {
  const isExpected = error instanceof SyncError;
  const lines = isExpected
    ? [`error: ${error.message} [${error.code}]`, `next: ${error.next}`]
    : [
        `error: sync-tool failed in a way that it should not (${kindOf(error)})`,
        "next: Run the command again with --debug and report what it prints; it holds no data of yours",
      ];
  return {
    text: `${[...lines, ...(debug ? frames(error) : [])].join("\n")}\n`,
    exitCode: isExpected ? error.exitCode : EXIT.bug,
  };
}

function frames(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
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
