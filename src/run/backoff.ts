const FIRST_MS = 250;
const CAP_MS = 5_000;

/**
 * Milliseconds before the next attempt after so many failures in a row, from 1: the whole of it doubles from a quarter of
 * a second to five seconds; half of it is chance, so that runners do not march in step.
 *
 * @param random from 0 to below 1.
 */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return whole / 2 + (random * whole) / 2;
}
