/**
 * Logs: facts as fields with a constant message, never a row's value. One copy goes to stderr (a line for people on a
 * terminal, JSON otherwise), one as JSON lines to `<log folder>/sync.log`.
 */
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { createStream } from "rotating-file-stream";
import { formatLine } from "./log-line.ts";
import { makeFolder } from "./util/make-folder.ts";
import { pruneFiles } from "./util/prune-files.ts";

/** Names of the fields, so that a search finds every line about the same thing. */
export const KEY = {
  schema: "schema",
  table: "table",
  group: "group",
  position: "position",
  changes: "changes",
  durationMs: "durationMs",
  seconds: "seconds",
  attempts: "attempts",
  code: "code",
  reason: "reason",
  holders: "holders",
  secondsLeft: "secondsLeft",
  object: "object",
  since: "since",
} as const;

/**
 * Every field that a line may have, besides `level`, `time` and `msg`: what each means stands in config/schema/log.json. Never
 * the value of a row.
 */
export interface LogFields {
  readonly schema?: string;
  readonly direction?: string;
  readonly table?: string | undefined;
  readonly parent?: string;
  readonly group?: string;
  readonly position?: string;
  readonly changes?: number;
  readonly total?: number;
  readonly durationMs?: number;
  readonly seconds?: number;
  readonly secondsLeft?: number;
  readonly attempts?: number;
  readonly since?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly next?: string;
  readonly key?: string;
  readonly value?: number;
  readonly holders?: readonly HolderFields[];
  readonly object?: string;
  readonly kind?: string;
  readonly created?: number | readonly string[];
  readonly replaced?: number | readonly string[];
  readonly removed?: number | readonly string[];
  readonly started?: readonly string[];
  readonly check?: string;
  readonly found?: string;
  readonly wanted?: string;
  readonly mend?: readonly { readonly on: string; readonly text: string }[];
  readonly batchSize?: number;
  readonly parallelism?: number;
  readonly roundTripMs?: number;
  readonly syncIntervalMs?: number;
  readonly logKeepDays?: number;
  readonly logMaxMegabytes?: number;
  readonly state?: string | undefined;
  readonly finished?: string;
  readonly signal?: string;
  readonly url?: string;
}

/** A transaction that is waited for, as the database tells of it. */
type HolderFields = object;

interface Write {
  (message: string): void;
  (fields: LogFields, message: string): void;
}

/** What is not a field of the contract does not compile. */
export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
  /** Writes these fields in every line. */
  child(fields: LogFields): Log;
}

export interface OpenLog {
  readonly log: Log;
  /** The last lines, as people read them, oldest first. */
  lines(): readonly string[];
  /** Waits until everything is in the file. */
  close(): Promise<void>;
}

export interface LogOptions {
  /** Folder of sync.log; made when it is missing. When it cannot be written, the file is left out with a warning. */
  readonly dir: string;
  /** A file whose last line is older is deleted. Default 30. */
  readonly keepDays?: number;
  /** Of all files together: the oldest go first. Default 100. */
  readonly maxMegabytes?: number;
  /** Writes lines of level debug as well. */
  readonly debug: boolean;
  /** Whether stderr is read by a person. */
  readonly isTerminal: boolean;
  /** Writes a finished line, with its line end, to stderr. */
  readonly write: (line: string) => void;
}

/** Lines that `lines` gives. */
const LINES = 20;
const FILE = "sync.log";
/** As the stream names those that it has moved away. */
const OLD_FILE = /^sync\.log\.\d+$/;
const MEGABYTE = 1_048_576;
/** Of one file; a tenth of all where that is less. */
const FILE_MEGABYTES = 10;

/** Opens stderr and the rotated file. */
export function openLog(options: LogOptions): OpenLog {
  const { dir, isTerminal, write } = options;
  const level = options.debug ? "debug" : "info";
  const stderr = {
    write: (json: string) => write(isTerminal ? `${formatLine(json, process.stderr.columns)}\n` : json),
  };
  const recent: string[] = [];
  const keep = {
    write(json: string) {
      recent.push(json);
      if (recent.length > LINES) recent.shift();
    },
  };
  const file = openFile(options);
  const streams = [
    { level, stream: stderr },
    { level: "info" as const, stream: keep },
  ];
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.multistream(file.stream === undefined ? streams : [...streams, { level, stream: file.stream }]),
  );
  const warn = (reason: string): void =>
    write(`warning: ${join(dir, FILE)} cannot be written (${reason}); the log goes to stderr only\n`);
  if (file.stream === undefined) warn(file.reason);
  let isBroken = false;
  file.stream?.on("error", (error: NodeJS.ErrnoException) => {
    if (!isBroken) warn(error.code ?? "unknown reason");
    isBroken = true;
  });
  return {
    log,
    lines: () => recent.map((json) => formatLine(json)),
    close: () =>
      new Promise((resolve) => {
        if (file.stream === undefined || isBroken) resolve();
        else file.stream.end(resolve);
      }),
  };
}

type LogFile =
  | { readonly stream: ReturnType<typeof createStream> }
  | { readonly stream: undefined; readonly reason: string };

function openFile({ dir, keepDays = 30, maxMegabytes = 100 }: LogOptions): LogFile {
  const fileBytes = Math.min(FILE_MEGABYTES * MEGABYTE, Math.floor((maxMegabytes * MEGABYTE) / 10));
  // One a day and those that were full: what is kept of them is decided by age and size.
  const mostFiles = keepDays + Math.ceil((maxMegabytes * MEGABYTE) / fileBytes) + 1;
  // Room for the one that is being written.
  const retention = { days: keepDays, bytes: maxMegabytes * MEGABYTE - fileBytes };
  const prune = (): void => pruneFiles(dir, OLD_FILE, retention, Date.now());
  try {
    makeFolder(dir);
    accessSync(dir, constants.W_OK);
    prune();
    // A file of each day: one that goes on for weeks would not be old before its last line is.
    const about = { path: dir, size: `${fileBytes}B`, interval: "1d", rotate: mostFiles } as const;
    const stream = createStream(FILE, about);
    stream.on("rotated", () => {
      try {
        prune();
      } catch {
        // The folder cannot be read any more: whoever writes to it hears of that.
      }
    });
    return { stream };
  } catch (error) {
    return { stream: undefined, reason: (error as NodeJS.ErrnoException).code ?? "unknown reason" };
  }
}
