import type { Hole } from "../dialect/dialect.ts";
import type { Change, Position } from "./change.ts";
import { changeDigest } from "./digest.ts";
import type { Anchor, Batch, JournalReader } from "./reader.ts";

/** Rows fetched by one statement when batches are smaller: the cost of a read hardly depends on its size. */
const READ_ROWS = 1_000;

interface Stock {
  /** Where the stock begins: the position that the next batch must follow. */
  readonly after: Position;
  readonly changes: readonly Change[];
  readonly full: boolean;
  readonly blocked?: Hole;
}

/** Serves small batches from larger reads. Journal rows never change, so what was safe to apply stays so. */
export function readAhead(reader: JournalReader, rows = READ_ROWS): JournalReader {
  let stock: Stock | undefined;

  async function stockAfter(after: Anchor, limit: number): Promise<Stock> {
    if (stock?.after === after.position && stock.changes.length > 0) return stock;
    const { changes, full, blocked } = await reader.read(after, Math.max(limit, rows));
    return { after: after.position, changes, full, ...(blocked === undefined ? {} : { blocked }) };
  }

  return {
    ...reader,
    async read(after, limit, upTo): Promise<Batch> {
      const held = await stockAfter(after, limit);
      const beyond = (position: Position): boolean => upTo !== undefined && position > upTo;
      const changes = held.changes.slice(0, limit).filter((change) => !beyond(change.position));
      const rest = held.changes.slice(changes.length);
      const last = changes.at(-1);
      const end = last === undefined ? after : { position: last.position, digest: changeDigest(last) };
      stock = { ...held, after: end.position, changes: rest };
      const [next] = rest;
      const isCut = next !== undefined && beyond(next.position);
      const blocked =
        next === undefined && held.blocked !== undefined && !beyond(held.blocked.first)
          ? held.blocked
          : undefined;
      return {
        changes,
        end,
        full: next === undefined ? held.full && !beyond(end.position + 1n) : !isCut,
        ...(blocked === undefined ? {} : { blocked }),
      };
    },
    reset() {
      stock = undefined;
      reader.reset();
    },
  };
}
