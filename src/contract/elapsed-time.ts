/** Moments closer together than this are one. */
const SLOT_MS = 500;
const PREFIX = "time:";

/**
 * Stands in for the transactions of an observation where the database does not show them: the moments of the last
 * `waitMs`. Like a transaction each is there until it has ended, so what was observed counts once that time has passed.
 */
export function recentMoments(nowMs: number, waitMs: number): ReadonlySet<string> {
  const last = Math.floor(nowMs / SLOT_MS);
  const slots = Math.ceil(waitMs / SLOT_MS);
  return new Set(Array.from({ length: slots }, (_, i) => `${PREFIX}${last - i}`));
}

export const isMoment = (holder: string): boolean => holder.startsWith(PREFIX);
