import type { Database } from "../db/database.ts";
import { forgetRunner, type LastError, noteRunner, type RunnerNote } from "../state/runner.ts";
import type { StateTable } from "../state/state.ts";
import { forgetStopped } from "../state/stopped.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";

/** Tells now and then, on the target, that a group's runner is moving. */
export interface Pulse {
  /** The group is worked on: whatever had stopped it is over. */
  begin(): Promise<void>;
  /** Something was done, or was looked for in vain; most calls do nothing. */
  beat(): void;
  /** Changes of a table were applied: a beat, and the rate that is told with it. */
  applied(table: string, changes: number): void;
  /** A failure that is tried again: told when the group is worked on again. */
  failed(reason: string, code: string): void;
  /** Waits for what is under way: nothing may outlive the connections. */
  end(): Promise<void>;
}

/** A reason may quote a name or two. */
const MAX_REASON = 300;
/** The first beat comes sooner: until then no rate is known. */
const FIRST_MS = 2_000;
/** Between two beats; `status` takes a few missed ones for a runner that stands still. */
export const PULSE_MS = 10_000;

export interface PulseOptions {
  readonly target: { readonly db: Database };
  readonly state: StateTable;
  readonly group: string;
  /** See RunnerNote. Default: false. */
  readonly wayBack?: boolean;
}

export function createPulse({ target, state, group, wayBack }: PulseOptions, now: Clock = monotonic): Pulse {
  let due = Number.NEGATIVE_INFINITY;
  let countedFrom = now();
  let lastError: LastError | undefined;
  let since = "";
  let underWay: Promise<void> = Promise.resolve();
  let counts = new Map<string, number>();
  // It only informs: no failure of it ends or disturbs a run, and its own statements tell of a target that is gone.
  const quietly = (work: () => Promise<void>): Promise<void> => work().catch(() => undefined);
  const takeRates = (): Record<string, number> => {
    const seconds = (now() - countedFrom) / 1000;
    const rates = Object.fromEntries(
      [...counts].map(([table, changes]) => [table, Number((changes / seconds).toFixed(1))]),
    );
    counts = new Map();
    countedFrom = now();
    return rates;
  };
  const said = (): RunnerNote => ({
    ...{ wayBack: wayBack === true, since },
    ...(lastError === undefined ? {} : { lastError }),
  });
  const beat = (): void => {
    if (now() < due) return;
    const perSecond = takeRates();
    due = now() + PULSE_MS;
    underWay = quietly(() => noteRunner(target.db, state, group, { ...said(), perSecond }));
  };
  return {
    async begin() {
      due = now() + FIRST_MS;
      countedFrom = now();
      since = new Date().toISOString();
      counts = new Map();
      await quietly(() => noteRunner(target.db, state, group, said()));
      await quietly(() => forgetStopped(target.db, state, group));
    },
    beat,
    applied(table, changes) {
      counts.set(table, (counts.get(table) ?? 0) + changes);
      beat();
    },
    failed(reason, code) {
      lastError = { at: new Date().toISOString(), code, reason: reason.slice(0, MAX_REASON) };
    },
    async end() {
      await underWay;
      await quietly(() => forgetRunner(target.db, state, group));
    },
  };
}
