import { constants } from "node:os";

/** Ends a process by the convention of shells: 128 and the signal's number. */
const forcedExit = (signal: "SIGINT" | "SIGTERM"): number => 128 + constants.signals[signal];

export interface Shutdown {
  /** Aborted by the first SIGINT or SIGTERM; the reason is its name. */
  readonly signal: AbortSignal;
  /** Gives the signals back to Node. */
  release(): void;
}

/** First signal: finish the batch and leave. Second: leave at once with 130 or 143; a batch under way is rolled back. */
export function watchSignals(): Shutdown {
  const controller = new AbortController();
  const handle = (signal: "SIGINT" | "SIGTERM"): void => {
    if (controller.signal.aborted) process.exit(forcedExit(signal));
    controller.abort(signal);
  };
  process.on("SIGINT", handle);
  process.on("SIGTERM", handle);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", handle);
      process.off("SIGTERM", handle);
    },
  };
}
