/** What a run shows, at the bottom of a terminal and to those who ask `--listen`: views of one look. */
import { type OneAtATime, oneAtATime } from "../db/one-at-a-time.ts";
import { SyncError } from "../errors.ts";
import { type Address, parseAddress } from "../listen/address.ts";
import { openListener } from "../listen/server.ts";
import { readToken } from "../listen/token.ts";
import { KEY } from "../log.ts";
import { createLook } from "../run/status-look.ts";
import type { StatusRequest } from "../status/table-status.ts";
import { createTally, type Tally } from "../status/tally.ts";
import { startWatch } from "../status/watch.ts";
import { monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import type { Context, SchemaContext } from "./context.ts";
import { commandFailure } from "./driver-error.ts";
import { openProgress } from "./progress.ts";

export interface ListenFlags {
  /** HOST:PORT. */
  readonly listen?: string;
  readonly listenTokenFile?: string;
}

export interface ListenSettings {
  readonly address: Address;
  readonly token: string | undefined;
}

/** What a run tells those who look at it. */
export interface Cockpit {
  readonly tally: Tally;
  /** From now on looks at these; `back` are the same schemas the other way round, or none. */
  show(schemas: readonly SchemaContext[], back: readonly SchemaContext[]): void;
}

/** For a statement of a look that is under way when the run has ended. */
const PATIENCE_MS = 2_000;

/** Undefined without --listen. Throws USAGE_INVALID. */
export function listenSettings({ listen, listenTokenFile }: ListenFlags): ListenSettings | undefined {
  if (listen !== undefined) {
    const address = parseAddress(listen);
    return { address, token: readToken(listenTokenFile, address) };
  }
  if (listenTokenFile === undefined) return undefined;
  throw new SyncError("USAGE_INVALID", {
    what: "--listen-token-file is given without --listen",
    next: "Give --listen HOST:PORT as well",
  });
}

/** Does the work while it is looked at, when anybody may: at a terminal, or where it is listened. */
export async function withCockpit<T>(
  context: Context,
  settings: ListenSettings | undefined,
  work: (cockpit: Cockpit) => Promise<T>,
): Promise<T> {
  const beganMs = monotonic();
  const tally = createTally();
  const { config, log, logLines, signal, terminal } = context;
  if (settings === undefined && !terminal.isTerminal) return await work({ tally, show: () => undefined });
  const listener = settings === undefined ? undefined : await openListener({ ...settings, logLines, signal });
  if (listener !== undefined) log.info({ url: listener.url }, "listening");
  const ended = new AbortController();
  let watching: Promise<void> | undefined;
  let progress: { close(): void } | undefined;
  const asked: OneAtATime[] = [];
  /** Looking leaves the connections to those who work. */
  const apart = (schema: SchemaContext): StatusRequest => {
    const { source, target } = schema;
    const [onSource, onTarget] = [oneAtATime(source.db, ended.signal), oneAtATime(target.db, ended.signal)];
    asked.push(onSource, onTarget);
    return {
      ...schema,
      source: { ...source, db: onSource.db },
      target: { ...target, db: onTarget.db },
    };
  };
  try {
    return await work({
      tally,
      show(schemas, back) {
        const watch = startWatch({
          look: createLook({
            schemas: schemas.map(apart),
            back: back.map(apart),
            hasWayBack: config.wayBack === true,
            isDecided: false,
            signal: ended.signal,
          }),
          tally,
          beganMs,
          signal: ended.signal,
          onFailure: logFailures(context),
        });
        watching = watch.done;
        listener?.show(watch);
        progress = openProgress(terminal, watch);
      },
    });
  } finally {
    ended.abort();
    progress?.close();
    await watching;
    await listener?.close();
    const patience = new AbortController();
    const settled = Promise.all(asked.map((one) => one.settled()));
    await Promise.race([settled, sleep(PATIENCE_MS, patience.signal)]);
    patience.abort();
  }
}

/** Each reason once, until it is another one. */
function logFailures({ log }: Context): (error: unknown) => void {
  let told = "";
  return (error) => {
    const failure = commandFailure([], error);
    const reason = failure instanceof SyncError ? failure.message : "an unexpected failure";
    if (reason !== told) log.warn({ [KEY.reason]: reason }, "a look at both databases failed");
    told = reason;
  };
}
