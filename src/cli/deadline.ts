import { setMaxListeners } from "node:events";
import { SyncError } from "../errors.ts";
import { monotonic } from "../util/monotonic.ts";

/** How long a command may go on: one limit for everything below it. */
export interface Deadline {
  /** Aborted when the time is over: nothing new is begun. */
  readonly signal: AbortSignal;
  /** Ends every connection: aborted a moment after the time is over, or when a stop was asked for and nothing came of it. */
  readonly cut: AbortSignal;
  /** Until the time is over; undefined without a limit. */
  remainingMs(): number | undefined;
  /** The failure as it is told: what was cut off did not fail by itself. */
  explain(error: unknown): unknown;
  /** Ends the watch. */
  end(): void;
}

export interface DeadlineOptions {
  /** Default: no limit. */
  readonly timeoutMs?: number;
  /** Aborted by SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  /** How long after a stop was asked for the work under way may take. */
  readonly graceMs: number;
}

/** For an answer under way, and for the last words to the server. */
const CUT_AFTER_MS = 500;

/** A timer of Node takes no more than 24 days, and ends at once when it is given more. */
const LONGEST_MS = 2 ** 31 - 1_000;

/** Failures that waiting longer might have spared. */
const OF_WAITING: ReadonlySet<string> = new Set(["DATABASE_UNREACHABLE", "LOCK_TIMEOUT"]);

export function openDeadline({ timeoutMs, stop, graceMs }: DeadlineOptions): Deadline {
  const began = monotonic();
  const over = new AbortController();
  const cut = new AbortController();
  // One listener for each connection.
  setMaxListeners(0, cut.signal);
  const timers: NodeJS.Timeout[] = [];
  const after = (ms: number, work: () => void): void => {
    timers.push(setTimeout(work, ms));
  };
  if (timeoutMs !== undefined) {
    after(Math.min(timeoutMs, LONGEST_MS), () => over.abort());
    after(Math.min(timeoutMs, LONGEST_MS) + CUT_AFTER_MS, () => cut.abort());
  }
  const onStop = (): void => after(graceMs, () => cut.abort());
  if (stop.aborted) onStop();
  else stop.addEventListener("abort", onStop, { once: true });
  return {
    signal: over.signal,
    cut: cut.signal,
    remainingMs: () => (timeoutMs === undefined ? undefined : Math.max(0, began + timeoutMs - monotonic())),
    explain(error) {
      if (error instanceof SyncError && !OF_WAITING.has(error.code)) return error;
      // A driver may say anything of a connection that was cut; before that, what nobody has classified is a bug.
      if (!(error instanceof SyncError) && !cut.signal.aborted) return error;
      if (stop.aborted) return interrupted(String(stop.reason), error);
      if (!cut.signal.aborted || (error instanceof SyncError && error.code === "LOCK_TIMEOUT")) return error;
      return new SyncError("DEADLINE_PASSED", {
        what: `A database did not answer within ${(timeoutMs ?? 0) / 1000} s`,
        next: "See which server is silent, or holds a lock, with `sync-tool doctor`; then give the command again",
        cause: error,
      });
    },
    end() {
      for (const timer of timers) clearTimeout(timer);
      stop.removeEventListener("abort", onStop);
    },
  };
}

function interrupted(signal: string, cause: unknown): SyncError {
  return new SyncError("INTERRUPTED", {
    // What stood in its way is worth more than the end itself.
    what: `${signal} came before the command was done${cause instanceof SyncError && cause.code === "LOCK_TIMEOUT" ? `: ${cause.message}` : ""}`,
    next: "Give it again to go on from where it was; nothing was lost",
    at: { signal },
    cause,
  });
}
