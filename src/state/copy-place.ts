/** How far `copy` has come with a table: kept on the target, so that any host goes on. */

import type { Key } from "../contract/change.ts";
import type { Queryable } from "../db/database.ts";
import { keyFromJson, keyToJson } from "../journal/key-json.ts";
import { type StateEntry, type StateTable, writeState } from "./state.ts";

export interface CopyPlace {
  /** The source's key after which the next page begins; undefined: from the first row. */
  readonly after?: Key;
  /** Rows of the source that were looked at. */
  readonly rows: number;
  /** Of these, rows that were written. */
  readonly written: number;
  /** Of these, rows that the target refused or that could not be transformed. */
  readonly refused: number;
  /** About how many rows the source has, as it was known at the beginning; absent where its statistics say nothing. */
  readonly total?: number;
  /** Rows that were looked at per second of late, by whoever wrote this. */
  readonly perSecond?: number;
  /** Every row was looked at. */
  readonly isDone: boolean;
}

const KIND = "copy/";
/** A value of the state table has 4000 characters; a key that does not go in is not kept: the table begins again. */
const MAX_KEY = 3_000;

export const COPY_START: CopyPlace = { rows: 0, written: 0, refused: 0, isDone: false };

export async function keepCopyPlace(
  tx: Queryable,
  state: StateTable,
  table: string,
  { after, ...counts }: CopyPlace,
): Promise<void> {
  const key = after === undefined ? undefined : keyToJson(after);
  const fits = key !== undefined && JSON.stringify(key).length <= MAX_KEY;
  await writeState(tx, state, `${KIND}${table}`, fits ? { ...counts, after: key } : counts);
}

/** By upper-case table name, of entries that were read already. */
export function copyPlacesIn(entries: readonly StateEntry[]): ReadonlyMap<string, CopyPlace> {
  return new Map(
    entries.flatMap(({ key, value }) =>
      key.startsWith(KIND) ? [[key.slice(KIND.length), asPlace(value)]] : [],
    ),
  );
}

/** When the place of a table was kept last, UTC by the target's clock; undefined without one. */
export const copyMovedAt = (entries: readonly StateEntry[], table: string): string | undefined =>
  entries.find(({ key }) => key === `${KIND}${table}`)?.updatedAt;

/** Until the rows are read that the source was said to have; undefined without a total or a rate, and beyond the total. */
export function copySecondsLeft({
  rows,
  total = 0,
  perSecond = 0,
}: Pick<CopyPlace, "rows" | "total" | "perSecond">): number | undefined {
  return total > rows && perSecond > 0 ? (total - rows) / perSecond : undefined;
}

function asPlace(value: unknown): CopyPlace {
  const { after, rows, written, refused, total, perSecond, isDone } = (value ?? {}) as Record<
    string,
    unknown
  >;
  return {
    ...(Array.isArray(after) ? { after: keyFromJson(after) } : {}),
    rows: Number(rows ?? 0),
    written: Number(written ?? 0),
    refused: Number(refused ?? 0),
    ...(typeof total === "number" ? { total } : {}),
    ...(typeof perSecond === "number" ? { perSecond } : {}),
    isDone: isDone === true,
  };
}
