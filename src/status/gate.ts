/**
 * The gate before the switch, as a decision over looks: what was seen goes in, the answer comes out. Reading and waiting
 * are `run/drain-gate.ts`'s.
 */
import type { Position } from "../contract/change.ts";
import { behindReasons, faultReasons, type Reason, reason } from "./arrival.ts";
import type { TableSnapshot } from "./snapshot.ts";

export interface DrainTable {
  readonly schema: string;
  readonly table: string;
  readonly pending: number | null;
  /** Age of the oldest change that is not applied, at most; null while it was not measured. */
  readonly lagSeconds: number | null;
  readonly deadLetters: number;
}

/** What one look found. */
export interface Look {
  readonly atMs: number;
  readonly tables: readonly TableSnapshot[];
}

/** What is remembered from look to look. */
export interface GateState {
  /** Looks in a row that found no reason. */
  readonly agreed: number;
  readonly tables: ReadonlyMap<string, Remembered>;
}

interface Remembered {
  readonly checkpoint: string | null;
  readonly reached: Position | undefined;
  /** How far the journal reached at earlier looks, oldest first. */
  readonly seen: readonly { readonly atMs: number; readonly highest: Position }[];
}

export interface Judged {
  readonly state: GateState;
  readonly reasons: readonly Reason[];
  readonly tables: readonly DrainTable[];
  /** Tables with changes whose checkpoint has not moved since the look before. */
  readonly standing: readonly TableSnapshot[];
}

export const NO_LOOKS: GateState = { agreed: 0, tables: new Map() };

/**
 * Looks that have to agree. One alone cannot tell whether the source is still written, nor that a transaction which took
 * its first position after that look was not about to.
 */
const LOOKS = 2;

/** Whether the last looks agree that everything has arrived. */
export const isDrained = ({ agreed }: GateState): boolean => agreed >= LOOKS;

/** Takes a look in. With `maxLagSeconds`, tables may go on being written while they are measured to be no further behind. */
export function judge(before: GateState, look: Look, maxLagSeconds?: number): Judged {
  const judged = look.tables.map((table) => {
    const known = before.tables.get(idOf(table));
    const now = remember(known, table, look.atMs);
    const lagSeconds = lag(table, now, look.atMs);
    return { table, known, now, lagSeconds };
  });
  const reasons = judged.flatMap(({ table: { status, journal }, known, lagSeconds }) => [
    ...faultReasons(status),
    ...(maxLagSeconds === undefined
      ? [
          ...behindReasons(status),
          ...reason(
            status,
            known !== undefined && known.reached !== journal?.reached,
            "still-written",
            "the source was written between two looks",
          ),
        ]
      : lagReasons(status, lagSeconds, maxLagSeconds)),
  ]);
  return {
    state: {
      agreed: reasons.length === 0 ? before.agreed + 1 : 0,
      tables: new Map(judged.map(({ table, now }) => [idOf(table), now])),
    },
    reasons,
    tables: judged.map(({ table: { status }, lagSeconds }) => ({
      schema: status.schema,
      table: status.table,
      pending: status.pending,
      lagSeconds,
      deadLetters: status.deadLetters,
    })),
    standing: judged.flatMap(({ table, known }) =>
      table.status.pending !== 0 && known?.checkpoint === table.status.checkpoint ? [table] : [],
    ),
  };
}

const idOf = ({ status }: TableSnapshot): string => `${status.schema}/${status.table}`;

function remember(
  known: Remembered | undefined,
  { status, journal }: TableSnapshot,
  atMs: number,
): Remembered {
  const { checkpoint } = status;
  if (journal === undefined) return { checkpoint, reached: undefined, seen: [] };
  const { highest, reached } = journal;
  const seen = [...(known?.seen ?? []), { atMs, highest }];
  const applied = BigInt(checkpoint ?? "0");
  // Of what is applied, the latest tells all.
  const from = seen.findLastIndex((sample) => sample.highest <= applied);
  return { checkpoint, reached, seen: seen.slice(Math.max(from, 0)) };
}

/**
 * As the time of capture tells. Without one, what was visible at a look and is applied by now bounds the age of everything that is not applied: it came after
 * that look. While nothing that was seen is applied, nothing is known.
 */
function lag({ status }: TableSnapshot, { seen }: Remembered, nowMs: number): number | null {
  if (status.pending === null) return null;
  if (status.lagSeconds !== null) return status.lagSeconds;
  const applied = BigInt(status.checkpoint ?? "0");
  const [latest] = seen;
  return latest === undefined || latest.highest > applied ? null : (nowMs - latest.atMs) / 1000;
}

function lagReasons(
  status: TableSnapshot["status"],
  lagSeconds: number | null,
  maxLagSeconds: number,
): readonly Reason[] {
  if (status.pending === null) return [];
  const found =
    lagSeconds === null ? "how far it is behind is not known yet" : `up to ${lagSeconds.toFixed(1)} s behind`;
  return reason(
    status,
    lagSeconds === null || lagSeconds > maxLagSeconds,
    "lagging",
    `${found}, ${maxLagSeconds} s are allowed`,
  );
}
