/** A run that goes on while a test does harm to its databases, with the lines that it logs. */

import { logEvents } from "../../src/cli/run-events.ts";
import type { SyncError } from "../../src/errors.ts";
import type { Log } from "../../src/log.ts";
import type { BlueGreen } from "./blue-green.ts";
import { waitFor } from "./wait-for.ts";

export interface LoggedLine {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface FaultRun {
  /** Lines about failures and recoveries so far, in order. */
  troubles(): readonly LoggedLine[];
  /** Waits for a line about a failure whose reason fits. */
  untilRetrying(reason: RegExp): Promise<LoggedLine>;
  /** Waits for the line that says that all is well again. */
  untilRecovered(): Promise<LoggedLine>;
  /** Waits until the run has stopped by itself, and gives its error. */
  untilStopped(): Promise<SyncError>;
  /** Asks the run to end, and fails when it ended otherwise. */
  stop(): Promise<void>;
}

const TROUBLES = new Set(["a failure is tried again", "recovered", "the group has stopped"]);

/** Starts a run of a pair, over connections of its own where they are given. */
export function startFaultRun(
  pair: BlueGreen,
  options: Pick<NonNullable<Parameters<BlueGreen["run"]>[0]>, "sourceDb" | "targetDb"> = {},
  onTurn: (event: "standby" | "taken over") => void = () => undefined,
): FaultRun {
  const lines: LoggedLine[] = [];
  const add = (fields: unknown, message?: string): void => {
    lines.push({ message: message ?? "", fields: fields as LoggedLine["fields"] });
  };
  const log = { debug: add, info: add, warn: add, error: add } as unknown as Log;
  const stop = new AbortController();
  const events = logEvents(log);
  const turns = { standby: () => onTurn("standby"), takenOver: () => onTurn("taken over") };
  const outcome = pair
    .run({ ...options, until: "stopped", signal: stop.signal, events: { ...events, ...turns } })
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  let ended: { readonly error: unknown } | undefined;
  void outcome.then((error) => {
    ended = { error };
  });
  const troubles = (): readonly LoggedLine[] => lines.filter((line) => TROUBLES.has(line.message));
  const facts = (): string => `${JSON.stringify(troubles(), undefined, 1)}\n${String(ended?.error)}`;
  const untilLine = (what: string, fits: (line: LoggedLine) => boolean): Promise<LoggedLine> =>
    waitFor(() => troubles().find(fits), { what, timeoutMs: 60_000, facts });
  return {
    troubles,
    untilRetrying: (reason) =>
      untilLine(
        `a failure like ${reason}`,
        ({ message, fields }) =>
          message === "a failure is tried again" && reason.test(String(fields["reason"])),
      ),
    untilRecovered: () => untilLine("a recovery", ({ message }) => message === "recovered"),
    async untilStopped() {
      const { error } = await waitFor(() => ended, { what: "the end of the run", timeoutMs: 60_000, facts });
      return error as SyncError;
    },
    async stop() {
      stop.abort();
      const error = await outcome;
      if (error !== undefined) throw error;
    },
  };
}
