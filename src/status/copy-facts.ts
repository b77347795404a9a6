/** How far the copy of a table is, as `status` tells it. */
import { type CopyPlace, copyMovedAt, copySecondsLeft } from "../state/copy-place.ts";
import type { StateEntry } from "../state/state.ts";
import { roughTimeLeft } from "../util/rough-time.ts";
import { whole } from "../util/whole.ts";
import { STILL_SECONDS } from "./arrival.ts";
import { secondsSince } from "./clock.ts";
import type { CopyFacts } from "./table-status.ts";

/** Of a table's place and the entry that holds it; null where no copy is under way. `nowMs` by the target's clock. */
export function copyFacts(
  entries: readonly StateEntry[],
  places: ReadonlyMap<string, CopyPlace>,
  table: string,
  nowMs: number,
): CopyFacts | null {
  const place = places.get(table);
  if (place === undefined || place.isDone) return null;
  const movedAt = copyMovedAt(entries, table) ?? "";
  const isMoving = (secondsSince(movedAt, nowMs) ?? Number.POSITIVE_INFINITY) <= STILL_SECONDS;
  const { rows, total, written, refused, perSecond } = place;
  return {
    rows,
    total: total ?? null,
    written,
    refused,
    rowsPerSecond: isMoving && perSecond !== undefined ? perSecond : null,
    secondsLeft: (isMoving ? copySecondsLeft(place) : undefined) ?? null,
  };
}

/** Until it is finished, the target lacks rows that no journal tells of. A sentence, none where no copy is under way. */
export function copyProblem(copy: CopyFacts | null): readonly string[] {
  if (copy === null) return [];
  const { rows, total, written, rowsPerSecond, secondsLeft } = copy;
  const of = total === null ? "" : ` of about ${whole(total)}`;
  const pace = rowsPerSecond === null ? "" : `, ${whole(rowsPerSecond)} rows/s`;
  const left = secondsLeft === null ? "" : `, ${roughTimeLeft(secondsLeft)}`;
  const next = rowsPerSecond === null ? "; `sync-tool copy` goes on with it" : "";
  return [
    `its copy is not finished: ${whole(rows)}${of} rows read, ${whole(written)} written${pace}${left}${next}`,
  ];
}
