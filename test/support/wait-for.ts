/** How often and how long {@link waitFor} looks. */
export interface WaitOptions {
  /** What is waited for; it ends up in the error. */
  readonly what: string;
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Pause between two looks. Default 25. */
  readonly pollMs?: number;
  /** Extra facts for the error, read only when the deadline has passed. */
  readonly facts?: () => string;
}

/**
 * Waits until `condition` gives a value that is neither `false`, `null` nor `undefined`, and returns it.
 * A condition that throws ends the wait at once with that error.
 *
 * @throws Error when the deadline passes first.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, false | null | undefined>> {
  const { what, timeoutMs = 10_000, pollMs = 25, facts } = options;
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined) {
      return value as Exclude<T, false | null | undefined>;
    }
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}${facts ? `\n${facts()}` : ""}`);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
