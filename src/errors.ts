/**
 * The one error class of sync-tool and the table of its codes. A driver's error never reaches the operator as it is:
 * it quotes values. It is classified by code and becomes the `cause` of one of these.
 */

/** Process exit codes, as listed in the README. */
export const EXIT = {
  ok: 0,
  bug: 1,
  usage: 2,
  config: 3,
  unreachable: 4,
  precondition: 5,
  mismatch: 6,
  halted: 7,
  incomplete: 8,
} as const;

/** 128 and the signal's number, as shells have it. */
const SIGINT_EXIT = 130;
const SIGTERM_EXIT = 143;

/** Every error code, with the exit code of the process when it ends a command. */
export const ERROR_CODES = {
  /** Flags or arguments are wrong. */
  USAGE_INVALID: EXIT.usage,
  /** A configuration file is missing, unreadable or has mistakes; the message lists all of them. */
  CONFIG_INVALID: EXIT.config,
  /** A key, keystore or password named in the configuration does not open what it should. */
  KEY_INVALID: EXIT.config,
  /** A database does not answer or refuses the login. */
  DATABASE_UNREACHABLE: EXIT.unreachable,
  /** The time given by --timeout was over while a database had still to answer. */
  DEADLINE_PASSED: EXIT.unreachable,
  /** SIGINT or SIGTERM came before the command was done. */
  INTERRUPTED: SIGTERM_EXIT,
  /** A statement needs a privilege that the user does not have. */
  GRANT_MISSING: EXIT.precondition,
  /** The database product, its version or a pair of products is not supported. */
  DATABASE_UNSUPPORTED: EXIT.precondition,
  /** The two catalogues do not allow a plan; the message lists every reason. */
  PLAN_IMPOSSIBLE: EXIT.precondition,
  /** sourceVersion or targetVersion is not that of the database, as its tables tell. */
  VERSION_CONTRADICTED: EXIT.precondition,
  /** Source and target are one and the same database. */
  SAME_DATABASE: EXIT.precondition,
  /** Source and target have changed places in the configuration. */
  SIDES_SWAPPED: EXIT.precondition,
  /** Capture is not installed, or only in part. */
  NOT_PREPARED: EXIT.precondition,
  /** Installed objects differ from the plan. */
  CAPTURE_DRIFT: EXIT.precondition,
  /** Objects that a dump carried to the target could not be removed. */
  TARGET_LEFTOVERS: EXIT.precondition,
  /** A restore of the dump is still at work on the target. */
  RESTORE_UNDER_WAY: EXIT.precondition,
  /** The checkpoint belongs to another journal, or the journal no longer holds what the checkpoint says. */
  JOURNAL_REPLACED: EXIT.precondition,
  /** A table stayed locked by others, or its server refused for a passing reason, for the whole time allowed. */
  LOCK_TIMEOUT: EXIT.precondition,
  /** A runner is at work on the same tables. */
  RUNNER_ACTIVE: EXIT.precondition,
  /** Another `prepare` or `cleanup` changes capture on this source at the moment. */
  SOURCE_BUSY: EXIT.precondition,
  /** Changes are pending and the command would lose them. */
  CHANGES_PENDING: EXIT.precondition,
  /** Rows need a transformation that is not configured. */
  TRANSFORM_UNAVAILABLE: EXIT.precondition,
  /** The two databases differ. */
  VERIFY_MISMATCH: EXIT.mismatch,
  /** No row differs, and the servers' own counts contradict it. */
  VERIFY_UNEXPLAINED: EXIT.mismatch,
  /** A check of `doctor` failed. */
  DOCTOR_FAILED: EXIT.mismatch,
  /** The target refuses a row. */
  ROW_REFUSED: EXIT.halted,
  /** A row cannot be transformed. */
  TRANSFORM_FAILED: EXIT.halted,
  /** A table changed its shape while the run was going on. */
  SCHEMA_CHANGED: EXIT.halted,
  /** Capture was broken, or a table got another shape on the source, while the run was going on. */
  CAPTURE_LOST: EXIT.halted,
  /** Another runner moved the checkpoint. */
  CHECKPOINT_MOVED: EXIT.halted,
  /** A copy has come to its end, and the target lacks rows that it refused. */
  COPY_LEFT_ROWS: EXIT.incomplete,
  /** The journal is empty but dead letters are left. */
  DEAD_LETTERS_LEFT: EXIT.incomplete,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface SyncErrorDetails {
  /** What happened, with the facts that matter in it; never a row's value. */
  readonly what: string;
  /** What the operator does now. */
  readonly next: string;
  /** Where: table, position, configuration key and line, ... */
  readonly at?: Readonly<Record<string, string | number | bigint>>;
  readonly cause?: unknown;
}

/** An expected failure: printed as `error: <what> [CODE]` and `next: <next>`; its code decides the exit code. */
export class SyncError extends Error {
  override readonly name = "SyncError";
  readonly code: ErrorCode;
  readonly next: string;
  readonly at: Readonly<Record<string, string | number | bigint>>;

  constructor(code: ErrorCode, details: SyncErrorDetails) {
    super(details.what, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.next = details.next;
    this.at = details.at ?? {};
  }

  get exitCode(): number {
    return this.at["signal"] === "SIGINT" ? SIGINT_EXIT : ERROR_CODES[this.code];
  }
}
