import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Position } from "../contract/change.ts";
import { monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import type { ComparisonOptions } from "./comparison-options.ts";

/** How far a table's journal is applied, as it was read last. Without capture it stays at the beginning. */
export interface AppliedPosition {
  /** Reads it now. */
  read(): Promise<Position>;
  /** Reads it when what is known is older than a second. */
  refresh(): Promise<void>;
  /**
   * Waits until it has come to a bound. False when it stands still for so long, or where it stood still so long before, or
   * when it is stopped.
   */
  reach(bound: Position, patienceMs: number, signal: AbortSignal): Promise<boolean>;
  /** What is read from the tables after this has seen every change up to it. */
  readonly known: Position;
}

const FRESH_MS = 1_000;
const POLL_MS = 100;

export function createAppliedPosition({ table, target, isCaptured }: ComparisonOptions): AppliedPosition {
  let known: Position = 0n;
  let readAt: number | undefined;
  let stuckAt: Position | undefined;

  async function read(): Promise<Position> {
    if (!isCaptured) return known;
    const { checkpoint } = table.targetNames;
    known = (await readCheckpoint(target.db, target.dialect, checkpoint))?.position ?? 0n;
    readAt = monotonic();
    return known;
  }

  async function reach(bound: Position, patienceMs: number, signal: AbortSignal): Promise<boolean> {
    let position = await read();
    let since = monotonic();
    while (position < bound) {
      if (signal.aborted || position === stuckAt) return false;
      if (monotonic() - since >= patienceMs) {
        stuckAt = position;
        return false;
      }
      await sleep(POLL_MS, signal);
      const now = await read();
      if (now !== position) since = monotonic();
      position = now;
    }
    return true;
  }

  return {
    read,
    reach,
    async refresh() {
      if (readAt === undefined || monotonic() - readAt > FRESH_MS) await read();
    },
    get known() {
      return known;
    },
  };
}
