import type { Datasource } from "../config/sync-config.ts";
import type { Dialect } from "../dialect/dialect.ts";
import { SyncError } from "../errors.ts";
import { driverFailure, isPassing } from "../run/driver-failure.ts";

/** A connection that could not be opened: which datasource, where, and why in our words. */
export function unreachable(dialect: Dialect, datasource: Datasource, error: unknown): SyncError {
  const { id, settings } = datasource;
  const found = dialect.classifyError(error);
  const place = settings.socketPath ?? settings.hosts.map(({ host, port }) => `${host}:${port}`).join(", ");
  return new SyncError("DATABASE_UNREACHABLE", {
    what: `Datasource ${id} (${dialect.title} at ${place}) cannot be opened: ${found.reason}${codeText(found.code)}`,
    next:
      found.class === "auth" || found.class === "login"
        ? `Check user, password and database of ${id} in ${placeOf(datasource)}`
        : `Check that the server runs and that this host reaches it; url of ${id} in ${placeOf(datasource)}`,
    cause: error,
  });
}

/**
 * A failure of a command on these databases, with a driver's error classified. What no driver knows is a bug and
 * stays as it is.
 */
export function commandFailure(dialects: readonly Dialect[], error: unknown): unknown {
  if (error instanceof SyncError) return error;
  const knows = dialects.find(
    (dialect) => dialect.classifyError(error).class !== "fatal" || hasCode(dialect, error),
  );
  if (knows === undefined) return error;
  const found = knows.classifyError(error);
  if (!isPassing(found)) return driverFailure(knows, error, "A statement failed");
  return new SyncError("DATABASE_UNREACHABLE", {
    what: `${knows.title} broke off a statement: ${found.reason}${codeText(found.code)}`,
    next: "Run the command again when the server is well; it goes on from where it was",
    cause: error,
  });
}

const hasCode = (dialect: Dialect, error: unknown): boolean => dialect.classifyError(error).code !== "none";

const codeText = (code: string): string => (code === "none" ? "" : ` (${code})`);

const placeOf = ({ at }: Datasource): string => (at.line === undefined ? at.file : `${at.file}:${at.line}`);
