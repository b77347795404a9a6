import { type Clock, monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import { afterFailure } from "./after-failure.ts";
import { addFailure, type Trouble } from "./trouble.ts";

/** Work was given up because the process is asked to end. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

export interface Persistence {
  readonly signal: AbortSignal;
  /** Told of the first failure, and when its reason changes. */
  readonly onRetry: (reason: string, code: string) => void;
  readonly now?: Clock;
  readonly random?: () => number;
}

/**
 * Does work that can be done again until it comes through: whatever fails for a reason that passes is tried again after a
 * pause, for ever. Throws any other failure as it is, and Interrupted once the signal is aborted.
 */
export async function persistently<T>(work: () => Promise<T>, options: Persistence): Promise<T> {
  const { signal, onRetry, now = monotonic, random = Math.random } = options;
  let trouble: Trouble | undefined;
  for (;;) {
    if (signal.aborted) throw new Interrupted();
    try {
      return await work();
    } catch (error) {
      const after = afterFailure("", error);
      if (after.next === "stop") throw error;
      const step = addFailure(trouble, after, now(), random());
      if (step.isNews) onRetry(after.reason, after.code);
      ({ trouble } = step);
      await sleep(step.pauseMs, signal);
    }
  }
}
