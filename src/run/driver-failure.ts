import type { Dialect } from "../contract/dialect.ts";
import { classifyAtOrigin, originOf } from "../contract/origin.ts";
import type { ClassifiedError } from "../db/classified-error.ts";
import { type ErrorCode, SyncError } from "../errors.ts";

/** What an operator does about each kind of failure that trying again does not help. */
const NEXT: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  login: [
    "DATABASE_UNREACHABLE",
    "Check user, password and database in deployment.toml, then start again: nothing was skipped",
  ],
  auth: [
    "GRANT_MISSING",
    "Grant what is missing (`prepare --generate-ddl` writes the grants that are needed), then start again: nothing was skipped",
  ],
  schema: [
    "SCHEMA_CHANGED",
    "Compare the tables with the plan (`run --dry-run`), run `sync-tool prepare`, then start again",
  ],
};

/** JavaScript's own errors are ours, even where a database was at work when they came. */
const BUGS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** Whether an error is no database's: none of its codes is known. */
export function isBug(error: unknown, found: ClassifiedError): boolean {
  return (found.class === "fatal" && found.code === "none") || BUGS.some((kind) => error instanceof kind);
}

/**
 * Makes a driver's error one that may be shown: our words for its code, never its text. `dialect` counts where the error does
 * not know its own.
 */
export function driverFailure(dialect: Dialect, error: unknown, doing: string, table?: string): SyncError {
  if (error instanceof SyncError) return error;
  const { title } = originOf(error)?.dialect ?? dialect;
  const found = classifyAtOrigin(error, dialect);
  const [code, next] = NEXT[found.class] ?? [
    "SCHEMA_CHANGED",
    "Look into the database's own log at this time",
  ];
  return new SyncError(code, {
    what: `${doing}: ${found.reason} (${title} ${found.code})`,
    next,
    ...(table === undefined ? {} : { at: { table } }),
    cause: error,
  });
}
