import { applyNet, type RowFor } from "../apply/applier.ts";
import { asRefusal } from "../apply/as-refusal.ts";
import type { BringAlong } from "../apply/children-along.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { PreparedWrite } from "../contract/dialect.ts";
import { originOf } from "../contract/origin.ts";
import type { Anchor } from "../journal/at-anchor.ts";
import { createLaterChanges } from "../journal/later-changes.ts";
import { type NetSegment, netChanges } from "../journal/net.ts";
import type { Batch } from "../journal/reader.ts";
import type { BatchWriterOptions } from "./batch-writer-options.ts";
import { findAlong } from "./find-along.ts";
import { createLaneCheckpoints } from "./lane-checkpoints.ts";
import { flow } from "./lane-flow.ts";
import { type LanePart, mayLead, spread } from "./lanes.ts";
import { createReplay, type Replay } from "./replay.ts";
import { createLetterRetry } from "./retry-letters.ts";
import { alone, type Unit } from "./shared-transactions.ts";
import { prepareShortWrite } from "./short-write.ts";
import { createTableLetters } from "./table-letters.ts";
import { writeRules } from "./write-rules.ts";

/** Writes batches of one table, each with its checkpoint in one transaction, and sets aside what the target refuses. */
export interface BatchWriter {
  /** Up to here everything is applied. */
  readonly checkpoint: () => Checkpoint;
  /** Takes up where the lanes of the target stand. */
  open(lanes: readonly Checkpoint[]): Promise<void>;
  /** Whether batches may share a transaction at this time. */
  mayShare(): boolean;
  /** Nets and transforms a unit; nothing is written, so that it can be done while the one before is written. */
  prepare(unit: Unit): Promise<PreparedUnit>;
  /**
   * Writes units that follow each other. "waiting": a change has to wait for its parent, and the checkpoint stands
   * before it.
   */
  write(units: readonly PreparedUnit[], signal: AbortSignal, told: WriteEvents): Promise<WriteEnd>;
  /** Tries again the letters that are due, or all of them. Gives how many are left. */
  retryDeadLetters(all: boolean, signal: AbortSignal): Promise<number>;
  /** Applies changes whose turn has passed; gives the positions of those that are dealt with. */
  writeLate: Replay["writeLate"];
  /** Everything is applied: what was found out about the backlog is of no use any more. */
  caughtUp(): void;
}

export interface WriteEvents {
  /** Rows are about to be sent, and no other statement goes before them: there is time for other work. */
  readonly onSending: () => void;
  /** Every lane has written this batch. */
  readonly onWritten: (batch: Batch) => void;
}

export type WriteEnd = "written" | "waiting" | "stopped";

/** A unit with all that can be worked out before its turn to be written. */
export interface PreparedUnit {
  readonly unit: Unit;
  /** One for each lane. */
  readonly parts: readonly PreparedPart[];
}

interface PreparedPart extends LanePart {
  readonly segments: readonly NetSegment[];
  readonly rowFor: RowFor;
  /** The short way, for a part that may take it. */
  readonly short: PreparedWrite | undefined;
  readonly bringAlong: BringAlong | undefined;
}

/** A deadlock, or a lock that was waited for in vain: nothing of the transaction is left. */
function isOfItsTime(error: unknown): boolean {
  const origin = originOf(error);
  return origin?.side === "target" && origin.dialect.classifyError(error).class === "transient";
}

