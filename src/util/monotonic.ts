/** Milliseconds of a clock; only the difference of two readings means anything. */
export type Clock = () => number;

/**
 * The clock for every interval, pause and deadline: it cannot go back. The time of day can, when somebody sets it or NTP
 * steps it, and whatever waits by it then waits that much longer. `Date` is for what people read and for what is stored.
 */
export const monotonic: Clock = () => performance.now();
