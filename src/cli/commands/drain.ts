import { EXIT, SyncError } from "../../errors.ts";
import { type DrainAnswer, watchDrain } from "../../run/drain-gate.ts";
import { AFTER_GAP } from "../../state/gap.ts";
import type { Reason } from "../../status/arrival.ts";
import { readVerified, verifiedReasons } from "../../status/verified.ts";
import { wrap } from "../../util/shorten.ts";
import { withContext } from "../context.ts";
import { durationFlag } from "../duration-flag.ts";
import type { CommonFlags } from "../flags.ts";
import { numberFlag } from "../number-flag.ts";
import { progressWidth, writeJson, writeOut } from "../output.ts";
import { progressDown } from "../progress-down.ts";

export interface DrainFlags extends CommonFlags {
  readonly wait?: true;
  readonly maxLag?: string;
  /** A time with its unit: the last `verify` must have found the schemas equal within it. */
  readonly verifiedWithin?: string;
  readonly json?: true;
}

/**
 * The gate before the switch. Exit 0: yes. 8: all is applied but dead letters are left. 5: not drained, with the
 * reasons; also when stopped by a signal.
 */
export async function drain(flags: DrainFlags, signal: AbortSignal): Promise<number> {
  const maxLagSeconds = numberFlag("--max-lag", flags.maxLag);
  const withinSeconds = durationFlag("--verified-within", flags.verifiedWithin);
  let seen: readonly Reason[] = [];
  const onLook = (reasons: readonly Reason[]): void => {
    seen = reasons;
  };
  const answer = await ask(flags, { maxLagSeconds, withinSeconds }, onLook, signal).catch(
    (error: unknown) => {
      // Whoever set a limit waits for an answer: what is not known is a no.
      if (error instanceof SyncError && error.code === "DEADLINE_PASSED") return noAnswer(error, seen);
      throw error;
    },
  );
  if (flags.json) writeJson(answer);
  else writeOut(formatAnswer(answer, process.stdout.columns));
  if (answer.drained) return EXIT.ok;
  throw notDrained(answer);
}

async function ask(
  flags: DrainFlags,
  { maxLagSeconds, withinSeconds }: Record<"maxLagSeconds" | "withinSeconds", number | undefined>,
  onLook: (reasons: readonly Reason[]) => void,
  signal: AbortSignal,
): Promise<DrainAnswer> {
  return await withContext(flags, signal, async (context) => {
    const schemas = await context.openSchemas({ quiet: true });
    const left = progressDown("pending");
    const answer = await watchDrain({
      schemas,
      wait: flags.wait === true,
      ...(maxLagSeconds === undefined ? {} : { maxLagSeconds }),
      deadline: context.deadline.signal,
      signal,
      onLook: (reasons, tables) => {
        onLook(reasons);
        const pending = tables.reduce((sum, one) => sum + (one.pending ?? 0), 0);
        // A look without an answer has counted nothing.
        const progress = tables.length === 0 ? "" : left(pending);
        const lines = wrap(drainText(progress, reasons), progressWidth(), "  ");
        context.terminal.showProgress(lines.join("\n"));
      },
    });
    context.terminal.showProgress("");
    if (withinSeconds === undefined || !answer.drained) return answer;
    const verified = await readVerified(schemas);
    const reasons = verified.flatMap((one) => verifiedReasons(one, withinSeconds));
    return { ...answer, drained: reasons.length === 0, reasons };
  });
}

/** What stands in the way; of changes that are pending the progress tells already. */
export function drainText(progress: string, reasons: readonly Reason[]): string {
  const others = reasons.filter(({ kind }) => kind !== "pending");
  const [first, ...more] = others.length > 0 ? others : reasons;
  if (first === undefined) return `${progress}drained`;
  const and = more.length === 0 ? "" : `, and ${more.length} more`;
  return `${progress}${first.text}${and}`;
}

/** What an earlier look had found may be why nothing came after it. */
export const noAnswer = ({ message }: SyncError, seen: readonly Reason[]): DrainAnswer => ({
  drained: false,
  reasons: [
    { table: "", kind: "no-answer", text: message },
    ...seen.map((reason) => ({ ...reason, text: `at the last look: ${reason.text}` })),
  ],
  tables: [],
  open: [],
  seconds: 0,
});

/** `width`: columns of the terminal; without one no line is broken. */
export function formatAnswer(
  { drained, reasons, open }: DrainAnswer,
  width = Number.POSITIVE_INFINITY,
): string {
  const who = open.map(({ holder, user, ageSeconds }) =>
    [holder, user, ageSeconds === undefined ? undefined : `${ageSeconds} s`]
      .filter((part) => part !== undefined)
      .join(" "),
  );
  return [
    `drained: ${drained ? "yes" : "no"}`,
    ...reasons.flatMap(({ text }) => wrap(`  - ${text}`, width, "    ")),
    ...(who.length === 0 ? [] : wrap(`open transactions on the source: ${who.join(", ")}`, width, "  ")),
  ].join("\n");
}

function notDrained({ reasons }: DrainAnswer): SyncError {
  const onlyLetters = reasons.length > 0 && reasons.every(({ kind }) => kind === "dead-letters");
  if (onlyLetters) {
    return new SyncError("DEAD_LETTERS_LEFT", {
      what: "Every change is applied but those set aside as dead letters",
      next: "See `sync-tool dead-letters list`, mend and retry them or discard them",
    });
  }
  if (reasons.every(({ kind }) => kind === "dead-letters" || kind === "gap")) {
    return new SyncError("CHANGES_PENDING", {
      what: "Every change of the journals is applied, but changes may be missing in them",
      next: AFTER_GAP,
    });
  }
  if (reasons.every(({ kind }) => kind === "not-verified")) {
    return new SyncError("CHANGES_PENDING", {
      what: "Every change is applied, but no fresh verify says that both sides are equal",
      next: "Run `sync-tool verify` and ask again",
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
