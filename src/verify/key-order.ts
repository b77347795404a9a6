import type { Key } from "../contract/change.ts";
import type { Column } from "../contract/table-schema.ts";

/** Less than 0 when a key comes before another. */
export type KeyOrder = (a: Key, b: Key) => number;

/**
 * Orders keys about as a database does: by it is decided only which side is read on, so that a wrong answer costs time.
 * Texts are in the order of their letters' codes or as a language has them, whichever fits the keys that are given in
 * the database's own order.
 */
export function learnOrder(columns: readonly Column[], keys: readonly Key[]): KeyOrder {
  const orders = [byCode, byFoldedCode, byLanguage].map(
    (text): KeyOrder =>
      (a, b) => {
        for (const [i, column] of columns.entries()) {
          const order = compareValues(column, text, a[i] ?? null, b[i] ?? null);
          if (order !== 0) return order;
        }
        return 0;
      },
  );
  let best = orders[0] as KeyOrder;
  let fewest = Number.POSITIVE_INFINITY;
  for (const order of orders) {
    const wrong = keys.filter((key, i) => i > 0 && order(keys[i - 1] ?? key, key) > 0).length;
    if (wrong < fewest) [best, fewest] = [order, wrong];
  }
  return best;
}

type TextOrder = (a: string, b: string) => number;

const byCode: TextOrder = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const byFoldedCode: TextOrder = (a, b) => byCode(a.toUpperCase(), b.toUpperCase());
const byLanguage: TextOrder = new Intl.Collator("en").compare;

function compareValues(column: Column, text: TextOrder, a: Key[number], b: Key[number]): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a !== "string" || typeof b !== "string") return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (column.kind !== "integer" && column.kind !== "decimal" && column.kind !== "float") return text(a, b);
  const [x, y] = [Number(a), Number(b)];
  // Beyond 2^53 two numbers can become one: their digits tell.
  return x < y ? -1 : x > y ? 1 : byCode(a.padStart(40, "0"), b.padStart(40, "0"));
}
