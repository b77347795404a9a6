import type { ClassifiedError, ErrorClass } from "../../db/classified-error.ts";
import { NO_TLS, unusable } from "../../db/unusable.ts";
import { connectionError } from "../connection-error.ts";

/**
 * SQLSTATE codes as in PostgreSQL's appendix "PostgreSQL Error Codes"; a class (first two characters) stands for every
 * code of it that has no entry of its own.
 */
const CODES: Readonly<Record<string, readonly [ErrorClass, string]>> = {
  "08": ["connection", "the connection to the server was lost"],
  "22": ["row", "a value does not fit its column"],
  "22001": ["row", "a text is longer than its column"],
  "22021": ["row", "a text has a character that the database's encoding cannot hold"],
  "22P05": ["row", "a text has a character that the database's encoding cannot hold"],
  "23": ["row", "a constraint refuses the row"],
  "23502": ["row", "a column that must not be null would be null"],
  "23503": ["parent", "the row refers to a parent that is not there"],
  "23505": ["unique", "another row holds the same unique key"],
  "23514": ["row", "a check constraint refuses the row"],
  "25006": ["transient", "the database is read-only"],
  "25P02": ["transient", "an earlier statement of the transaction failed"],
  "25P03": ["connection", "the server ended an idle transaction"],
  "25P04": ["transient", "the transaction ran into its time limit"],
  "28": ["login", "the server refuses the login"],
  "28P01": ["login", "the server refuses the login: the password is wrong or was changed"],
  "3D000": ["login", "the database does not exist"],
  "40": ["transient", "the transaction was rolled back by a concurrent one"],
  "40001": ["transient", "the transaction could not be serialized"],
  "40P01": ["transient", "the transaction was the victim of a deadlock"],
  "42": ["schema", "the statement does not fit the table"],
  "42501": ["auth", "the user lacks a privilege"],
  "42P01": ["schema", "a table does not exist"],
  "42703": ["schema", "a column does not exist"],
  "0A000": ["schema", "a table changed under a prepared statement"],
  "53": ["transient", "the server is short of a resource"],
  "53100": ["transient", "the server's disk is full"],
  "53300": ["transient", "the server has too many connections"],
  "54000": ["row", "a value is too large for the table or an index"],
  "55": ["transient", "an object is in use"],
  "55P03": ["transient", "a lock was not to be had in time"],
  "57": ["connection", "the server or an operator ended the session"],
  "57014": ["transient", "the statement ran into its time limit"],
  "57P01": ["connection", "the server is shutting down"],
  "57P03": ["connection", "the server is starting up"],
  "58": ["transient", "the server has a system error"],
  P0001: ["row", "a trigger of the table refuses the row"],
  XX: ["fatal", "the server reports an internal error"],
  // "could not open relation with OID", "cache lookup failed": a table was dropped under the running statement. The next
  // attempt finds it gone, or there again.
  XX000: ["transient", "the server reports an internal error, as when a table is dropped under a statement"],
};

/** Classifies by SQLSTATE, or by the socket's code; an error of the driver without any code means a lost connection. */
export function classifyError(error: unknown): ClassifiedError {
  const known = connectionError(hasNoTls(error) ? unusable(NO_TLS) : error);
  if (known !== undefined) return known;
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string") {
    return {
      class: isDriverError(error) ? "connection" : "fatal",
      code: "none",
      reason: "the connection ended",
    };
  }
  const [errorClass, reason] = CODES[code] ??
    CODES[code.slice(0, 2)] ?? ["fatal", "the server reports an error"];
  return { class: errorClass, code, reason, lockTimeout: code === "55P03" || code === "57014" };
}

/** The driver gives this refusal no code. */
export const hasNoTls = (error: unknown): boolean =>
  error instanceof Error && error.message.includes("does not support SSL");

/** "timeout expired": the server took too long to accept a connection, as one that is paused or behind a firewall does. */
const DRIVER_WORDS =
  /Connection terminated|Query read timeout|timeout expired|timeout exceeded|Connection ended|establishing an SSL|not queryable|Received unexpected/i;

/** pg and knex raise plain Errors without a code when a connection ends or no pooled one becomes free. */
function isDriverError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return DRIVER_WORDS.test(error.message);
}
