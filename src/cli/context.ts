/** What a command works with: configuration, log, databases. Opened on demand, closed in reverse order. */
import { refuseSameDatabase } from "../capture/prepare-target.ts";
import { refuseSwappedSides } from "../capture/refuse-swapped.ts";
import { shareOf } from "../config/fewest-connections.ts";
import { loadConfig } from "../config/load.ts";
import type { Datasource, SyncConfig } from "../config/sync-config.ts";
import type { Direction } from "../contract/direction.ts";
import { withOrigin } from "../contract/origin.ts";
import type { SyncPlan } from "../contract/sync-plan.ts";
import { loadDialect } from "../dialect/registry.ts";
import { type Log, openLog } from "../log.ts";
import { buildPlan } from "../plan/build-plan.ts";
import { refuseOtherVersions } from "../plan/fitting-versions.ts";
import { splitFrom } from "../plan/rekeyed-tables.ts";
import { shorten } from "../util/shorten.ts";
import type { Connected, SchemaContext, SourceContext } from "./connected.ts";
import { type Deadline, openDeadline } from "./deadline.ts";
import { commandFailure, unreachable } from "./driver-error.ts";
import type { CommonFlags } from "./flags.ts";
import { nameMissingGrants } from "./name-missing-grants.ts";
import { numberFlag } from "./number-flag.ts";
import { openStates, type StatePlace } from "./open-states.ts";
import { progressWidth, writeErr, writeSentence } from "./output.ts";
import { backOf, directionFlag, requireWayBack, servedDirection } from "./way-back.ts";

export type { Connected, SchemaContext, SourceContext } from "./connected.ts";

export interface Context {
  readonly config: SyncConfig;
  readonly log: Log;
  /** The log's last lines, as people read them, oldest first. */
  readonly logLines: () => readonly string[];
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** The time that the command may take, if it was given one. */
  readonly deadline: Deadline;
  /** Aborted when nothing new is to be begun, for whichever reason. */
  readonly deadlineOrStop: AbortSignal;
  /** Everything that is written to stderr besides the log. */
  readonly terminal: Terminal;
  /**
   * Connects to both databases of every schema and plans its tables. `beforeRestore`: a table that the target does
   * not have yet is planned with the source's shape. `quiet`: the plan's notes are not logged.
   */
  openSchemas(options?: OpenOptions): Promise<readonly SchemaContext[]>;
  /** The other direction of these, with a plan of its own. */
  openBack(
    schemas: readonly SchemaContext[],
    options?: Pick<OpenOptions, "persist">,
  ): Promise<readonly SchemaContext[]>;
  /** The same with the sources alone, for when there is no target any more. */
  openSources(): Promise<readonly SourceContext[]>;
  /** Where commands remember things for each other, with the connections to it; none before `prepare`. */
  openStates(): Promise<readonly StatePlace[]>;
}

export interface OpenOptions {
  readonly beforeRestore?: boolean;
  readonly quiet?: boolean;
  /** Does what comes after connecting, again where that helps. Default: once. */
  readonly persist?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Default: what --direction says, else the one that carries the changes of the side that serves users. */
  readonly direction?: Direction;
  /** The databases need not be of the configured versions: nothing depends on what their rows mean. */
  readonly anyVersion?: boolean;
}

/** Lets lines of progress stay below the log lines. */
export interface Terminal {
  readonly isTerminal: boolean;
  /** Replaces the lines at the bottom, each shortened to the terminal's width; an empty text removes them. Nothing when it is no terminal. */
  showProgress(text: string): void;
  /** Writes a sentence to stdout, above the lines at the bottom where both are one terminal. */
  print(text: string): void;
}

/** Between the wish to stop and the end of whatever is under way then. */
const GRACE_MS = 2_000;

/** Opens a context, does the work, closes everything. A driver's error leaves it classified, see commandFailure. */
export async function withContext<T>(
  flags: CommonFlags,
  signal: AbortSignal,
  work: (context: Context) => Promise<T>,
  { graceMs = GRACE_MS }: { readonly graceMs?: number } = {},
): Promise<T> {
  const timeout = numberFlag("--timeout", flags.timeout);
  const wanted = directionFlag(flags.direction);
  const config = await loadConfig({
    configFile: flags.config,
    ...(flags.deployment === undefined ? {} : { deploymentFile: flags.deployment }),
    defines: flags.define,
  });
  if (wanted === "back") requireWayBack(config);
  const { terminal, write } = openTerminal();
  const { log, lines, close } = openLog({
    dir: flags.logDir,
    keepDays: config.logKeepDays,
    maxMegabytes: config.logMaxMegabytes,
    debug: flags.debug === true,
    isTerminal: terminal.isTerminal,
    write,
  });
  const onStop = (): void =>
    log.info({ signal: String(signal.reason) }, "stopping: a second signal stops at once");
  signal.addEventListener("abort", onStop);
  const deadline = openDeadline({
    ...(timeout === undefined ? {} : { timeoutMs: timeout * 1000 }),
    stop: signal,
    graceMs,
  });
  const opened: Connected[] = [];
  const plans: SyncPlan[] = [];
  const connect = async (side: "source" | "target", datasource: Datasource): Promise<Connected> => {
    const dialect = await loadDialect(datasource.settings.type);
    const { pool } = datasource.settings;
    const settings = { ...datasource.settings, pool: { ...pool, max: shareOf(side, pool.max, config) } };
    const db = await dialect
      .connect(settings, { marked: true, cut: deadline.cut })
      .catch((error: unknown) => {
        throw unreachable(dialect, datasource, error);
      });
    const connected = withOrigin(side, { datasource, dialect, db });
    opened.push(connected);
    return connected;
  };
  try {
    for (const warning of config.warnings) log.warn(warning);
    return await work({
      config,
      log,
      logLines: lines,
      signal,
      deadline,
      deadlineOrStop: AbortSignal.any([signal, deadline.signal]),
      terminal,
      openSchemas: async (options = {}) => {
        const schemas = await openSchemas(config, log, connect, options);
        plans.push(...schemas.map(({ plan }) => plan));
        const direction = options.direction ?? wanted ?? (await servedDirection(config, schemas));
        return direction === "back" ? await backOf(config, schemas, connect) : schemas;
      },
      openBack: (schemas, { persist } = {}) => backOf(config, schemas, connect, persist),
      openSources: () => openSources(config, connect),
      openStates: () => openStates(config, connect),
    });
  } catch (error) {
    const failure = commandFailure(
      opened.map(({ dialect }) => dialect),
      error,
    );
    throw await nameMissingGrants(config, plans, deadline.explain(failure));
  } finally {
    terminal.showProgress("");
    signal.removeEventListener("abort", onStop);
    // A server that says nothing to a farewell is within the limit, too.
    for (const { db } of opened.reverse()) await db.close().catch(() => undefined);
    deadline.end();
    await close();
  }
}

