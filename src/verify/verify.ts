import type { Database } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";
import type { Key } from "../journal/change.ts";
import { planTables, type SyncPlan, type TablePlan } from "../plan/sync-plan.ts";
import type { RowSource } from "../transform/row-source.ts";
import { fingerprint } from "../util/fingerprint.ts";
import type { ComparisonRules } from "./compare-values.ts";
import { isSecretKey, type KeyLabel, keyLabel } from "./key-label.ts";
import { createPace, type Pace } from "./pace.ts";
import { createPageReader } from "./page-reader.ts";
import { type Direction, NO_COUNTS, type StateStore, type TableCounts } from "./progress-state.ts";
import { createRangeDigests } from "./range-digests.ts";
import { repairDifferences } from "./repair.ts";
import { createSettler } from "./settle.ts";
import { compareTable, type Difference, type DifferenceKind } from "./table-comparison.ts";

/** A difference as it may be shown. */
export interface ReportedDifference {
  readonly table: string;
  readonly kind: DifferenceKind | "pending";
  readonly key: KeyLabel;
  readonly columns: readonly string[];
  readonly reason?: string;
  readonly repaired?: boolean;
}

export interface VerifyOptions {
  readonly plan: SyncPlan;
  readonly source: { readonly dialect: Dialect; readonly db: Database };
  readonly target: { readonly dialect: Dialect; readonly db: Database };
  readonly rowsFor: (table: TablePlan) => RowSource;
  /** Upper case; default: every table of the plan. */
  readonly tables?: readonly string[];
  /** Rows per look; default 500. */
  readonly pageSize?: number;
  /** Rows read per second, both sides together; default: as fast as it goes. */
  readonly maxRowsPerSecond?: number;
  /** How long a checkpoint that does not move is waited for; default 15 s. */
  readonly patienceMs?: number;
  readonly repair?: { readonly deleteExtra: boolean };
  readonly state?: StateStore;
  readonly isSameSecret?: ComparisonRules["isSameSecret"];
  readonly signal: AbortSignal;
  readonly onDifference: (difference: ReportedDifference) => void;
  /** Told after each page. */
  readonly onProgress?: (counts: TableCounts) => void;
}

export interface VerifyReport {
  readonly tables: readonly TableCounts[];
  /** False when it was stopped before its end. */
  readonly complete: boolean;
}

const PAGE_SIZE = 500;
const PATIENCE_MS = 15_000;

