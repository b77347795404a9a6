import { EXIT, SyncError } from "../../errors.ts";
import { type DrainAnswer, watchDrain } from "../../run/drain-gate.ts";
import { withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { numberFlag } from "../number-flag.ts";
import { writeJson, writeOut } from "../output.ts";

export interface DrainFlags extends CommonFlags {
  readonly wait?: true;
  readonly maxLag?: string;
  readonly timeout?: string;
  readonly json?: true;
}

/**
 * The gate before the switch. Exit 0: yes. 8: all is applied but dead letters are left. 5: not drained, with the
 * reasons; also when stopped by a signal.
 */
export async function drain(flags: DrainFlags, signal: AbortSignal): Promise<number> {
  const maxLagSeconds = numberFlag("--max-lag", flags.maxLag);
  const timeout = numberFlag("--timeout", flags.timeout);
  if (timeout !== undefined && !flags.wait) {
    throw new SyncError("USAGE_INVALID", {
      what: "--timeout is given without --wait",
      next: "Give both to wait, or none to ask once",
    });
  }
  return await withContext(flags, signal, async (context) => {
    const schemas = await context.openSchemas({ quiet: true });
    const answer = await watchDrain({
      schemas,
      wait: flags.wait === true,
      ...(maxLagSeconds === undefined ? {} : { maxLagSeconds }),
      ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
      signal,
      onLook: ({ reasons }) => {
        if (context.terminal.isTerminal) context.terminal.showProgress(reasons[0]?.text ?? "drained");
      },
    });
    context.terminal.showProgress("");
    if (flags.json) writeJson(answer);
    else writeOut(formatAnswer(answer));
    if (answer.drained) return EXIT.ok;
    throw notDrained(answer);
  });
}

export function formatAnswer({ drained, reasons }: DrainAnswer): string {
  return [`drained: ${drained ? "yes" : "no"}`, ...reasons.map(({ text }) => `  - ${text}`)].join("\n");
}

function notDrained({ reasons }: DrainAnswer): SyncError {
  const onlyLetters = reasons.length > 0 && reasons.every(({ kind }) => kind === "dead-letters");
  if (onlyLetters) {
    return new SyncError("DEAD_LETTERS_LEFT", {
      what: "Every change is applied but those set aside as dead letters",
      next: "See `sync-tool dead-letters list`, mend and retry them or discard them",
    });
  }
  const noRunner = reasons.some(({ kind }) => kind === "no-runner");
  return new SyncError("CHANGES_PENDING", {
    what: "The tables are not drained",
    next: noRunner
      ? "Start `sync-tool run` and ask again"
      : "Leave `sync-tool run` at work, stop the writes on the source and ask again, or give --wait more time",
  });
}
