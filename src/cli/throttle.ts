/** What holds a command back, as the configuration has it and the operator wants it: told in the log and on the terminal. */
import type { SyncConfig } from "../config/sync-config.ts";
import { planTables } from "../contract/sync-plan.ts";
import { KEY } from "../log.ts";
import { forgetHeld, noteHeld } from "../state/held.ts";
import { stateTable } from "../state/state.ts";
import { createPace, type Pace } from "../throttle/pace.ts";
import { createThrottle, type ThrottleQuery } from "../throttle/throttle.ts";
import type { Connected, Context, SchemaContext } from "./context.ts";

export interface PaceRequest {
  /** Rows a second of the whole command, as `sharedPace` gives it. */
  readonly pace: Pace;
  /** A run at work notes on the target what holds it back, for those who look from elsewhere. */
  readonly isNoted: boolean;
}

/** One limit for all schemas and directions; a flag wins over maxRowsPerSecond of the configuration. */
export const sharedPace = ({ maxRowsPerSecond }: SyncConfig, flag?: number): Pace =>
  createPace(flag ?? maxRowsPerSecond);

/** The throttle of one direction of a schema. Blue and green keep their names whichever way the changes go. */
export function openThrottle(
  { config, log, terminal }: Context,
  schema: SchemaContext,
  { pace, isNoted }: PaceRequest,
): Pace {
  const { name, source, target, plan, direction } = schema;
  const state = stateTable(target.dialect, planTables(plan));
  const [blue, green] = direction === "back" ? [target, source] : [source, target];
  const query = ({ dialect, db }: Connected, sql: string | undefined): ThrottleQuery | undefined =>
    sql === undefined ? undefined : { dialect, db, sql };
  const onSource = query(blue, config.throttleQuery.source);
  const onTarget = query(green, config.throttleQuery.target);
  // It only informs: no failure of it stops anything.
  const note = async (work: () => Promise<void>): Promise<void> => {
    if (isNoted) await work().catch(() => undefined);
  };
  const about = { [KEY.schema]: name };
  return createThrottle({
    state,
    stateDb: target.db,
    queries: { ...(onSource && { source: onSource }), ...(onTarget && { target: onTarget }) },
    pace,
    events: {
      async held({ kind, reason, since, value }) {
        log.warn(
          { ...about, [KEY.reason]: reason, [KEY.since]: since, ...(value === undefined ? {} : { value }) },
          "held back: nothing is read or written until that is over",
        );
        if (!isNoted && terminal.isTerminal) terminal.showProgress(`held back: ${reason}`);
        await note(() => noteHeld(target.db, state, { kind, reason, since }));
      },
      async released(seconds) {
        log.info({ ...about, [KEY.seconds]: Math.round(seconds) }, "held back no longer");
        await note(() => forgetHeld(target.db, state));
      },
      failing(side, reason, goesOn) {
        log.warn(
          { ...about, key: `throttleQuery.${side}`, [KEY.reason]: reason },
          goesOn ? "a throttle query fails: work goes on without it" : "a throttle query fails",
        );
      },
    },
  });
}
