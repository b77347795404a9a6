/** A slice is what shares one wait for a table's parents, or for its lanes: so many changes are aimed at. */
const CHANGES = 8_000;

/** Small batches are not gathered beyond the most, large ones are beyond CHANGES until there are the least. */
const BATCHES = { least: 4, most: 32 };

/**
 * Two slices are in memory, one being written and one being made ready, so this is the most of one; a batch that is larger
 * makes a slice of its own.
 */
const MOST_CHANGES = 32_000;

/** A slice that has so many bytes of values takes no further batch. */
export const SLICE_BYTES = 4_000_000;

/**
 * How many batches make a slice, one at least. The first slices of a drain are short, 4 batches, then 8, then 16: nothing is
 * written before one is ready.
 */
export function batchesPerSlice(batchSize: number, slicesBefore: number): number {
  const wanted = Math.min(BATCHES.most, CHANGES / batchSize, BATCHES.least * 2 ** slicesBefore);
  return Math.max(1, Math.floor(Math.min(Math.max(BATCHES.least, wanted), MOST_CHANGES / batchSize)));
}