async function openSchemas(
  config: SyncConfig,
  log: Log,
  connect: (side: "source" | "target", datasource: Datasource) => Promise<Connected>,
  { beforeRestore = false, quiet = false, anyVersion = false, persist = (work) => work() }: OpenOptions,
): Promise<readonly SchemaContext[]> {
  const { sourceVersion, targetVersion, emailUserNames } = config;
  const schemas: SchemaContext[] = [];
  let tenants: Connected | undefined;
  let left = config.syncTables;
  for (const [i, pair] of config.schemas.entries()) {
    const source = await connect("source", pair.source);
    const target = await connect("target", pair.target);
    await persist(async () => {
      await refuseSameDatabase(source, target);
      await refuseSwappedSides(source, target, config.syncTables, config.wayBack === true);
      if (!anyVersion) await refuseOtherVersions(config, source, target);
    });
    // With one schema left, tables that are nowhere are reported there.
    const isLast = i === config.schemas.length - 1;
    const wanted = left;
    const found = isLast ? [] : await persist(() => source.dialect.introspector.tables(source.db, wanted));
    const isThere = (name: string): boolean => found.some((one) => one.name.toUpperCase() === name);
    // Rows that were split off a column later on come with the table that still has the column.
    const whole = (name: string): string => splitFrom(name, sourceVersion, targetVersion) ?? name;
    const tables = isLast ? left : left.filter((name) => isThere(name) || isThere(whole(name)));
    if (pair.name === "um") tenants = target;
    left = left.filter((name) => !tables.includes(name));
    if (tables.length === 0) continue;
    const request = {
      schema: pair.name,
      sourceVersion,
      targetVersion,
      tables,
      beforeRestore,
      ...(emailUserNames && { emailUserNames }),
    };
    const plan = await persist(() => buildPlan(request, source, target));
    if (!quiet) for (const note of plan.notes) log.warn(note);
    schemas.push({ name: pair.name, source, target, plan });
  }
  return tenants === undefined ? schemas : schemas.map((schema) => ({ ...schema, tenants }));
}

async function openSources(
  config: SyncConfig,
  connect: (side: "source" | "target", datasource: Datasource) => Promise<Connected>,
): Promise<readonly SourceContext[]> {
  const { sourceVersion, targetVersion } = config;
  const schemas: SourceContext[] = [];
  let left = config.syncTables;
  for (const [i, { name, source: datasource }] of config.schemas.entries()) {
    const source = await connect("source", datasource);
    const isLast = i === config.schemas.length - 1;
    const found = isLast ? [] : await source.dialect.introspector.tables(source.db, left);
    const isThere = (table: string): boolean => found.some((one) => one.name.toUpperCase() === table);
    const tables = isLast ? left : left.filter(isThere);
    left = left.filter((table) => !tables.includes(table));
    if (tables.length === 0) continue;
    const request = { schema: name, sourceVersion, targetVersion, tables, beforeRestore: true };
    schemas.push({ name, source, plan: await buildPlan(request, source, undefined) });
  }
  return schemas;
}

function openTerminal(): { readonly terminal: Terminal; readonly write: (text: string) => void } {
  const isTerminal = process.stderr.isTTY === true;
  let progress = "";
  // Up to the first line of what is shown, and from there on nothing.
  const erase = (): string => `\r${"\u001b[1A".repeat(progress.split("\n").length - 1)}\u001b[0J`;
  return {
    terminal: {
      isTerminal,
      showProgress: (wanted) => {
        // A line that wraps is not where it is erased.
        const width = progressWidth();
        const lines = wanted.split("\n").map((line) => shorten(line, width));
        const text = isTerminal ? lines.join("\n") : "";
        if (text === progress) return;
        writeErr(`${erase()}${text}`);
        progress = text;
      },
      print: (text) => {
        const shown = process.stdout.isTTY === true ? progress : "";
        if (shown !== "") writeErr(erase());
        writeSentence(text, "  ");
        writeErr(shown);
      },
    },
    write: (text) => writeErr(progress === "" ? text : `${erase()}${text}${progress}`),
  };
}
