import { readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Position } from "../contract/change.ts";
import { monotonic } from "../util/monotonic.ts";
import type { ComparisonOptions } from "./comparison-options.ts";

/** How far a table's journal is applied, as it was read last. Without capture it stays at the beginning. */
export interface AppliedPosition {
  /** Reads it now. */
  read(): Promise<Position>;
  /** Reads it when what is known is older than a second. */
  refresh(): Promise<void>;
  /** What is read from the tables after this has seen every change up to it. */
  readonly known: Position;
}

const FRESH_MS = 1_000;

export function createAppliedPosition({ table, target, isCaptured }: ComparisonOptions): AppliedPosition {
  let known: Position = 0n;
  let readAt: number | undefined;

  async function read(): Promise<Position> {
    if (!isCaptured) return known;
    const { checkpoint } = table.targetNames;
    known = (await readCheckpoint(target.db, target.dialect, checkpoint))?.position ?? 0n;
    readAt = monotonic();
    return known;
  }

  return {
    read,
    async refresh() {
      if (readAt === undefined || monotonic() - readAt > FRESH_MS) await read();
    },
    get known() {
      return known;
    },
  };
}
