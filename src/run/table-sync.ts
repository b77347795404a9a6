import { setImmediate } from "node:timers/promises";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Change, Position } from "../contract/change.ts";
import type { Hole } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import type { Anchor } from "../journal/at-anchor.ts";
import { readAhead } from "../journal/read-ahead.ts";
import { type Batch, createJournalReader, type JournalReader, type Survey } from "../journal/reader.ts";
import type { StateTable } from "../state/state.ts";
import type { Pace } from "../throttle/pace.ts";
import { monotonic } from "../util/monotonic.ts";
import { createBatchWriter, type PreparedUnit } from "./batch-writer.ts";
import type { BatchWriterOptions } from "./batch-writer-options.ts";
import { createLateChanges } from "./late-changes.ts";
import { markedReader, resolvedReader } from "./resolved-reader.ts";
import { alone, batchesPerTransaction, bytesOf, share } from "./shared-transactions.ts";
import { batchesPerSlice, SLICE_BYTES } from "./slice-size.ts";

/** What happened to one batch, for logs and progress. */
export interface BatchReport {
  readonly table: string;
  readonly changes: number;
  readonly position: Position;
  readonly durationMs: number;
}

export interface TableSyncOptions extends Omit<BatchWriterOptions, "reader" | "mayStillCome"> {
  readonly batchSize: number;
  readonly onBatch: (report: BatchReport) => void;
  readonly onLateChange: (table: string, position: Position) => void;
  /** Asked before a slice is written, while no transaction is open. */
  readonly pace: Pace;
  /** Called about every second of a wait that `pace` imposes. */
  readonly onWait: () => Promise<void>;
  /** Where holes that were passed are kept. */
  readonly state: StateTable;
  /** The synced tables that this one's foreign keys refer to, itself not among them; none that waits for this one. */
  readonly parents: readonly TableSync[];
}

/** One table on its way: its reader, its checkpoint, and the work of moving both. */
export interface TableSync {
  readonly table: TablePlan;
  readonly reader: JournalReader;
  /** How far it is applied. */
  readonly position: () => Position;
  /** Whether anything may still come behind what is applied. */
  survey(): Promise<Survey>;
  /** Starts from the checkpoints of its lanes, as read from the target. */
  open(lanes: readonly Checkpoint[]): Promise<void>;
  /** Tries again the changes that were set aside and are due, or all of them. Gives how many are left. */
  retryDeadLetters(all: boolean, signal: AbortSignal): Promise<number>;
  /** Applies what may be applied, batch after batch, up to a position. */
  drain(upTo: Position | undefined, signal: AbortSignal): Promise<Drained>;
}

export interface Drained {
  readonly applied: number;
  /** Nothing was left to read, at the end. */
  readonly caughtUp: boolean;
  /** A hole, or a parent, is waited for. */
  readonly waiting: boolean;
  readonly hole?: Hole;
}

/** What was read batch after batch and prepared, and how far each parent's journal reached when they had been read. */
interface Slice {
  /** Where the first of them begins. */
  readonly after: Position;
  readonly units: readonly PreparedUnit[];
  /** How the last of them ended. */
  readonly last: Batch;
  readonly parents: Reached;
}

type Reached = ReadonlyMap<TableSync, Position>;

/** Changes up to a position wait for their parents: as far as the parents' journals reached when the wait began. */
interface Wait {
  readonly upTo: Position;
  readonly parents: Reached;
}

const NO_WAIT: Wait = { upTo: 0n, parents: new Map() };

const changesIn = ({ units }: Slice): number => units.reduce((sum, { unit }) => sum + unit.changes.length, 0);

