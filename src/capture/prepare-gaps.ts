/** What `prepare` finds and remembers of changes that were not captured, before it mends capture and after. */
import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Dialect, ObjectRef } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { acceptGaps, type Gap, readGaps, recordGap } from "../state/gap.ts";
import { type StateTable, stateTable } from "../state/state.ts";
import { type CaptureLook, lookAtCapture } from "./capture-gap.ts";
import { readCaptureState } from "./capture-state.ts";
import { writeSeen } from "./seen.ts";

interface Side {
  readonly dialect: Dialect;
  readonly db: Database;
}

const OLD_ROWS =
  "the target held rows already when the journal was made: its dump may have begun before that, and lack changes made in between";

/**
 * Notes what is broken or was touched since capture was last whole, before anything is mended: what was noted outlives a
 * `prepare` that is killed half-way. Tables whose capture was never complete have no gap: their dump is still to come.
 */
export async function noteBeforePrepare(
  source: Side,
  target: Side,
  tables: readonly TablePlan[],
): Promise<void> {
  const state = stateTable(target.dialect, tables);
  for (const look of await lookAtCapture(source, target, tables)) {
    const why = [...look.broken, ...look.touched];
    if (why.length === 0 || !(await wasWhole(target, look))) continue;
    // A target that an older release prepared has none.
    for (const sql of target.dialect.ddl.state(state.name).sql) await target.db.execute(sql);
    await recordGap(target.db, state, look.found.table.name, {
      since: look.seen?.at ?? null,
      until: null,
      why,
    });
  }
}

/** A checkpoint is begun when capture is complete, and so is `seen` written. */
async function wasWhole({ dialect, db }: Side, { found, seen }: CaptureLook): Promise<boolean> {
  if (found.journalId === undefined) return false;
  if (seen?.journal === found.journalId) return true;
  const name = found.table.targetNames.checkpoint;
  const checkpoint = await readCheckpoint(db, dialect, name).catch((error: unknown) => {
    if (dialect.classifyError(error).class !== "schema") throw error;
  });
  return checkpoint?.journalId === found.journalId;
}

export interface AfterPrepare {
  /** What `prepare` made now. */
  readonly created: readonly ObjectRef[];
  /** The operator takes the changes that may be missing as not missing. */
  readonly accept: boolean;
  /** The target is no dump of the source but the side that it was made of, and holds rows anyway. Default: false. */
  readonly isBack?: boolean;
}

/**
 * Ends what was broken, now that it is mended, and remembers how the triggers stand. A target that held rows before the journal
 * was made may lack changes too. Gives the gaps that are left for a verification, by table.
 */
export async function noteAfterPrepare(
  source: Side,
  target: Side,
  tables: readonly TablePlan[],
  { created, accept, isBack = false }: AfterPrepare,
): Promise<ReadonlyMap<string, Gap>> {
  const state = stateTable(target.dialect, tables);
  const names = tables.map(({ name }) => name);
  for (const found of await readCaptureState(source.db, source.dialect, tables)) {
    await writeSeen(target.db, state, found);
    const { table } = found;
    const isNew = created.some(({ kind, name }) => kind === "journal" && name === table.names.journal);
    const why = isNew && !isBack && (await hasRows(target, table)) ? [OLD_ROWS] : [];
    if (!accept) await endGap(target.db, state, table.name, why);
  }
  if (accept) await acceptGaps(target.db, state, names);
  const left = await readGaps(target.db, state);
  return new Map([...left].filter(([table]) => names.includes(table)));
}

async function endGap(db: Database, state: StateTable, table: string, why: readonly string[]): Promise<void> {
  const noted = (await readGaps(db, state)).get(table);
  if (why.length === 0 && noted?.until !== null) return;
  await recordGap(db, state, table, { since: null, until: new Date().toISOString(), why });
}

async function hasRows({ dialect, db }: Side, { target, key }: TablePlan): Promise<boolean> {
  const [column] = key;
  if (column === undefined) return false;
  const statement = dialect.sql.readTable(target.name, [column.target.name], 1);
  return (await db.query(statement.sql, statement.params)).length > 0;
}
