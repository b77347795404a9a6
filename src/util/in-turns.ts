import { setImmediate } from "node:timers/promises";

/** Milliseconds of work at a stretch: whatever the network brings in meanwhile has to wait so long. */
const STRETCH_MS = 1;

let stretchBegan = 0;
let line: Promise<unknown> = Promise.resolve();

/**
 * Like `items.map(work)`, but gives way every millisecond: an answer to a statement is dealt with between two items, not
 * after all of them. Two statements stand before the rows of a batch on MySQL, and every lane has answers of its own
 * to wait for; each would keep the target idle for as long as the next batch takes to be made ready.
 */
export async function mapInTurns<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => R,
): Promise<R[]> {
  const results: R[] = [];
  for (const [i, item] of items.entries()) {
    results.push(work(item, i));
    if (performance.now() - stretchBegan >= STRETCH_MS) await turn();
  }
  return results;
}

/** Those who give way at the same time go on one at a time, with the network in between. */
async function turn(): Promise<void> {
  line = line.then(() => setImmediate());
  await line;
  stretchBegan = performance.now();
}
