import { type Command, CommanderError } from "commander";
import { rewriteJavaWords } from "../config/java-words.ts";
import { firstLetters } from "../config/problem.ts";
import { EXIT, SyncError } from "../errors.ts";
import { limitHeapGrowth } from "../util/heap-growth.ts";
import { commandFirst } from "./command-first.ts";
import { describeFailure } from "./failure.ts";
import { outliveReaders, writeErr } from "./output.ts";
import { createProgram } from "./program.ts";
import { watchSignals } from "./shutdown.ts";

/**
 * Runs the command that the arguments (those after the script's name) ask for and gives the exit code. The only place
 * that catches everything; never throws.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const fail = (error: unknown): number => {
    const { text, exitCode } = describeFailure(error, argv.includes("--debug"), process.stderr.columns);
    writeErr(text);
    return exitCode;
  };
  // A driver may fail outside of any call of ours; Node would print its message.
  const failAtOnce = (error: unknown): void => process.exit(fail(error));
  process.on("uncaughtException", failAtOnce);
  outliveReaders();
  limitHeapGrowth();
  // Before anything is loaded: a signal may come at any time.
  const shutdown = watchSignals();
  let exitCode: number = EXIT.ok;
  const program = createProgram(shutdown.signal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(commandFirst(program, rewriteJavaWords(argv)), { from: "user" });
    return exitCode;
  } catch (error) {
    return error instanceof CommanderError ? usage(error, program, fail) : fail(error);
  } finally {
    shutdown.release();
    process.off("uncaughtException", failAtOnce);
  }
}

/** A word that is none of ours, and near none, may be a secret in the wrong place. */
function withoutUnknownWords({ code, message }: CommanderError, program: Command): string {
  const text = message.replace(/^error: /, "").replace(/\n(?=\(Did you mean)/, " ");
  if (!/^commander\.unknown/.test(code) || text.includes("Did you mean")) return text;
  const ours = optionsOf(program);
  return text.replace(/'(-*)(.*)'/s, (all, dashes: string, word: string) =>
    ours.has(`${dashes}${word}`) ? all : `'${dashes}${firstLetters(word)}'`,
  );
}

/** Long and short, of every command: one of another command is no secret either. */
const optionsOf = (command: Command): ReadonlySet<string> =>
  new Set([
    ...command.options.flatMap(({ long, short }) => [long ?? "", short ?? ""]),
    ...command.commands.flatMap((child) => [...optionsOf(child)]),
  ]);

function usage(error: CommanderError, program: Command, fail: (error: unknown) => number): number {
  if (error.exitCode === 0) return EXIT.ok;
  // Called without any command, commander has written the help already.
  if (error.code === "commander.help") return EXIT.usage;
  return fail(
    new SyncError("USAGE_INVALID", {
      what: withoutUnknownWords(error, program),
      next: "See `sync-tool --help`, or `sync-tool <command> --help`",
    }),
  );
}
