import { type Clock, monotonic } from "./monotonic.ts";

/** Long enough for the unevenness of pages, short enough to follow a server that becomes slower. */
const WINDOW_MS = 20_000;

/** Told a sum that grows, again and again; gives what it grew by per second in the last twenty seconds, 0 at the first. */
export type RecentRate = (sum: number) => number;

export function createRecentRate(now: Clock = monotonic): RecentRate {
  const looks: { readonly atMs: number; readonly sum: number }[] = [];
  return (sum) => {
    const atMs = now();
    looks.push({ atMs, sum });
    while ((looks[0]?.atMs ?? atMs) < atMs - WINDOW_MS) looks.shift();
    const first = looks[0];
    return first === undefined || first.atMs === atMs ? 0 : ((sum - first.sum) * 1_000) / (atMs - first.atMs);
  };
}
