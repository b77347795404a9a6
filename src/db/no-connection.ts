import type { ClassifiedError } from "./classified-error.ts";

/** The server gave no new connection in the time that `maxWait` allows; the same for every database. */
export class NoConnection extends Error {
  override readonly name = "NoConnection";
  readonly classified: ClassifiedError;

  constructor(waitedMs: number, cause: unknown) {
    super("no connection in time", { cause });
    const reason = `the server gave no new connection within ${Math.round(waitedMs / 1000)} s (maxWait)`;
    this.classified = { class: "connection", code: "SYNC_NO_CONNECTION", reason };
  }
}
