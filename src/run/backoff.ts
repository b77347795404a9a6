/** Delays between attempts: doubling from half a second to a cap, with jitter so that runners do not march in step. */
export interface Backoff {
  /** Milliseconds to wait before the next attempt. */
  next(): number;
  reset(): void;
  readonly attempts: number;
}

const FIRST_MS = 250;
const CAP_MS = 5_000;

export function createBackoff(random: () => number = Math.random): Backoff {
  let attempts = 0;
  return {
    next: () => {
      const full = Math.min(CAP_MS, FIRST_MS * 2 ** attempts);
      attempts += 1;
      return full / 2 + (random() * full) / 2;
    },
    reset: () => {
      attempts = 0;
    },
    get attempts() {
      return attempts;
    },
  };
}
