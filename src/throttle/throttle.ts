/** Holds run, copy and verify back while a throttle query or the operator says so; they never end for it. */
import type { Dialect } from "../contract/dialect.ts";
import type { Queryable, ResultRow } from "../db/database.ts";
import type { Held } from "../state/held.ts";
import { pauseIn } from "../state/pause.ts";
import { readState, type StateTable } from "../state/state.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import {
  type Answer,
  FAILING_MS,
  type HoldState,
  judgeHold,
  NOT_HELD,
  type QuerySide,
} from "./judge-hold.ts";
import { type Pace, WAIT_MS } from "./pace.ts";

export interface ThrottleQuery {
  readonly dialect: Dialect;
  readonly db: Queryable;
  /** A SELECT; the first value of its first row counts. */
  readonly sql: string;
}

export interface ThrottleOptions {
  /** Where the pause is kept. */
  readonly state: StateTable;
  readonly stateDb: Queryable;
  readonly queries: Readonly<Partial<Record<QuerySide, ThrottleQuery>>>;
  /** The limit of rows, shared by all that spend from it. */
  readonly pace: Pace;
  readonly events: ThrottleEvents;
  readonly now?: Clock;
  /** As `sleep`. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface ThrottleEvents {
  /** Held back from now on, or for another reason than before; awaited. */
  held(held: Held): Promise<void> | void;
  /** Nothing holds back any more. */
  released(seconds: number): Promise<void> | void;
  /** A throttle query fails: told when it begins, when work goes on without it, and every ten minutes then. */
  failing(side: QuerySide, reason: string, goesOn: boolean): void;
}

/** Between two looks; who spends in between goes by the last one. */
const LOOK_MS = 1_000;
/** A query without an answer for so long counts as failed; it is not asked again before it has ended. */
const ANSWER_MS = 5_000;
const TELL_AGAIN_MS = 600_000;

export function createThrottle(options: ThrottleOptions): Pace {
  const { state, stateDb, queries, pace, events, now = monotonic, wait = sleep } = options;
  let hold: HoldState = NOT_HELD;
  let heldSinceMs = 0;
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;
  let pause: ReturnType<typeof pauseIn>;
  const asking = new Map<QuerySide, Promise<Answer>>();
  const toldAtMs = new Map<QuerySide, { readonly goesOn: boolean; readonly atMs: number }>();

  async function answerOf(side: QuerySide, query: ThrottleQuery, signal: AbortSignal): Promise<Answer> {
    const answer =
      asking.get(side) ??
      ask(query).finally(() => {
        asking.delete(side);
      });
    asking.set(side, answer);
    const patience = new AbortController();
    const late = wait(ANSWER_MS, AbortSignal.any([signal, patience.signal])).then(
      (): Answer => ({ failed: `no answer within ${ANSWER_MS / 1000} s` }),
    );
    try {
      return await Promise.race([answer, late]);
    } finally {
      patience.abort();
    }
  }

  async function look(signal: AbortSignal): Promise<void> {
    // What cannot be read now is as it was: the target's own failures are told by whoever works on it.
    pause = await readState(stateDb, state).then(pauseIn, () => pause);
    const answers: Partial<Record<QuerySide, Answer>> = {};
    for (const side of ["source", "target"] as const) {
      const query = queries[side];
      if (query !== undefined) answers[side] = await answerOf(side, query, signal);
    }
    if (signal.aborted) return;
    const before = hold.held;
    hold = judgeHold(hold, { pause, answers }, now(), new Date().toISOString());
    lookedAtMs = now();
    tellFailures(answers);
    const { held } = hold;
    if (held?.reason === before?.reason) return;
    if (before === undefined) heldSinceMs = now();
    if (held === undefined) await events.released((now() - heldSinceMs) / 1000);
    else await events.held(held);
  }

  function tellFailures(answers: Partial<Record<QuerySide, Answer>>): void {
    for (const [side, answer] of Object.entries(answers) as [QuerySide, Answer][]) {
      const since = hold.failingSince[side];
      if (since === undefined || !("failed" in answer)) {
        toldAtMs.delete(side);
        continue;
      }
      const goesOn = now() - since >= FAILING_MS;
      const told = toldAtMs.get(side);
      if (told?.goesOn === goesOn && now() - told.atMs < TELL_AGAIN_MS) continue;
      toldAtMs.set(side, { goesOn, atMs: now() });
      events.failing(side, answer.failed, goesOn);
    }
  }

  async function lookIfOld(signal: AbortSignal): Promise<void> {
    if (now() - lookedAtMs < LOOK_MS) return;
    looking ??= look(signal).finally(() => {
      looking = undefined;
    });
    await looking;
  }

  return {
    mostRows: pace.mostRows,
    async spend(rows, signal, meanwhile) {
      await lookIfOld(signal);
      while (hold.held !== undefined && !signal.aborted) {
        await meanwhile?.();
        await wait(WAIT_MS, signal);
        await lookIfOld(signal);
      }
      await pace.spend(rows, signal, meanwhile);
    },
  };
}

/** Never throws. */
export async function ask({ dialect, db, sql }: ThrottleQuery): Promise<Answer> {
  try {
    return answerIn(await db.query(sql));
  } catch (error) {
    const { reason, code } = dialect.classifyError(error);
    return { failed: `${reason} (${dialect.title} ${code})` };
  }
}

/** No row and NULL count as 0, true as 1. */
export function answerIn(rows: readonly ResultRow[]): Answer {
  const [value] = Object.values(rows[0] ?? {});
  if (value === undefined || value === null) return { value: 0 };
  const isNumber = ["number", "bigint", "boolean"].includes(typeof value);
  const isText = typeof value === "string" && value.trim() !== "";
  const number = isNumber || isText ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? { failed: "its first value is no number" } : { value: number };
}
