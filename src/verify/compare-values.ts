import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Column } from "../contract/table-schema.ts";
import type { Row, Value } from "../row.ts";
import { isHashOfNothing } from "../transform/crypto/token-hash.ts";
import { hashColumns, VALUE_COLUMNS } from "../transform/stored-value.ts";

const HASH_COLUMNS: ReadonlySet<string> = new Set([...VALUE_COLUMNS.keys()].flatMap(hashColumns));

/** What counts as equal beyond equal values. */
export interface ComparisonRules {
  readonly target: Dialect;
  /** One of the two databases takes '' for NULL. */
  readonly emptyIsNull: boolean;
  /** Columns that the target may rightly hold otherwise; they are not compared. */
  readonly ignore: readonly string[];
  /** Values that differ by chance (fresh ciphertext) are equal when this says so. */
  readonly isSameSecret?: ((column: string, expected: string, found: string) => boolean) | undefined;
}

/** Gives the names of the columns, of those that the expected row has, in which the target's row differs. */
export function rowComparer(
  table: Pick<TablePlan, "targetColumns">,
  rules: ComparisonRules,
): (expected: Row, found: Row) => readonly string[] {
  const columns = table.targetColumns.filter(({ name }) => !rules.ignore.includes(name));
  return (expected, found) => {
    let differing: string[] | undefined;
    for (const { name, target } of columns) {
      const [wanted = null, there = null] = [expected[name], found[name]];
      // Nearly all: what is the same value needs no rule.
      if (wanted === there || !(name in expected) || isSame(name, target, rules, wanted, there)) continue;
      differing ??= [];
      differing.push(name);
    }
    return differing ?? NONE;
  };
}

const NONE: readonly string[] = [];

function isSame(
  name: string,
  column: Column,
  rules: ComparisonRules,
  expected: Value,
  found: Value,
): boolean {
  if (expected === null && typeof found === "string" && HASH_COLUMNS.has(name) && isHashOfNothing(found))
    return true;
  const wanted = comparable(column, rules, expected);
  const there = comparable(column, rules, found);
  if (wanted === there) return true;
  if (typeof wanted !== "string" || typeof there !== "string" || column.kind !== "text") return false;
  return rules.isSameSecret?.(name, wanted, there) ?? false;
}

/**
 * A text that is the same for every two values that the column cannot tell apart: both go through the target's codec,
 * so that a cut fraction or a zero date counts as what the target makes of it, and lose what is only spelling.
 */
export function comparable(column: Column, rules: ComparisonRules, value: Value): string | null {
  const encoded = rules.target.codec.encode(column, value);
  if (encoded === null || (encoded === "" && rules.emptyIsNull)) return null;
  if (encoded instanceof Uint8Array) return hex(column, encoded);
  switch (column.kind) {
    case "boolean":
      return /^(1|t|true|y|yes)$/i.test(encoded) ? "1" : "0";
    case "integer":
    case "decimal":
      return plainNumber(encoded);
    case "float":
      return String(isSingle(column) ? Math.fround(Number(encoded)) : Number(encoded));
    case "timestamp":
    case "time":
      return encoded.includes(".") ? encoded.replace(/\.?0+$/, "") : encoded;
    case "text":
      return isBlankPadded(column) ? encoded.replace(/ +$/, "") : encoded;
    default:
      return encoded;
  }
}

/** BINARY(n) is filled up with zero bytes. */
function hex(column: Column, bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("hex");
  return /^binary\b/i.test(column.type) ? text.replace(/(00)+$/, "") : text;
}

/** Without a plus sign, leading zeros, or zeros behind the point; anything that is no plain number stays as it is. */
function plainNumber(text: string): string {
  const parts = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text.trim());
  if (parts === null || text.trim() === "") return text;
  const [, sign, whole, fraction] = parts;
  const digits = `${whole === "" || whole === undefined ? "0" : whole}${fraction ? `.${fraction}` : ""}`;
  return sign === "-" && digits !== "0" ? `-${digits}` : digits;
}

const isSingle = (column: Column): boolean => /^(float|real|binary_float)\b(?!\(5)/i.test(column.type);

/** CHAR(n) is filled up with blanks; some databases print them, some do not. */
const isBlankPadded = (column: Column): boolean => /^n?char(acter)?\b(?! varying)|^bpchar/i.test(column.type);
