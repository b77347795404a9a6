import { type Clock, monotonic } from "../util/monotonic.ts";
import { createRecentRate } from "../util/recent-rate.ts";
import { roughTime } from "../util/rough-time.ts";
import { firstThatFits } from "../util/shorten.ts";
import { whole } from "../util/whole.ts";

/** About how many rows each table has, by name; undefined where nobody knows. */
export type AboutRows = ReadonlyMap<string, number | undefined>;

/**
 * Gives a function that is told how many rows of a table have been read, again and again and one table after the other, and says how
 * far all of them are: "T: 3,400 of about 9,000 rows, 24 % of all, 1,200 rows/s, 12 s left". Statistics may be old: a table
 * that has more rows than they say is at its end until the next one begins, and nothing is told as finished before it is.
 */
export function rowsProgress(
  about: AboutRows,
  now: Clock = monotonic,
): (table: string, rows: number, width: number) => string {
  const read = new Map<string, number>();
  const rateOf = createRecentRate(now);
  const order = [...about.keys()];
  return (table, rows, width) => {
    read.set(table, rows);
    const sum = [...read.values()].reduce((total, one) => total + one, 0);
    const total = about.get(table);
    // Tables before it are read, whatever was expected of them.
    const ahead = order.slice(order.indexOf(table)).map((name) => {
      const expected = about.get(name);
      return expected === undefined ? undefined : Math.max(0, expected - (read.get(name) ?? 0));
    });
    const left = ahead.reduce(
      (all, one) => (all === undefined || one === undefined ? undefined : all + one),
      0,
    );
    const perSecond = rateOf(sum);
    const of = total === undefined || rows > total ? "" : ` of about ${whole(total)}`;
    const here = `${table}: ${whole(rows)}${of} rows`;
    const share = left === undefined ? [] : [`${percent(sum, left)} % of all`];
    const rate = perSecond > 0 ? [`${whole(perSecond)} rows/s`] : [];
    const time =
      left === undefined || perSecond <= 0 ? [] : [`${roughTime(Math.max(1, left / perSecond))} left`];
    const lines = [
      [here, ...share, ...rate, ...time],
      [here, ...share, ...time],
      [here, ...time],
      [`${whole(rows)}${of} rows`, ...time],
      [`${whole(rows)} rows`],
    ];
    return firstThatFits(
      lines.map((parts) => parts.join(", ")),
      width,
    );
  };
}

/** Never 100 before the end. */
const percent = (rows: number, left: number): number =>
  rows + left === 0 ? 0 : Math.min(99, Math.floor((rows * 100) / (rows + left)));
