import type { Key, Position } from "../contract/change.ts";
import { keyFromJson, keyToJson } from "../journal/key-json.ts";
import type { Difference, Direction } from "./difference.ts";
import { openSpillFile, type SpillFile } from "./spill-file.ts";

/** Differences of one page that nothing is decided about yet. */
export interface WaitingPage {
  /** The key after which the page began. */
  readonly start: Key | undefined;
  /** A checkpoint read before the page, or before the last look at it: what changed its rows since has a higher position. */
  readonly from: Position;
  /** They can be decided once the checkpoint is here. */
  readonly bound: Position;
  readonly differences: readonly Difference[];
}

/** Pages that wait, in their order: the first in memory, what is more in a file, so that no number of them is too many. */
export interface WaitingList {
  add(page: WaitingPage): Promise<void>;
  /** Differences in it. */
  readonly size: number;
  /** The highest bound. */
  readonly bound: Position;
  /** Where its pages began; undefined when some are not in memory. */
  readonly starts: readonly WaitingPage["start"][] | undefined;
  /** Takes the pages out of memory whose bound is reached. */
  take(applied: Position): readonly WaitingPage[];
  /** Takes everything out, in parts of some thousand differences. */
  drain(): AsyncGenerator<readonly WaitingPage[]>;
  close(): Promise<void>;
}

/** Differences kept in memory: about a megabyte. */
const IN_MEMORY = 10_000;
/** Looked at together: for each part the journal is read from the checkpoint on. */
const PART = 20_000;

export function createWaitingList(inMemory = IN_MEMORY): WaitingList {
  let pages: WaitingPage[] = [];
  let inPages = 0;
  let inFile = 0;
  let bound: Position = 0n;
  let file: SpillFile | undefined;

  async function* all(): AsyncGenerator<WaitingPage> {
    const own = pages;
    [pages, inPages] = [[], 0];
    yield* own;
    if (file === undefined) return;
    for await (const text of file.read()) yield fromText(text);
    await file.close();
    [file, inFile] = [undefined, 0];
  }

  return {
    async add(page) {
      if (page.bound > bound) bound = page.bound;
      if (file === undefined && inPages + page.differences.length <= inMemory) {
        pages.push(page);
        inPages += page.differences.length;
        return;
      }
      file ??= await openSpillFile();
      await file.append(toText(page));
      inFile += page.differences.length;
    },
    get size() {
      return inPages + inFile;
    },
    get bound() {
      return bound;
    },
    get starts() {
      return file === undefined ? pages.map(({ start }) => start) : undefined;
    },
    take(applied) {
      const taken = pages.filter((page) => page.bound <= applied);
      pages = pages.filter((page) => page.bound > applied);
      inPages = pages.reduce((sum, page) => sum + page.differences.length, 0);
      return taken;
    },
    async *drain() {
      let part: WaitingPage[] = [];
      let size = 0;
      for await (const page of all()) {
        part.push(page);
        size += page.differences.length;
        if (size < PART) continue;
        yield part;
        [part, size] = [[], 0];
      }
      if (part.length > 0) yield part;
    },
    async close() {
      await file?.close();
      [file, inFile] = [undefined, 0];
    },
  };
}

/** Keys only: what differs is found out again when they are looked at. */
function toText({ start, from, bound, differences }: WaitingPage): string {
  return JSON.stringify({
    start: start && keyToJson(start),
    from: String(from),
    bound: String(bound),
    keys: differences.map(({ kind, side, key }) => [kind, side, keyToJson(key)]),
  });
}

function fromText(text: string): WaitingPage {
  const { start, from, bound, keys } = JSON.parse(text) as {
    readonly start?: readonly unknown[];
    readonly from: string;
    readonly bound: string;
    readonly keys: readonly (readonly [Difference["kind"], Direction, readonly unknown[]])[];
  };
  return {
    start: start && keyFromJson(start),
    from: BigInt(from),
    bound: BigInt(bound),
    differences: keys.map(([kind, side, key]) => ({ kind, side, key: keyFromJson(key), columns: [] })),
  };
}
