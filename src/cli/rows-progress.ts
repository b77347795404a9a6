import { type Clock, monotonic } from "../util/monotonic.ts";
import { createRecentRate } from "../util/recent-rate.ts";
import { roughTimeLeft } from "../util/rough-time.ts";
import { firstThatFits } from "../util/shorten.ts";
import { whole } from "../util/whole.ts";

/** About how many rows each table has, by name, in the order in which they are read; undefined where nobody knows. */
export type AboutRows = ReadonlyMap<string, number | undefined>;

/** How far one table is. */
export interface RowsRead {
  readonly rows: number;
  /** Of these, rows that were written: of a copy. */
  readonly written?: number;
  /** Of these, rows that an earlier part had read: they say nothing of how fast this one is. */
  readonly earlier?: number;
}

/**
 * Gives a function that is told how many rows of a table have been read, again and again and one table after the other, and says how
 * far all of them are: "T: 3,400 of about 9,000 rows, 24 % of all, 1,200 rows/s, 12 s left". Statistics may be old: a table
 * that has more rows than they say is at its end until the next one begins, and nothing is told as finished before it is.
 */
export function rowsProgress(
  about: AboutRows,
  now: Clock = monotonic,
): (table: string, read: RowsRead, width: number) => string {
  const seen = new Map<string, RowsRead>();
  const order = [...about.keys()];
  const rate = createRecentRate(now);
  const sum = (of: (one: RowsRead) => number): number =>
    [...seen.values()].reduce((total, one) => total + of(one), 0);
  return (table, read, width) => {
    seen.set(table, read);
    const { rows, written } = read;
    const left = rowsLeft(about, order.slice(order.indexOf(table)), seen);
    const perSecond = rate(sum((one) => one.rows - (one.earlier ?? 0)));
    const total = about.get(table);
    const of = total === undefined || rows > total ? "" : ` of about ${whole(total)}`;
    const here = `${table}: ${whole(rows)}${of} rows`;
    const made = written === undefined ? [] : [`${whole(written)} written`];
    const share =
      left === undefined
        ? []
        : [
            `${percent(
              sum((one) => one.rows),
              left,
            )} % of all`,
          ];
    const pace = perSecond > 0 ? [`${whole(perSecond)} rows/s`] : [];
    const time = left === undefined || perSecond <= 0 ? [] : [roughTimeLeft(left / perSecond)];
    const lines = [
      [here, ...made, ...share, ...pace, ...time],
      [here, ...made, ...share, ...time],
      [here, ...made, ...time],
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

/** Of the table that is read and those after it: what is before it is read, whatever was expected of it. */
function rowsLeft(
  about: AboutRows,
  ahead: readonly string[],
  seen: ReadonlyMap<string, RowsRead>,
): number | undefined {
  let left = 0;
  for (const name of ahead) {
    const expected = about.get(name);
    if (expected === undefined) return undefined;
    left += Math.max(0, expected - (seen.get(name)?.rows ?? 0));
  }
  return left;
}

/** Never 100 before the end. */
const percent = (rows: number, left: number): number =>
  rows + left === 0 ? 0 : Math.min(99, Math.floor((rows * 100) / (rows + left)));
