import { exactKey } from "../journal/key-equality.ts";
import { type CopyPlace, keepCopyPlace } from "../state/copy-place.ts";
import type { Expected, RowComparison } from "../verify/row-comparison.ts";
import { circlesAmong } from "./circles.ts";
import type { CopyOptions } from "./copy-options.ts";
import { readCopyKeys } from "./read-page.ts";
import { writeCopyPage } from "./write-page.ts";

/** "in circles": those that refer to each other, when no more of the others find their parents; "last": what is left is refused. */
type Turn = "in order" | "in circles" | "last";

/**
 * Rows whose parents came with later pages, until no more of them find theirs; those that are left are told of as refused.
 * They are counted in the place as refused already, so that a copy that is killed here does not forget them.
 */
export async function copyOrphans(
  options: CopyOptions,
  comparison: RowComparison,
  orphans: readonly Expected[],
  from: CopyPlace,
): Promise<CopyPlace> {
  const { table, state, letters, pageSize, signal } = options;
  let place = from;
  let left = orphans;
  for (let turn: Turn = "in order"; left.length > 0 && !signal.aborted; ) {
    const inCircles: boolean = turn === "in circles";
    const tried = inCircles ? circlesAmong(table, left) : left;
    const isTried = new Set(tried);
    const again = left.filter((row) => !isTried.has(row));
    const onOrphan = turn === "last" ? undefined : (row: Expected): void => void again.push(row);
    for (let i = 0; i < tried.length && !signal.aborted; i += pageSize) {
      const part = tried.slice(i, i + pageSize);
      const keys = part.map(({ key }) => key);
      const after = (made: { readonly written: number; readonly refused: number }): CopyPlace => ({
        ...place,
        written: place.written + made.written,
        refused: place.refused - part.length + made.refused,
      });
      const page = await readCopyKeys(options, comparison, keys);
      const found = new Set(page.expected.map(({ key }) => exactKey(key)));
      const gone = part.filter(({ key }) => !found.has(exactKey(key)));
      const outcome = await writeCopyPage(
        { ...options, onOrphan, inCircles },
        comparison,
        page,
        async (tx, made) => {
          await letters.settle(
            tx,
            gone.map(({ change }) => change),
          );
          await keepCopyPlace(tx, state, table.name, after(made));
        },
      );
      // With `purge` at work beside it they stay what they are, refused.
      if (outcome === undefined) again.push(...part);
      else place = after(outcome);
    }
    if (turn === "last") break;
    if (again.length < left.length) turn = "in order";
    else turn = inCircles ? "last" : "in circles";
    left = again;
  }
  return place;
}
