import type { Position } from "../contract/change.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Pace } from "../throttle/pace.ts";
import { createAppliedPosition } from "./applied-position.ts";
import type { ComparisonOptions } from "./comparison-options.ts";
import { type Confirmed, createConfirmed } from "./confirmed.ts";
import type { Difference, Direction } from "./difference.ts";
import { isSecretKey, keyLabel } from "./key-label.ts";
import { newPass, type PageStart, type PassCounts, type PassState } from "./progress-state.ts";
import { readMerged } from "./read-merged.ts";
import { readSide } from "./read-side.ts";
import type { ReadStep, SafePlace } from "./read-step.ts";
import { repairDifferences } from "./repair.ts";
import { createSettler, type Settler } from "./settle.ts";
import { compareTable, type TableComparison } from "./table-comparison.ts";
import { createTold } from "./told.ts";
import type { ReportedDifference, VerifyOptions } from "./verify-options.ts";

/** One reading of a table: of both sides at the same time, or of one. */
export interface TablePass {
  readonly table: TablePlan;
  /** Reads to the end and decides what can be decided meanwhile. False when it was stopped. */
  read(): Promise<boolean>;
  /** Decides all the rest of the differences that this side showed. */
  finish(side: Direction): Promise<void>;
  close(): Promise<void>;
  /** How it stands now, rows that nothing was decided about yet among the pending ones. */
  readonly now: PassState;
  /** How it stood last when another process could have gone on from there. */
  readonly resumable: PassState;
  /** The differences that were found. */
  readonly confirmed: Confirmed;
  readonly comparison: TableComparison;
  /** The checkpoint before the first row was read; undefined without capture. */
  readonly since: Position | undefined;
}

export interface PassOptions extends ComparisonOptions {
  /** "both" but for rekeyed tables, where no order brings the two sides together. */
  readonly sides: Direction | "both";
  readonly verify: VerifyOptions;
  readonly patienceMs: number;
  readonly pageSize: number;
  readonly pace: Pace;
  readonly from: PassState | undefined;
  /** Told after each page. */
  readonly onPage: () => Promise<void>;
}

/** More pages than these are not named in a state: it stays at the place before them. */
const MOST_PAGES = 1_000;
/** Of more than these a state does not say that they are told: it stays at the place before them. */
const MOST_TOLD_IN_STATE = 10_000;

export const passName = (table: TablePlan, sides: PassOptions["sides"]): string =>
  sides === "both" ? table.name : `${sides} ${table.name}`;