/**
 * Compares every row of every table of a plan. First the source's rows, parents before children, so that a repair finds
 * the parents there; then the target's keys, children first, so that deleting an extra parent takes no child along
 * unseen. Stops early, without an error, when the signal is aborted.
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { plan, source, target, signal, state } = options;
  const tables = planTables(plan).filter(({ name }) => options.tables?.includes(name) ?? true);
  const planId = await identify(options);
  const loaded = await state?.load();
  const resumed = loaded?.plan === planId ? loaded : undefined;
  const done = new Set(resumed?.done);
  const counts = new Map(
    tables.map((table) => [
      table.name,
      resumed?.counts.find((one) => one.table === table.name) ?? { table: table.name, ...NO_COUNTS },
    ]),
  );
  const report = (complete: boolean): VerifyReport => ({ tables: [...counts.values()], complete });
  const save = async (at?: { pass: string; after: Key }): Promise<void> =>
    await state?.save({
      plan: planId,
      counts: [...counts.values()],
      done: [...done],
      ...(at === undefined ? {} : { at }),
    });
  const pace = createPace(options.maxRowsPerSecond, signal);
  const captured = await capturedTables(tables, source, target);
  const passes = [
    ...tables.map((table) => ({ table, direction: "source" as const })),
    ...[...tables].reverse().map((table) => ({ table, direction: "target" as const })),
  ];
  for (const { table, direction } of passes) {
    const pass = `${direction} ${table.name}`;
    if (done.has(pass)) continue;
    const finished = await runPass(options, {
      table,
      direction,
      pace,
      isCaptured: captured.has(table.name),
      from: resumed?.at?.pass === pass ? resumed.at.after : undefined,
      count: (change) => {
        const before = counts.get(table.name) ?? { table: table.name, ...NO_COUNTS };
        counts.set(table.name, { ...before, ...change(before) });
      },
      counts: () => counts.get(table.name) ?? { table: table.name, ...NO_COUNTS },
      // A key that is a secret is written nowhere: such a table begins anew.
      save: async (after) =>
        await (isSecretKey(keyColumns(table, direction)) ? save() : save({ pass, after })),
    });
    if (!finished) return report(false);
    done.add(pass);
    await save();
  }
  return report(true);
}

interface Pass {
  readonly table: TablePlan;
  readonly direction: Direction;
  readonly pace: Pace;
  readonly isCaptured: boolean;
  readonly from: Key | undefined;
  readonly count: (change: (before: TableCounts) => Partial<TableCounts>) => void;
  readonly counts: () => TableCounts;
  readonly save: (after: Key) => Promise<void>;
}

/** One table in one direction. False when it was stopped. */
async function runPass(options: VerifyOptions, pass: Pass): Promise<boolean> {
  const { source, target, signal, onDifference } = options;
  const { table, direction, isCaptured, count } = pass;
  const comparing = {
    table,
    source,
    target,
    rows: options.rowsFor(table),
    isSameSecret: options.isSameSecret,
    isCaptured,
  };
  const comparison = compareTable(comparing);
  // Only the pass over the target counts extra rows, only the one over the source the others: none is told twice.
  const isOwn = ({ kind }: Difference): boolean => (kind === "extra") === (direction === "target");
  const tell = (difference: Difference, kind: ReportedDifference["kind"], repaired?: RepairedOrNot): void => {
    count((before) => ({
      [kind]: before[kind] + 1,
      ...(repaired?.repaired ? { repaired: before.repaired + 1 } : {}),
    }));
    const reason = repaired?.reason ?? difference.reason;
    onDifference({
      table: table.name,
      kind,
      key: keyLabel(keyColumns(table, difference.kind === "extra" ? "target" : "source"), difference.key),
      columns: difference.columns,
      ...(reason === undefined ? {} : { reason }),
      ...(repaired === undefined ? {} : { repaired: repaired.repaired }),
    });
  };
  const settler = createSettler({
    ...comparing,
    comparison,
    patienceMs: options.patienceMs ?? PATIENCE_MS,
    signal,
    onPending: (all) => {
      for (const difference of all.filter(isOwn)) tell(difference, "pending");
    },
    onConfirmed: async (all) => {
      const own = all.filter(isOwn);
      if (options.repair === undefined) {
        for (const difference of own) tell(difference, difference.kind);
        return;
      }
      const { deleteExtra } = options.repair;
      const repair = { ...comparing, target, comparison, deleteExtra };
      for (const outcome of await repairDifferences(repair, own))
        tell(outcome.difference, outcome.difference.kind, outcome);
    },
  });
  const pageSize = options.pageSize ?? PAGE_SIZE;
  if (direction === "target") await comparison.beforeTarget({ pageSize, signal, spend: pass.pace.spend });
  const digests = createRangeDigests(comparing, direction);
  // Not more at a time than a second may have.
  const read = createPageReader(comparison, direction, digests, pageSize, options.maxRowsPerSecond);
  for (let after = pass.from; !signal.aborted; ) {
    const page = await read(after);
    await settler.take(page.differences);
    count((before) =>
      direction === "source"
        ? { sourceRows: before.sourceRows + page.rows }
        : { targetRows: before.targetRows + page.rows },
    );
    options.onProgress?.(pass.counts());
    if (page.next === undefined) {
      await settler.finish();
      return !signal.aborted;
    }
    after = page.next;
    if (settler.waiting === 0) await pass.save(after);
    await pass.pace.spend(page.rows);
  }
  return false;
}

/** The columns that name a row on one side, as they are to be shown. */
function keyColumns(table: TablePlan, side: Direction): readonly { readonly name: string }[] {
  if (side === "target") return table.key;
  return table.key.map(({ source }) => ({ name: source.name.toUpperCase() }));
}

type RepairedOrNot = { readonly repaired: boolean; readonly reason?: string };

/** Tables whose changes can be followed: without that, a row that is being changed may look different. */
async function capturedTables(
  tables: readonly TablePlan[],
  source: VerifyOptions["source"],
  target: VerifyOptions["target"],
): Promise<ReadonlySet<string>> {
  const upper = (name: string): string => name.toUpperCase();
  const names = async (
    side: VerifyOptions["source"],
    wanted: readonly string[],
  ): Promise<readonly string[]> =>
    (await side.dialect.introspector.objects(side.db, wanted)).map((object) => upper(object.name));
  const journals = await names(
    source,
    tables.map((table) => table.names.journal),
  );
  const checkpoints = await names(
    target,
    tables.map((table) => table.targetNames.checkpoint),
  );
  return new Set(
    tables
      .filter(
        (table) =>
          journals.includes(upper(table.names.journal)) &&
          checkpoints.includes(upper(table.targetNames.checkpoint)),
      )
      .map((table) => table.name),
  );
}

async function identify({ plan, source, target }: VerifyOptions): Promise<string> {
  const from = await source.dialect.introspector.server(source.db);
  const to = await target.dialect.introspector.server(target.db);
  const tables = planTables(plan).map((table) => [table.name, table.columns.map((column) => column.name)]);
  return fingerprint(JSON.stringify([from.home, to.home, plan.sourceVersion, plan.targetVersion, tables]));
}
