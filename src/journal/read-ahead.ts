import type { Hole } from "../dialect/dialect.ts";
import type { Change, Position } from "./change.ts";
import { changeDigest } from "./digest.ts";
import type { Anchor, Batch, JournalReader } from "./reader.ts";

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
 * Serves small batches from larger reads, and begins the next of these when half of one is used up. Journal rows never
 * change, so what was safe to apply stays so.
 */
export function readAhead(reader: JournalReader, rows = READ_ROWS): AheadReader {
  let stock: Stock | undefined;
  let coming: { readonly after: Position; readonly stock: Promise<Stock> } | undefined;

  /** Whole batches: what a read leaves over would be a small one, for which every lane waits no less. */
  const readSize = (limit: number): number => Math.ceil(rows / limit) * limit;

  async function fetch(after: Anchor, limit: number): Promise<Stock> {
    return { ...(await reader.read(after, readSize(limit))), after: after.position };
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
      const changes = held.changes.slice(0, limit).filter((change) => !beyond(change.position));
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
