/** So many changes share one wait for a table's parents, or for its lanes: in at least and at most so many batches. */
const CHANGES = 8_000;
const BATCHES = { least: 4, most: 32 };

/** Two slices are in memory, one being written and one being made ready: no more than this, however large a batch is. */
const MOST_CHANGES = 32_000;

/** A slice that has so many bytes of values takes no further batch. */
export const SLICE_BYTES = 8_000_000;

/**
 * How many batches make a slice, one at least. The first slices of a drain are short: nothing is written before one is
 * ready.
 */
export function batchesPerSlice(batchSize: number, slicesBefore: number): number {
  const wanted = Math.min(BATCHES.most, CHANGES / batchSize, BATCHES.least * 2 ** slicesBefore);
  return Math.max(1, Math.floor(Math.min(Math.max(BATCHES.least, wanted), MOST_CHANGES / batchSize)));
}