export function createTableSync(options: TableSyncOptions): TableSync {
  const { table } = options;
  // Each lane writes a batch of its own at a time.
  const { pace } = options;
  const batchSize = Math.max(1, Math.min(options.batchSize * options.parallelism, pace.mostRows));
  const mostBatches = Math.max(1, Math.floor(pace.mostRows / batchSize));
  const ahead = readAhead(createJournalReader(options.source, table));
  const appliedTo = (): Position => writer.checkpoint().position;
  const { resolveKeys, markLeftOut } = options.rows;
  const reader = markedReader(resolvedReader(ahead, table, resolveKeys, appliedTo), markLeftOut);
  const writer = createBatchWriter({ ...options, reader, mayStillCome });
  const late = options.source.dialect.capabilities.provesHoles
    ? undefined
    : createLateChanges({
        ...options,
        reader,
        applied: appliedTo,
        apply: (changes) => writer.writeLate(changes),
        onLate: options.onLateChange,
      });
  let wait = NO_WAIT;
  let readTo: Position = 0n;

  /** Read, but its parents had not come so far yet. Kept, since a later read would have them come further still. */
  let held: Slice | undefined;

  const reachedParents = async (): Promise<Reached> =>
    new Map(await Promise.all(options.parents.map(async (p) => [p, await p.reader.highest()] as const)));

  /**
   * Reads what may be applied once the parents are where their journals reach afterwards: a transaction that has
   * become visible in this journal is visible in theirs too. Were a row applied before an earlier deletion and
   * re-creation of its parent, the target's cascade would take it along.
   */
  async function readSlice(after: Anchor, upTo: Position | undefined, slicesBefore = 0): Promise<Slice> {
    const sharesNoWait = options.parents.length === 0 && options.parallelism === 1;
    const isBehind = slicesBefore > 0;
    const shared = isBehind ? batchesPerTransaction(batchSize) : 1;
    const most = Math.min(mostBatches, sharesNoWait ? shared : batchesPerSlice(batchSize, slicesBefore));
    let last = await reader.read(after, batchSize, upTo);
    const batches = [last];
    let bytes = bytesOf(last);
    while (last.full && batches.length < most && bytes < SLICE_BYTES) {
      last = await reader.read(last.end, batchSize, upTo);
      batches.push(last);
      bytes += bytesOf(last);
    }
    if (last.end.position > readTo) readTo = last.end.position;
    const filled = batches.filter((batch) => batch.changes.length > 0);
    const parents = filled.length === 0 ? new Map() : await reachedParents();
    const prepared: PreparedUnit[] = [];
    for (const unit of isBehind && writer.mayShare() ? share(filled) : alone(filled)) {
      // Much work at a stretch: what is being written is sent first, and lanes that have had their answers go on.
      await setImmediate();
      prepared.push(await writer.prepare(unit));
    }
    return { after: after.position, units: prepared, last, parents };
  }

  async function parentsCame(parents: Reached, signal: AbortSignal): Promise<boolean> {
    for (const [parent, position] of parents) {
      if (parent.position() < position) await parent.drain(position, signal);
      if (parent.position() < position) return false;
    }
    return true;
  }

  const haveCome = (parents: Reached): boolean =>
    [...parents].every(([parent, position]) => parent.position() >= position);

  /**
   * A parent may come until its journal, as far as it reached when the wait began, is applied. What had been read by then
   * shares one wait: were there one for each change, two that are decided on in turns would wait for ever.
   */
  async function mayStillCome({ position }: Change): Promise<boolean> {
    if (position > wait.upTo) {
      const upTo = position > readTo ? position : readTo;
      wait = { upTo, parents: await reachedParents() };
    }
    return !haveCome(wait.parents);
  }

  return {
    table,
    reader,
    position: appliedTo,
    survey: () => reader.survey(writer.checkpoint(), 1),
    async open(from) {
      held = undefined;
      wait = NO_WAIT;
      readTo = 0n;
      reader.reset();
      await writer.open(from);
      await late?.open();
    },
    async retryDeadLetters(all, signal) {
      await late?.look(all);
      const left = await writer.retryDeadLetters(all, signal);
      // Decided on by now: a later try of a letter waits for what has come to the journals by then.
      if (haveCome(wait.parents)) wait = NO_WAIT;
      return left;
    },
    async drain(upTo, signal) {
      let applied = 0;
      let slices = 0;
      let next: Promise<Slice> | undefined =
        held === undefined ? readSlice(writer.checkpoint(), upTo) : Promise.resolve(held);
      try {
        for (;;) {
          const slice: Slice = await next;
          next = undefined;
          held = slice;
          if (!(await parentsCame(slice.parents, signal))) return { applied, caughtUp: false, waiting: true };
          await pace.spend(changesIn(slice), signal, options.onWait);
          if (signal.aborted) return { applied, caughtUp: false, waiting: false };
          held = undefined;
          const { last } = slice;
          const positions = slice.units.flatMap(({ unit }) => unit.changes.map(({ position }) => position));
          await late?.note(slice.after, positions);
          let since = monotonic();
          const onWritten = ({ changes, end: { position } }: Batch): void => {
            const now = monotonic();
            options.onBatch({
              table: table.name,
              changes: changes.length,
              position,
              durationMs: Math.round(now - since),
            });
            applied += changes.length;
            since = now;
          };
          let onSending = (): void => undefined;
          const isSending = new Promise<void>((resolve) => {
            onSending = resolve;
          });
          const writing = writer.write(slice.units, signal, { onSending, onWritten });
          // The statements before the rows are short, and would wait for whatever else this process does meanwhile.
          await Promise.race([isSending, writing]);
          // The next changes are read while these are applied; they are thrown away when these do not go through.
          next = last.full && !signal.aborted ? readSlice(last.end, upTo, ++slices) : undefined;
          next?.catch(() => undefined);
          const end = await writing;
          if (end !== "written") return { applied, caughtUp: false, waiting: end === "waiting" };
          if (next === undefined) {
            const hole = last.blocked;
            if (!last.full) writer.caughtUp();
            return {
              applied,
              caughtUp: !last.full && hole === undefined,
              waiting: hole !== undefined,
              ...(hole === undefined ? {} : { hole }),
            };
          }
        }
      } finally {
        // A read under way must not outlive the connections.
        await next?.catch(() => undefined);
        await ahead.settled();
      }
    },
  };
}
