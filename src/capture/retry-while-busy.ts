import type { Dialect, HolderFacts, ObjectRef } from "../contract/dialect.ts";
import type { Session } from "../db/database.ts";
import { SyncError } from "../errors.ts";
import { monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";

/** How long a busy table is tried again before giving up. */
const PATIENCE_MS = 300_000;

export interface Patience {
  readonly signal?: AbortSignal;
  /** Default: five minutes. */
  readonly patienceMs?: number;
  /** Told before each table, or object, that is worked on. */
  readonly onStep?: (step: Step) => void;
  /** Told before each further attempt: mostly a lock was not to be had in time; the reason says. */
  readonly onBusy?: (object: ObjectRef, busy: Busy) => void;
}

/** One of several things that are done one after the other. */
export interface Step {
  readonly name: string;
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/** Why something is tried again. */
export interface Busy {
  readonly attempt: number;
  readonly reason: string;
  /** Sessions that hold the table's lock, as far as the user may see them. */
  readonly holders: readonly HolderFacts[];
  /** Until it is given up. */
  readonly secondsLeft: number;
}

/** An attempt that does not wait is made many times a second: who is in the way is not asked each time. */
const ASK_EVERY_MS = 10_000;

/**
 * Does DDL again and again while its table is busy; a statement waits for its lock only as long as the session's lock
 * timeout lets it. Throws LOCK_TIMEOUT when the patience is over, GRANT_MISSING or PLAN_IMPOSSIBLE for the rest.
 */
export async function retryWhileBusy(
  command: "prepare" | "cleanup",
  object: ObjectRef,
  { dialect, session }: { readonly dialect: Dialect; readonly session: Session },
  options: Patience,
  work: () => Promise<void>,
): Promise<void> {
  const began = monotonic();
  const deadline = began + (options.patienceMs ?? PATIENCE_MS);
  const table = object.table ?? object.name;
  let holders: readonly HolderFacts[] = [];
  let askedAt = Number.NEGATIVE_INFINITY;
  for (let attempt = 1; ; attempt++) {
    const wait = dialect.ddl.lockWait(attempt);
    for (const sql of wait.sql) await session.execute(sql);
    try {
      return await work();
    } catch (error) {
      if (error instanceof SyncError) throw error;
      const found = dialect.classifyError(error);
      // Cut off in the middle of an attempt: it was waiting for the table, or for a server that has fallen silent.
      const isCut = found.class === "connection" && options.signal?.aborted === true;
      if (found.lockTimeout !== true && found.class !== "transient" && !isCut) {
        if (found.class === "connection") throw error;
        throw ddlFailed(command, object, found.reason, found.code, found.class, error);
      }
      if (found.lockTimeout === true && monotonic() - askedAt >= ASK_EVERY_MS) {
        askedAt = monotonic();
        holders = await dialect.introspector.lockHolders(session, table).catch(() => []);
      }
      if (monotonic() > deadline || options.signal?.aborted === true) {
        const isLock = found.lockTimeout === true || isCut;
        const silent = isCut ? ", or its server gave no answer," : "";
        throw new SyncError("LOCK_TIMEOUT", {
          what: isLock
            ? `${table} stayed locked by other transactions${silent} for ${attempt} attempts in ${Math.round((monotonic() - began) / 1000)} s${holders.length === 0 ? "" : `: ${holders.map(holderText).join("; ")}`}`
            : `${table}: ${attempt} attempts failed, the last one because ${found.reason} (${found.code})`,
          next: isLock
            ? `Run ${command} again at a quieter time, or find the long transaction that holds the table; nothing was lost`
            : `Mend the cause, then run ${command} again; nothing was lost`,
          cause: error,
        });
      }
      const secondsLeft = Math.round((deadline - monotonic()) / 1000);
      options.onBusy?.(object, { attempt, reason: found.reason, holders, secondsLeft });
      await sleep(wait.pauseMs * (1 + Math.random()), options.signal);
    }
  }
}

/** `backend 4711 of wso2, 340 s`. */
function holderText({ holder, user, ageSeconds }: HolderFacts): string {
  const of = user === undefined ? holder : `${holder} of ${user}`;
  return ageSeconds === undefined ? of : `${of}, ${Math.round(ageSeconds)} s`;
}

function ddlFailed(
  command: "prepare" | "cleanup",
  object: ObjectRef,
  reason: string,
  code: string,
  errorClass: string,
  cause: unknown,
): SyncError {
  const isGrant = errorClass === "auth";
  const done = command === "prepare" ? "made" : "removed";
  return new SyncError(isGrant ? "GRANT_MISSING" : "PLAN_IMPOSSIBLE", {
    what: `${object.kind} ${object.name} could not be ${done}: ${reason} (${code})`,
    next:
      code === "1419"
        ? "Set GLOBAL log_bin_trust_function_creators = 1, or prepare as a user with SUPER, or give your DBA the scripts of `prepare --generate-ddl`"
        : isGrant
          ? "Grant what is missing (`sync-tool doctor` names it), or give your DBA the scripts of `prepare --generate-ddl`"
          : `Look at the table and its journal; run ${command} again when the cause is gone`,
    cause,
  });
}
