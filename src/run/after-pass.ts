/** When a run of a group ends by itself. */
export type Until = "stopped" | "one pass" | "drained";

/** What a pass over a group's tables came to. */
export interface PassResult {
  readonly applied: number;
  readonly allCaughtUp: boolean;
  /** For an open hole, for a parent, or for what may still come behind everything that is applied. */
  readonly waiting: boolean;
}

/** What a loop remembers from pass to pass; moments are those of a monotonic clock. */
export interface LoopState {
  /** Passes in a row that found nothing. */
  readonly emptyPolls: number;
  readonly blockedSince?: number;
  readonly reportedAt?: number;
  readonly onePassUntil?: number;
}

export interface LoopRules {
  readonly until: Until;
  readonly syncIntervalMs: number;
  /** Youngest age at which the source lets a hole be judged. */
  readonly minHoleAgeMs: number;
}

export interface LoopStep {
  readonly state: LoopState;
  /** "drained": the journals are, and dead letters get their last try. */
  readonly next: "again" | "end" | "drained";
  /** What is waited for is to be told, with the moment since when. */
  readonly tellBlockedSince?: number;
  readonly pauseMs: number;
}

/** How soon an open hole is looked at again. */
const HOLE_POLL_MS = 50;
/** What has come is followed by more, of this table or of one that refers to it: the next look does not wait longer than this. */
const BUSY_POLL_MS = 500;
/** A run that ends when it is drained does not wait longer than this for what may still come. */
const DRAINED_POLL_MS = 500;
/** An open hole this old is reported, and again every so often. */
const BLOCKED_PATIENCE_MS = 500;
const BLOCKED_REPORT_MS = 10_000;
/** One pass takes this long beyond the age at which a hole can be judged, before a hole ends it. */
const ONE_PASS_MARGIN_MS = 500;
/** Empty polls in a row that count as drained. */
const EMPTY_POLLS = 2;
/** Every so many idle polls the journals are read all the same. */
const TRUSTED_POLLS = 20;

export const BEGIN: LoopState = { emptyPolls: 0 };

/** Whether the source's word that no position was handed out is enough, without reading a journal. */
export function mayTrustIdle({ emptyPolls }: LoopState): boolean {
  return emptyPolls > 0 && emptyPolls % TRUSTED_POLLS !== 0;
}

/** Decides what follows a pass. */
export function afterPass(before: LoopState, pass: PassResult, rules: LoopRules, now: number): LoopStep {
  const { until, syncIntervalMs } = rules;
  // A rolled-back hole is proven dead only by a second look: without it, no pass would ever get beyond it.
  const onePassUntil = before.onePassUntil ?? now + rules.minHoleAgeMs + ONE_PASS_MARGIN_MS;
  const emptyPolls = pass.allCaughtUp && pass.applied === 0 ? before.emptyPolls + 1 : 0;
  const idleMs = pass.applied > 0 ? Math.min(BUSY_POLL_MS, syncIntervalMs) : syncIntervalMs;
  const pause = pass.waiting ? Math.min(HOLE_POLL_MS, syncIntervalMs) : idleMs;
  const pauseMs = until === "drained" ? Math.min(pause, DRAINED_POLL_MS) : pause;
  const told = before.reportedAt === undefined ? {} : { reportedAt: before.reportedAt };
  const idle: LoopState = { emptyPolls, onePassUntil, ...told };
  if (until === "one pass" && (!pass.waiting || now > onePassUntil))
    return { state: idle, next: "end", pauseMs };
  if (until === "drained" && emptyPolls >= EMPTY_POLLS && !pass.waiting)
    return { state: idle, next: "drained", pauseMs };
  if (!pass.waiting) return { state: idle, next: "again", pauseMs };
  const blockedSince = before.blockedSince ?? now;
  const isTold = before.reportedAt !== undefined && now - before.reportedAt < BLOCKED_REPORT_MS;
  const state: LoopState = { ...idle, blockedSince };
  if (isTold || now - blockedSince < BLOCKED_PATIENCE_MS) return { state, next: "again", pauseMs };
  return { state: { ...state, reportedAt: now }, next: "again", tellBlockedSince: blockedSince, pauseMs };
}
