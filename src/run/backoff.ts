const FIRST_MS = 250;
const CAP_MS = 5_000;

/**
 * Milliseconds before the next attempt after so many failures in a row, from 1. The longest pause is 250 ms after the first
 * failure and doubles up to 5 s; the pause lies by chance between half of that and the whole, so that runners do not march in
 * step.
 *
 * @param random from 0 to below 1.
 */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return whole / 2 + (random * whole) / 2;
}