export function createTablePass(options: PassOptions): TablePass {
  const { table, pace, from, target, isCaptured, verify } = options;
  const { signal, onDifference, repair } = verify;
  const sides: readonly Direction[] = options.sides === "both" ? ["source", "target"] : [options.sides];
  // Not more at a time than a second may have, of both sides together.
  const mostAtOnce = Math.max(1, Math.floor(pace.mostRows / sides.length));
  const pageSize = Math.min(options.pageSize, mostAtOnce);
  const comparison = compareTable(options);
  const applied = createAppliedPosition(options);
  const { told: toldBefore, ...begun } = from ?? newPass(passName(table, options.sides));
  let state: PassState = begun;
  let resumable = from ?? state;
  const told = createTold(toldBefore);
  const confirmed = createConfirmed(state.counts);

  const count = (change: (before: PassCounts) => Partial<PassCounts>): void => {
    state = { ...state, counts: { ...state.counts, ...change(state.counts) } };
  };

  function tell(
    { key, side, columns, ...difference }: Difference,
    kind: ReportedDifference["kind"],
    outcome?: { readonly repaired: boolean; readonly reason?: string },
  ): void {
    count((before) => ({
      [kind]: before[kind] + 1,
      ...(outcome?.repaired ? { repaired: before.repaired + 1 } : {}),
    }));
    const reason = outcome?.reason ?? difference.reason;
    onDifference({
      table: table.name,
      kind,
      key: keyLabel(keyColumns(table, side), key),
      columns,
      ...(reason === undefined ? {} : { reason }),
      ...(outcome === undefined ? {} : { repaired: outcome.repaired }),
    });
  }

  function settlerOf(side: Direction): Settler {
    /** A second look shows what has become of a row, on the other side too, whose own page tells of it as a rule. */
    const news = (all: readonly Difference[]): readonly Difference[] =>
      all.filter((difference) => told.isNew(difference, difference.side === side));
    return createSettler({
      ...options,
      comparison,
      applied,
      pageSize,
      // A parent that is deleted must take no child along unseen: extra rows go last, and children first.
      isDeferred: side === "target" && repair?.deleteExtra === true,
      signal,
      onWait: (rows) => verify.onWait?.(table.name, rows),
      onPending: (all) => {
        for (const difference of news(all)) tell(difference, "pending");
      },
      onConfirmed: async (all) => {
        const found = news(all);
        confirmed.keep(found);
        if (repair === undefined) {
          for (const difference of found) tell(difference, difference.kind);
          return;
        }
        const { deleteExtra } = repair;
        const onTarget = { ...target, db: verify.target.db };
        const mending = { ...options, target: onTarget, comparison, deleteExtra, signal };
        for (const outcome of await repairDifferences(mending, found))
          tell(outcome.difference, outcome.difference.kind, outcome);
      },
    });
  }

  const settlers = new Map(sides.map((side) => [side, settlerOf(side)]));
  const waiting = (): number => [...settlers.values()].reduce((sum, settler) => sum + settler.waiting, 0);

  /** Pages with rows that another process had not decided about. */
  async function readAgain(): Promise<void> {
    for (const { side, start } of state.again) {
      await applied.refresh();
      const page = side === "source" ? comparison.sourcePage : comparison.targetPage;
      const from = applied.known;
      await settlers.get(side)?.take({ start, from }, (await page(start, pageSize)).differences);
    }
    state = { ...state, again: [] };
  }

  function mark({ cursor, read, again }: SafePlace, base: PassCounts): void {
    // A key that is a secret is written nowhere: such a table begins anew.
    if (sides.some((side) => isSecretKey(keyColumns(table, side))) && !(state.isDone && waiting() === 0))
      return;
    const pages: PageStart[] = [...again];
    for (const [side, settler] of settlers) {
      if (settler.pages === undefined) return;
      pages.push(...settler.pages.map((start) => ({ side, start })));
    }
    if (pages.length > MOST_PAGES || (pages.length > 0 && told.size > MOST_TOLD_IN_STATE)) return;
    const counts = {
      ...state.counts,
      readSource: base.readSource + read.source,
      readTarget: base.readTarget + read.target,
    };
    resumable = {
      ...state,
      counts,
      cursor,
      again: pages,
      // A page that waits is read again, with the rows that were judged meanwhile.
      ...(pages.length === 0 ? {} : { told: told.names }),
    };
  }

  let last: { readonly safe: SafePlace; readonly base: PassCounts } | undefined;

  async function readOn(): Promise<boolean> {
    if (isCaptured && state.since === undefined) state = { ...state, since: String(await applied.read()) };
    const { cursor, counts: base } = state;
    const { ofRows } = comparison;
    const steps: AsyncGenerator<ReadStep> =
      options.sides === "both"
        ? readMerged({ ...options, ofRows, applied, cursor, limit: pageSize, mostAtOnce })
        : readSide({ comparison, applied, cursor, direction: options.sides, limit: pageSize });
    let sofar = 0;
    state = { ...state, readFrom: state.readFrom ?? new Date().toISOString() };
    if (signal.aborted) return false;
    for await (const { read, found, leftOut, safe, isDone } of steps) {
      const others = confirmed.leaveOut(leftOut);
      count((before) => ({
        leftOut: before.leftOut + others,
        readSource: base.readSource + read.source,
        readTarget: base.readTarget + read.target,
      }));
      for (const page of found) await settlers.get(page.side)?.take(page, page.differences);
      state = { ...state, isDone, readTo: new Date().toISOString() };
      if (safe !== undefined) {
        last = { safe, base };
        mark(safe, base);
      }
      await options.onPage();
      if (isDone) return true;
      const all = read.source + read.target;
      await pace.spend(Math.max(0, all - sofar), signal);
      sofar = Math.max(sofar, all);
      if (signal.aborted) return false;
    }
    return false;
  }

  return {
    table,
    comparison,
    get since() {
      return state.since === undefined ? undefined : BigInt(state.since);
    },
    async read() {
      const isNeeded = !state.isDone || state.again.length > 0;
      if (isNeeded) await pace.spend(0, signal);
      if (isNeeded && options.sides === "target")
        await comparison.beforeTarget({ pageSize, signal, spend: (rows) => pace.spend(rows, signal) });
      await readAgain();
      return state.isDone || (await readOn());
    },
    async finish(side) {
      await settlers.get(side)?.finish();
      if (last !== undefined) mark(last.safe, last.base);
    },
    async close() {
      for (const settler of settlers.values()) await settler.close();
    },
    get now() {
      const pending = state.counts.pending + waiting();
      return { ...state, counts: { ...state.counts, pending } };
    },
    get resumable() {
      return resumable;
    },
    get confirmed() {
      return confirmed.now;
    },
  };
}

/** The columns that name a row on one side, as they are to be shown. */
function keyColumns(table: TablePlan, side: Direction): readonly { readonly name: string }[] {
  if (side === "target") return table.key;
  return table.key.map(({ source }) => ({ name: source.name.toUpperCase() }));
}
