import { type CaptureLook, lookAtCapture, noteLook } from "../capture/capture-gap.ts";
import { isPrepareAtWork } from "../capture/source-lock.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { TableSchema } from "../contract/table-schema.ts";
import type { Database } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { describeGap } from "../state/gap.ts";
import { stateTable } from "../state/state.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";

interface Side {
  readonly dialect: Dialect;
  readonly db: Database;
}

export interface CaptureWatchOptions {
  readonly source: Side;
  readonly target: Side;
  readonly tables: readonly TablePlan[];
  /** Between two looks. */
  readonly everyMs: number;
  readonly now?: Clock;
  /** Told of changes that may be missing though capture is whole again. */
  readonly onGap: (table: string, text: string) => void;
}

export interface CaptureWatch {
  /**
   * Looks at the triggers and the tables' shapes when it is time to. Throws CAPTURE_LOST when changes are not captured as the
   * plan needs them; what may be missing is noted before. Asks the catalogues only: no journal and no table of users is read.
   */
  look(): Promise<void>;
}

/** Capture can be lost while a run is at work: the run would look healthy and miss every change. */
export function createCaptureWatch(options: CaptureWatchOptions): CaptureWatch {
  const { source, target, tables, everyMs, now = monotonic } = options;
  let lookedAt = now();

  async function problems(): Promise<readonly string[]> {
    const shapes = await source.dialect.introspector.tables(
      source.db,
      tables.map((table) => table.source.name),
    );
    const reshaped = tables.flatMap((table) => shapeChanges(table, shapes));
    const first = await lookAtCapture(source, target, tables);
    const isWrong = ({ broken, touched }: CaptureLook): boolean => broken.length > 0 || touched.length > 0;
    // While `prepare` is at work triggers come and go, and it notes by itself what it found and made.
    if (!first.some(isWrong)) return reshaped;
    if (await isPrepareAtWork(source)) return [];
    const state = stateTable(target.dialect, tables);
    // Looked at again, for a `prepare` may have ended in between.
    const looks = await lookAtCapture(source, target, tables);
    for (const look of looks.filter(isWrong)) {
      const gap = await noteLook(target.db, state, look, true);
      if (gap !== undefined && look.lost.length === 0) options.onGap(look.found.table.name, describeGap(gap));
    }
    const lost = looks.flatMap((look) => look.lost.map((reason) => `${look.found.table.name}: ${reason}`));
    return [...reshaped, ...lost];
  }

  return {
    async look() {
      if (now() - lookedAt < everyMs) return;
      lookedAt = now();
      // A look only informs: what keeps it from looking is met by the pass that follows, or is nobody's concern.
      const found = await problems().catch(() => []);
      if (found.length === 0) return;
      throw new SyncError("CAPTURE_LOST", {
        what: `Capture on the source is no longer what it was when this run began:\n${found.map((one) => `  - ${one}`).join("\n")}`,
        next: "Give `sync-tool prepare`, then `sync-tool run` again, then `sync-tool verify`: changes may be missing since",
      });
    },
  };
}

/** How a table on the source differs from the one that was planned. */
function shapeChanges({ name, source }: TablePlan, found: readonly TableSchema[]): readonly string[] {
  const now = found.find((table) => table.name === source.name);
  if (now === undefined) return [`${name}: the table is not there`];
  const types = (table: TableSchema): ReadonlyMap<string, string> =>
    new Map(table.columns.map((column) => [column.name, column.type]));
  const [before, after] = [types(source), types(now)];
  return [
    ...[...after.keys()].filter((column) => !before.has(column)).map((column) => `column ${column} is new`),
    ...[...before.keys()].filter((column) => !after.has(column)).map((column) => `column ${column} is gone`),
    ...[...before]
      .filter(([column, type]) => after.has(column) && after.get(column) !== type)
      .map(([column, type]) => `column ${column} was ${type} and is ${after.get(column)}`),
  ].map((change) => `${name}: ${change}`);
}
