import type { Database } from "../db/database.ts";
import { forgetRunner, noteRunner } from "../state/runner.ts";
import type { StateTable } from "../state/state.ts";
import { forgetStopped } from "../state/stopped.ts";
import { type Clock, monotonic } from "../util/monotonic.ts";

/** Tells now and then, on the target, that a group's runner is moving. */
export interface Pulse {
  /** The group is worked on: whatever had stopped it is over. */
  begin(): Promise<void>;
  /** Something was done, or was looked for in vain; most calls do nothing. */
  beat(): void;
  /** Waits for what is under way: nothing may outlive the connections. */
  end(): Promise<void>;
}

/** Between two beats; `status` takes a few missed ones for a runner that stands still. */
export const PULSE_MS = 10_000;

export interface PulseOptions {
  readonly target: { readonly db: Database };
  readonly state: StateTable;
  readonly group: string;
  /** See noteRunner. Default: false. */
  readonly wayBack?: boolean;
}

export function createPulse({ target, state, group, wayBack }: PulseOptions, now: Clock = monotonic): Pulse {
  let last = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> = Promise.resolve();
  // It only informs: no failure of it ends or disturbs a run, and its own statements tell of a target that is gone.
  const quietly = (work: () => Promise<void>): Promise<void> => work().catch(() => undefined);
  return {
    async begin() {
      last = now();
      await quietly(() => noteRunner(target.db, state, group, wayBack));
      await quietly(() => forgetStopped(target.db, state, group));
    },
    beat() {
      if (now() - last < PULSE_MS) return;
      last = now();
      underWay = quietly(() => noteRunner(target.db, state, group, wayBack));
    },
    async end() {
      await underWay;
      await quietly(() => forgetRunner(target.db, state, group));
    },
  };
}
