import { planTables } from "../contract/sync-plan.ts";
import { type CopyPlace, copyPlacesIn } from "../state/copy-place.ts";
import { readState, stateTable } from "../state/state.ts";
import { FREE_PACE, type Pace } from "../throttle/pace.ts";
import type { VerifyOptions } from "../verify/verify-options.ts";
import { openCopyLetters } from "./copy-letters.ts";
import type { RefusedRow } from "./copy-options.ts";
import { copyTable } from "./copy-table.ts";

export interface CopySchemaOptions
  extends Pick<VerifyOptions, "plan" | "source" | "target" | "rowsFor" | "tables" | "signal"> {
  /** Rows of a page at most; default 1000, and 2000 among the pages that are written at a time. */
  readonly pageSize?: number;
  /** Pages of a table that are written at a time; default 1. */
  readonly parallelism?: number;
  /** Holds the reading of the source's rows back; default: as fast as it goes. */
  readonly pace?: Pace;
  /** Rows of one table that the target may refuse before the copy ends with an error; default 1000. */
  readonly deadLetterLimit?: number;
  readonly onRefused: (refused: RefusedRow) => void;
  /** Told after each page; `earlier`: rows that an earlier part of the copy had looked at. */
  readonly onProgress?: (table: string, place: CopyPlace, earlier: number) => void;
}

/** What became of one table: the rows looked at, over all parts of the copy. */
export interface CopiedTable extends Pick<CopyPlace, "rows" | "written" | "refused" | "isDone"> {
  readonly table: string;
}

const PAGE_SIZE = 1_000;
/** Memory goes by the rows that are under way. */
const ROWS_AT_A_TIME = 4_000;
const DEAD_LETTER_LIMIT = 1_000;

/**
 * Fills the target's tables with the rows that it lacks, transformed, parents first. Rows that it has stay as they are. A
 * copy that was stopped is gone on with; one that is done begins again. Capture and checkpoints are to be there. Stops
 * between pages, without an error, when the signal is aborted.
 */
export async function copy(options: CopySchemaOptions): Promise<readonly CopiedTable[]> {
  const { plan, source, target, signal } = options;
  const tables = planTables(plan).filter(({ name }) => options.tables?.includes(name) ?? true);
  const state = stateTable(target.dialect, tables);
  const places = copyPlacesIn(await readState(target.db, state, "copy/"));
  const { pace = FREE_PACE, parallelism = 1 } = options;
  const pageSize = options.pageSize ?? Math.min(PAGE_SIZE, Math.ceil(ROWS_AT_A_TIME / parallelism));
  const copied: CopiedTable[] = [];
  for (const table of tables) {
    await pace.spend(0, signal);
    const { rows, written, refused, isDone } = await copyTable({
      source,
      target,
      table,
      rows: options.rowsFor(table),
      state,
      letters: await openCopyLetters(target, table, options.deadLetterLimit ?? DEAD_LETTER_LIMIT),
      guess: { lacksAll: false },
      pageSize: Math.min(pageSize, Math.max(1, pace.mostRows)),
      parallelism,
      signal,
      onRefused: options.onRefused,
      // Of several tables those that are done already are not begun anew while another is not.
      from: places.get(table.name),
      pace,
      onPage: (place, earlier) => options.onProgress?.(table.name, place, earlier),
    });
    copied.push({ table: table.name, rows, written, refused, isDone });
    if (signal.aborted) break;
  }
  return copied;
}
