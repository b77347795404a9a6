import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/**
 * The heap may grow to 1.3 times what is alive before its garbage is looked for. By itself V8 waits until it is three to four
 * times as large while much is allocated: a run with four lanes of long tokens held 70 MB and took 390 MB. More frequent
 * collections cost no processor time that could be measured.
 */
const PERCENT = 30;

/**
 * From here on the space for what was allocated last grows no more, both its halves together: by itself V8 doubles it up to
 * 32 MB, and all of it is touched. In one long turn of the event loop it may be doubled once more before that is seen.
 */
const YOUNG_BYTES = 4 * 1024 * 1024;

/**
 * Keeps this process near the size of what it holds, on hosts that it shares with a database. V8 reads both flags each time
 * that it decides, so they have their effect in a process that works already; an older or newer V8 that does not know them
 * goes on as before.
 */
export function limitHeapGrowth(): void {
  setFlagsFromString(`--heap-growing-percent=${PERCENT}`);
  // It begins smaller, and may shrink: looked at after each collection.
  new PerformanceObserver(holdYoung).observe({ entryTypes: ["gc"] });
}

let isHeld = false;

function holdYoung(): void {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  const isLarge = young !== undefined && young.space_size >= YOUNG_BYTES;
  if (isLarge === isHeld) return;
  isHeld = isLarge;
  setFlagsFromString(`--semi-space-growth-factor=${isHeld ? 1 : 2}`);
}
