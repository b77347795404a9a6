import { planTables, type TablePlan } from "../contract/sync-plan.ts";
import { FREE_PACE } from "../throttle/pace.ts";
import { type Agreement, findAgreement } from "./agreement.ts";
import { capturedTables } from "./captured-tables.ts";
import { countsOf, type TableCounts } from "./table-counts.ts";
import { createTablePass, type PassOptions, passName, type TablePass } from "./table-pass.ts";
import { unfinishedCopies } from "./unfinished-copies.ts";
import type { VerifyOptions } from "./verify-options.ts";
import { openStates } from "./verify-states.ts";

export interface VerifyReport {
  readonly tables: readonly TableCounts[];
  /** False when it was stopped before its end. */
  readonly complete: boolean;
}

/** Larger pages outlive the collections of garbage that V8 makes while they are dealt with, which costs more than round trips. */
const PAGE_SIZE = 400;
const PATIENCE_MS = 15_000;

/**
 * Compares every row of every table of a plan. Parents are read before children, so that a repair finds them there; extra
 * rows are deleted children first, so that a parent takes no child along unseen. What had to wait for changes on their
 * way is decided when all is read; at last both sides are counted by their servers. Stops early, without an error, when
 * the signal is aborted.
 */
export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { plan, source, target } = options;
  const tables = planTables(plan).filter(({ name }) => options.tables?.includes(name) ?? true);
  const captured = await capturedTables(tables, source, target);
  const states = await openStates(options, tables);
  const copying = options.repair === undefined ? await unfinishedCopies(target, tables) : new Set<string>();
  const onDifference: VerifyOptions["onDifference"] = (difference) => {
    if (difference.kind !== "missing" || !copying.has(difference.table)) options.onDifference(difference);
  };
  const { pace = FREE_PACE } = options;
  const passes = sidesOf(tables).map(({ table, sides }): TablePass => {
    const pass: TablePass = createTablePass({
      table,
      sides,
      source,
      target,
      rows: options.rowsFor(table),
      isSameSecret: options.isSameSecret,
      isCaptured: captured.has(table.name),
      verify: { ...options, onDifference },
      patienceMs: options.patienceMs ?? PATIENCE_MS,
      pageSize: options.pageSize ?? PAGE_SIZE,
      pace,
      from: states.of(passName(table, sides)),
      onPage: async () => {
        options.onProgress?.(table.name, pass.now.counts);
        await states.save(passes.map((one) => one.resumable));
      },
    });
    return pass;
  });
  const agreements = new Map<string, Agreement | undefined>();
  const counts = (): readonly TableCounts[] =>
    tables.map((table) =>
      countsOf(
        table.name,
        passes.filter((pass) => pass.table === table).map(({ now }) => now),
        agreements.get(table.name),
        copying.has(table.name),
      ),
    );
  try {
    const complete = await runPasses(options, passes, captured, agreements);
    await states.save(
      passes.map((one) => one.resumable),
      complete ? new Date().toISOString() : "stopped",
    );
    return { tables: counts(), complete };
  } catch (error) {
    options.onFailed?.(counts());
    throw error;
  } finally {
    for (const pass of passes) await pass.close();
  }
}

/** Both sides are read together; a rekeyed table, whose sides have no order in common, one after the other. */
function sidesOf(
  tables: readonly TablePlan[],
): readonly { readonly table: TablePlan; readonly sides: PassOptions["sides"] }[] {
  return tables.flatMap((table) =>
    (table.isRekeyed === true ? (["source", "target"] as const) : (["both"] as const)).map((sides) => ({
      table,
      sides,
    })),
  );
}

/** False when it was stopped. */
async function runPasses(
  options: VerifyOptions,
  passes: readonly TablePass[],
  captured: ReadonlySet<string>,
  agreements: Map<string, Agreement | undefined>,
): Promise<boolean> {
  const { signal } = options;
  for (const pass of passes) if (!(await pass.read())) return false;
  for (const pass of passes) await pass.finish("source");
  for (const pass of [...passes].reverse()) await pass.finish("target");
  if (signal.aborted) return false;
  for (const table of new Set(passes.map((pass) => pass.table))) {
    const own = passes.filter((pass) => pass.table === table);
    options.onCount?.(table.name);
    const found = await findAgreement({
      table,
      source: options.source,
      target: options.target,
      rows: options.rowsFor(table),
      isCaptured: captured.has(table.name),
      found: own,
      signal,
      readSource: own[0]?.now.counts.readSource ?? 0,
      since: own[0]?.since,
    });
    if (signal.aborted) return false;
    agreements.set(table.name, found);
  }
  return true;
}
