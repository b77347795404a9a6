/** Failures that our own code finds before a server has refused anything; every dialect classifies them alike. */
import type { ClassifiedError } from "../dialect/dialect.ts";

abstract class OwnFailure extends Error {
  abstract readonly classified: ClassifiedError;
}

/** The server gave no new connection in the time that `maxWait` allows. */
export class NoConnection extends OwnFailure {
  override readonly name = "NoConnection";
  readonly classified: ClassifiedError;

  constructor(waitedMs: number, cause: unknown) {
    super("no connection in time", { cause });
    const reason = `the server gave no new connection within ${Math.round(waitedMs / 1000)} s (maxWait)`;
    this.classified = { class: "connection", code: "NO_CONNECTION", reason };
  }
}

/** A host of several that takes no writes: a standby shows the source late, and its locks prove nothing about holes. */
export class StandbyHost extends OwnFailure {
  override readonly name = "StandbyHost";
  readonly classified: ClassifiedError = {
    class: "connection",
    code: "STANDBY_HOST",
    reason: "the host is a standby, another one is tried",
  };
}

/** How such a failure is classified; undefined for all others. */
export function ownFailure(error: unknown): ClassifiedError | undefined {
  return error instanceof OwnFailure ? error.classified : undefined;
}
