import type { Key } from "../contract/change.ts";
import { exactKey } from "../journal/key-equality.ts";

/**
 * missing: only the source has the row; extra: only the target; different: both, and columns differ;
 * untransformable: the source's row cannot be made a row of the target; unfindable: a side shows the row when its table
 * is read in order and does not find it by its key, so that nothing which goes by keys can be trusted with it.
 */
export type DifferenceKind = "missing" | "extra" | "different" | "untransformable" | "unfindable";

/** One row that is not on both sides alike. The key's values are for our own use: see key-label.ts. */
export interface Difference {
  readonly kind: DifferenceKind;
  /** The target's key when the row is on no other side, else the source's: in a rekeyed table they are of different columns. */
  readonly key: Key;
  /** Which side's key it is. */
  readonly side: Direction;
  /** "different": the columns, in upper case. */
  readonly columns: readonly string[];
  /** "untransformable", "unfindable": why, without values. */
  readonly reason?: string;
  /** "untransformable": whether the target has a row of that key; its key may be unknown as well. */
  readonly onTarget?: "there" | "absent" | "unknown";
}

export type Direction = "source" | "target";

/** Text of a difference's key, to tell it from others of its side. */
export const differenceKey = ({ key }: Difference): string => exactKey(key);
