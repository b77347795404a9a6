import type { Datasource } from "../config/sync-config.ts";
import type { Dialect } from "../contract/dialect.ts";
import { originOf } from "../contract/origin.ts";
import { POOLED, REPLICA, STANDBY } from "../db/unusable.ts";
import { codeText, connectionAdvice } from "../dialect/connection-error.ts";
import { isPassing } from "../dialect/is-passing.ts";
import { SyncError } from "../errors.ts";
import { driverFailure, isBug } from "../run/driver-failure.ts";

/** A connection that could not be opened: which datasource, where, and why in our words. */
export function unreachable(dialect: Dialect, datasource: Datasource, error: unknown): SyncError {
  const { id, settings } = datasource;
  const found = dialect.classifyError(error);
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  // A socket that is not there has the same code, but nobody opens it.
  if (syscall === "open") {
    return new SyncError("DATABASE_UNREACHABLE", {
      what: `Datasource ${id} (${dialect.title}): the certificate file ${path} cannot be read (${code})`,
      next: `Correct the file's name in the url of ${id} in ${placeOf(datasource)}`,
      cause: error,
    });
  }
  const isDistrusted = /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/.test(found.code);
  const reason = isDistrusted ? "the server's certificate is refused" : found.reason;
  const place = settings.socketPath ?? settings.hosts.map(({ host, port }) => `${host}:${port}`).join(", ");
  const where = { owner: id, place: placeOf(datasource) };
  return new SyncError(isUnfit(found.code) ? "DATABASE_UNSUPPORTED" : "DATABASE_UNREACHABLE", {
    what: `Datasource ${id} (${dialect.title} at ${place}) cannot be opened: ${reason}${codeText(found.code)}`,
    next: isDistrusted
      ? `Check the certificate's authority, the host name it is for, and the TLS options of the url of ${id} in ${where.place}`
      : connectionAdvice(found, where),
    cause: error,
  });
}

/** The server answers and lets us in, but is not one to work with. */
const isUnfit = (code: string): boolean => code === STANDBY || code === REPLICA || code === POOLED;

/**
 * A failure of a command on these databases, with a driver's error classified. What no driver knows is a bug and
 * stays as it is.
 */
export function commandFailure(dialects: readonly Dialect[], error: unknown): unknown {
  if (error instanceof SyncError) return error;
  const origin = originOf(error);
  const knows =
    origin?.dialect ??
    dialects.find((dialect) => dialect.classifyError(error).class !== "fatal" || hasCode(dialect, error));
  const found = knows?.classifyError(error);
  if (knows === undefined || found === undefined || isBug(error, found)) return error;
  if (!isPassing(found.class)) return driverFailure(knows, error, "A statement failed");
  return new SyncError("DATABASE_UNREACHABLE", {
    // Both sides may be of one product.
    what: `${origin === undefined ? "" : `${origin.side} `}${knows.title} broke off a statement: ${found.reason}${codeText(found.code)}`,
    next: "Run the command again when the server is well; it goes on from where it was",
    cause: error,
  });
}

const hasCode = (dialect: Dialect, error: unknown): boolean => dialect.classifyError(error).code !== "none";

const placeOf = ({ at }: Datasource): string => (at.line === undefined ? at.file : `${at.file}:${at.line}`);
