import { type Clock, monotonic } from "../util/monotonic.ts";
import { createRecentRate } from "../util/recent-rate.ts";
import { roughTimeLeft } from "../util/rough-time.ts";
import { whole } from "../util/whole.ts";

/**
 * Gives a function that is told how much is left, look by look, and says it: "1,200 of 3,000 pending, 12 s left; ". What there
 * was at most is the whole. Empty when nothing is left.
 */
export function progressDown(what: string, now: Clock = monotonic): (left: number) => string {
  const rate = createRecentRate(now);
  let most = 0;
  return (left) => {
    most = Math.max(most, left);
    const perSecond = -rate(left);
    if (left === 0) return "";
    const time = perSecond > 0 ? `, ${roughTimeLeft(left / perSecond)}` : "";
    return `${whole(left)} of ${whole(most)} ${what}${time}; `;
  };
}
