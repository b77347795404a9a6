import { type Clock, monotonic } from "../util/monotonic.ts";
import { roughTime } from "../util/rough-time.ts";
import { whole } from "../util/whole.ts";

/** The time left is told by the rate of the last twenty seconds. */
const RATE_MS = 20_000;

/**
 * Gives a function that is told how much is left, look by look, and says it: "1,200 of 3,000 pending, 12 s left; ". What there
 * was at most is the whole. Empty when nothing is left.
 */
export function progressDown(what: string, now: Clock = monotonic): (left: number) => string {
  const looks: { readonly atMs: number; readonly left: number }[] = [];
  let most = 0;
  return (left) => {
    most = Math.max(most, left);
    looks.push({ atMs: now(), left });
    while ((looks[0]?.atMs ?? 0) < now() - RATE_MS) looks.shift();
    if (left === 0) return "";
    const [first] = looks;
    const seconds = first === undefined ? 0 : (now() - first.atMs) / 1000;
    const perSecond = first === undefined || seconds <= 0 ? 0 : (first.left - left) / seconds;
    const time = perSecond > 0 ? `, ${roughTime(Math.max(1, left / perSecond))} left` : "";
    return `${whole(left)} of ${whole(most)} ${what}${time}; `;
  };
}
