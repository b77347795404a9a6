import type { Change, Position } from "../contract/change.ts";
import type { Hole } from "../contract/dialect.ts";
import type { Anchor } from "./at-anchor.ts";
import { changeDigest } from "./digest.ts";
import { READ_BYTES, rowBytes } from "./read-size.ts";
import type { Batch, JournalReader } from "./reader.ts";

/** So many rows are fetched by one statement at least: the cost of a read hardly depends on its size. */
const READ_ROWS = 500;

/** A journal reader that reads on by itself. */
export interface AheadReader extends JournalReader {
  /** Waits for a read that nobody has asked for yet: none may outlive the connections. */
  settled(): Promise<void>;
}

interface Stock {
  /** Where the stock begins: the position that the next batch must follow. */
  readonly after: Position;
  /** Where the read that follows it begins. */
  readonly end: Anchor;
  readonly changes: readonly Change[];
  readonly full: boolean;
  readonly blocked?: Hole;
}

/**
 * Serves batches from reads of another size, and begins the next of these when half of what was read is used up: small
 * batches from larger reads, and large ones from several where rows are long. A batch has no more bytes than a read, unless it is
 * one row. Journal rows never change, so what was safe to apply stays so.
 */
export function readAhead(reader: JournalReader, rows = READ_ROWS, maxBytes = READ_BYTES): AheadReader {
  let stock: Stock | undefined;
  let coming: { readonly after: Position; readonly stock: Promise<Stock> } | undefined;

  /** Whole batches: what a read leaves over would be a small one, for which every lane waits no less. */
  const readSize = (limit: number): number => Math.ceil(rows / limit) * limit;

  async function fetch(after: Anchor, limit: number): Promise<Stock> {
    const wanted = readSize(limit);
    const changes: Change[] = [];
    let bytes = 0;
    let end = after;
    for (;;) {
      const part = await reader.read(end, wanted - changes.length);
      for (const change of part.changes) {
        changes.push(change);
        bytes += rowBytes(change.row);
      }
      ({ end } = part);
      const isOver = !part.full || changes.length >= wanted || bytes >= maxBytes;
      if (isOver) return { ...part, after: after.position, changes };
    }
  }

  /** What was read before from there on. */
  async function stockAfter(after: Anchor): Promise<Stock | undefined> {
    if (stock?.after === after.position && stock.changes.length > 0) return stock;
    const begun = coming;
    coming = undefined;
    if (begun?.after === after.position) return await begun.stock;
    // The reader below takes one read at a time: it notes what it has seen for the next one.
    await begun?.stock.catch(() => undefined);
    return undefined;
  }

  function readOn(held: Stock, left: number, limit: number): void {
    if (coming !== undefined || !held.full || left > readSize(limit) / 2) return;
    coming = { after: held.end.position, stock: fetch(held.end, limit) };
    // Told to whoever asks for it; when nobody does, the next run finds out for itself.
    coming.stock.catch(() => undefined);
  }

  return {
    ...reader,
    async read(after, limit, upTo): Promise<Batch> {
      const known = await stockAfter(after);
      const held = known ?? (await fetch(after, limit));
      const beyond = (position: Position): boolean => upTo !== undefined && position > upTo;
      const most = within(held.changes, limit, maxBytes);
      const changes = held.changes.slice(0, most).filter((change) => !beyond(change.position));
      const rest = held.changes.slice(changes.length);
      const last = changes.at(-1);
      const end = last === undefined ? after : { position: last.position, digest: changeDigest(last) };
      stock = { ...held, after: end.position, changes: rest };
      readOn(held, rest.length, limit);
      const [next] = rest;
      const isCut = next !== undefined && beyond(next.position);
      const blocked =
        next === undefined && held.blocked !== undefined && !beyond(held.blocked.first)
          ? held.blocked
          : undefined;
      // An earlier read may have come to an end that lies before the bound of this one.
      const mayGoOn = held.full || (known !== undefined && upTo !== undefined && blocked === undefined);
      return {
        changes,
        end,
        full: next === undefined ? mayGoOn && !beyond(end.position + 1n) : !isCut,
        ...(blocked === undefined ? {} : { blocked }),
      };
    },
    settled: async () => void (await coming?.stock.catch(() => undefined)),
    reset() {
      stock = undefined;
      coming = undefined;
      reader.reset();
    },
  };
}

/** How many of these make a batch: no more than `limit`, nor more bytes than that, but one at least. */
function within(changes: readonly Change[], limit: number, maxBytes: number): number {
  let bytes = 0;
  for (const [i, { row }] of changes.entries()) {
    bytes += rowBytes(row);
    if (i > 0 && (i >= limit || bytes > maxBytes)) return i;
  }
  return Math.min(changes.length, limit);
}