export function createBatchWriter(options: BatchWriterOptions): BatchWriter {
  const { target, table, rows, deadLetters: store } = options;
  const lanes = createLaneCheckpoints(target, table.targetNames.checkpoint);
  const letters = createTableLetters(target.db, store, table, options.deadLetterLimit);

  const later = createLaterChanges(options.source, table);
  const replay = createReplay(options, lanes, letters, later);
  const { reader } = options;
  const retry = createLetterRetry({
    table,
    dialect: target.dialect,
    reader,
    lanes,
    letters,
    replay,
    later,
    late: options.late,
  });

  async function preparePart(part: LanePart): Promise<PreparedPart> {
    const segments = netChanges(part.changes, table.key);
    const rowFor = await rows.prepare(segments.flatMap((segment) => segment.upserts));
    const { keepOnUpdate } = rows;
    const policy = options.conflictPolicy;
    const bringAlong = await findAlong(
      options,
      segments.flatMap((segment) => segment.upserts),
      rowFor,
    );
    const short =
      // The short way cannot ask who serves between its writes and its commit.
      bringAlong === undefined && options.late === undefined
        ? await prepareShortWrite(target.dialect, table, segments, rowFor, keepOnUpdate, policy)
        : undefined;
    return { ...part, segments, rowFor, short, bringAlong };
  }

  async function writePart(part: PreparedPart, end: Anchor, onSending: () => void): Promise<void> {
    const { changes, segments, rowFor, short, bringAlong } = part;
    const [from] = lanes.behind([part], end);
    if (from === undefined) return;
    const isShort = short !== undefined && letters.count() === 0;
    if (isShort && (await lanes.writeShort(from, end, short, onSending))) return;
    const remember = await lanes.transaction([from], end, async (tx) => {
      const rules = { ...writeRules(options, letters), bringAlong };
      const applying = applyNet(tx, target.dialect, table, segments, rowFor, rules);
      onSending();
      await applying;
      return await letters.record(tx, { settled: changes, refused: [] });
    });
    remember();
  }

  /** Lanes that insert side by side may deadlock: the one whose transaction was ended for it finds its way free now. */
  async function writeOnceMore(part: PreparedPart, end: Anchor, onSending: () => void): Promise<void> {
    try {
      await writePart(part, end, onSending);
    } catch (error) {
      if (lanes.all().length === 1 || !isOfItsTime(error)) throw error;
      await writePart(part, end, onSending);
    }
  }

  /** What lanes were refused, together and in order. */
  async function writeTogether(parts: readonly LanePart[], end: Anchor): Promise<boolean> {
    const moved = lanes.behind(parts, end);
    const changes = parts.flatMap((part) => part.changes).sort((a, b) => (a.position < b.position ? -1 : 1));
    if (changes.length > 0) return await replay.write(moved, changes, end);
    await lanes.transaction(moved, end, () => Promise.resolve());
    return true;
  }

  /** No lane has to stay level with another. */
  const flowsFreely = (): boolean => lanes.all().length === 1 || mayLead(table);

  async function prepareUnit(unit: Unit): Promise<PreparedUnit> {
    const parts = spread(lanes.all(), table, unit.changes);
    return { unit, parts: await Promise.all(parts.map(preparePart)) };
  }

  /**
   * Each lane writes its own keys. One can be refused only because another was slower to free a unique key, or faster to
   * take it: when the others have come to one end, whatever the refused ones have left up to there is written in order.
   */
  async function writeFlow(
    units: readonly PreparedUnit[],
    signal: AbortSignal,
    told: WriteEvents,
  ): Promise<WriteEnd> {
    let rest = units;
    while (rest.length > 0) {
      if (signal.aborted) return "stopped";
      const { end, written } = await flow({
        lanes: lanes.all().length,
        units: rest,
        signal,
        write: async ({ unit, parts }, lane) => {
          const part = parts[lane];
          if (part !== undefined) await writeOnceMore(part, unit.end, told.onSending);
        },
        isRefusal: (error) => asRefusal(target.dialect, error) !== undefined,
        onWritten: ({ unit }) => unit.of.forEach(told.onWritten),
      });
      const slowest = Math.min(...written);
      for (const [i, { unit, parts }] of rest.slice(0, end).entries()) {
        if (i < slowest) continue;
        const left = parts.filter((_, lane) => (written[lane] ?? 0) <= i);
        const ended = await writeRefused(unit, left, signal, told);
        if (ended !== "written") return ended;
      }
      rest = rest.slice(end);
    }
    return "written";
  }

  /** What lanes have left of a unit: of several batches each is tried on its own first, so that a refusal concerns one. */
  async function writeRefused(
    unit: Unit,
    left: readonly LanePart[],
    signal: AbortSignal,
    told: WriteEvents,
  ): Promise<WriteEnd> {
    if (unit.of.length > 1) {
      const singly: PreparedUnit[] = [];
      for (const batch of alone(unit.of)) singly.push(await prepareUnit(batch));
      return await writeFlow(singly, signal, told);
    }
    if (!(await writeTogether(left, unit.end))) return "waiting";
    unit.of.forEach(told.onWritten);
    return "written";
  }

  return {
    checkpoint: lanes.lowest,
    async open(from) {
      await lanes.open(from, options.parallelism, mayLead(table));
      await letters.reload();
      await options.drops.open();
      later.forget();
      replay.forget();
    },
    // Lanes that must not lead each other would be apart while the batches of a refused unit are written one by one.
    mayShare: () => flowsFreely() && !letters.arePouringIn(),
    prepare: prepareUnit,
    async write(units, signal, told) {
      const flows = flowsFreely() ? [units] : units.map((unit) => [unit]);
      for (const together of flows) {
        const end = await writeFlow(together, signal, told);
        if (end !== "written") return end;
      }
      return "written";
    },
    async retryDeadLetters(all, signal) {
      const left = await retry.retry(all, signal);
      await options.late?.settle();
      return left;
    },
    writeLate: replay.writeLate,
    caughtUp: later.forget,
  };
}
