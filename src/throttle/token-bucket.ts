/** A limit of rows per second as a value: what was spent goes in, how long to wait comes out. The time comes from outside. */
export interface TokenBucket {
  readonly rowsPerSecond: number;
  /** Moment, of a monotonic clock in milliseconds, from which on the next rows may be taken. */
  readonly freeAtMs: number;
}

export const newBucket = (rowsPerSecond: number): TokenBucket => ({ rowsPerSecond, freeAtMs: 0 });

/** Takes rows out, whether they are there or not: `waitMs` later they are. An idle time is not made up for later. */
export function takeRows(
  { rowsPerSecond, freeAtMs }: TokenBucket,
  rows: number,
  nowMs: number,
): { readonly bucket: TokenBucket; readonly waitMs: number } {
  const freeAt = Math.max(freeAtMs, nowMs) + (rows / rowsPerSecond) * 1_000;
  return { bucket: { rowsPerSecond, freeAtMs: freeAt }, waitMs: freeAt - nowMs };
}
