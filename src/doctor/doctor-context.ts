import { type CaptureState, isComplete, readCaptureState } from "../capture/capture-state.ts";
import type { ConnectionSettings, SchemaName, SyncConfig } from "../config/sync-config.ts";
import type { IsVersion } from "../config/versions.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { Direction } from "../contract/direction.ts";
import { planTables, type SyncPlan, type TablePlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import { loadDialect } from "../dialect/registry.ts";
import { SyncError } from "../errors.ts";
import { buildPlan } from "../plan/build-plan.ts";

export interface DoctorRequest {
  /** Default forward. On the way back `source` is green and `target` blue; the versions are blue's and green's still. */
  readonly direction?: Direction;
  readonly schema: SchemaName;
  readonly sourceVersion: IsVersion;
  readonly targetVersion: IsVersion;
  /** Upper case. */
  readonly tables: readonly string[];
  readonly source: ConnectionSettings;
  readonly target: ConnectionSettings;
  readonly parallelism: number;
  readonly wayBack?: boolean | undefined;
  readonly throttleQuery?: SyncConfig["throttleQuery"];
  /** With a way back: what no row could take it for, by the configuration alone. Default none. */
  readonly wayBackProblems?: readonly string[];
  /** Connections that are open already, and stay so; default: the doctor opens its own. */
  readonly opened?: { readonly source: Database; readonly target: Database };
  /** The target's crypto provider; default: symmetric, as 5.11.0 is shipped. */
  readonly targetEncryption?: "symmetric" | "asymmetric";
}

export interface DoctorSide {
  readonly name: "source" | "target";
  readonly settings: ConnectionSettings;
  readonly dialect: () => Promise<Dialect>;
  readonly db: () => Promise<Database>;
}

/** What could be planned, and why the rest could not. */
export interface Planned {
  readonly tables: readonly TablePlan[];
  /** Those of them that the target has already. */
  readonly restored: readonly TablePlan[];
  readonly problems: readonly string[];
  /** What mends the problems. */
  readonly next: string;
  readonly notes: readonly string[];
}

/**
 * What checks ask, found out once and only when asked for. Each rejects for its own reason: a check whose question
 * cannot be answered is "unknown", and the others go on.
 */
export interface DoctorContext {
  readonly request: DoctorRequest;
  readonly source: DoctorSide;
  readonly target: DoctorSide;
  readonly planned: () => Promise<Planned>;
  readonly capture: () => Promise<readonly CaptureState[]>;
  close(): Promise<void>;
}

export function openDoctor(request: DoctorRequest): DoctorContext {
  const { opened } = request;
  const source = openSide("source", request.source, opened?.source);
  const target = openSide("target", request.target, opened?.target);
  const planned = once(async () => {
    const sides = [await both(source), await both(target)] as const;
    return await planWhatCanBe(request, ...sides);
  });
  return {
    request,
    source,
    target,
    planned,
    capture: once(async () =>
      readCaptureState(await source.db(), await source.dialect(), (await planned()).tables),
    ),
    async close() {
      for (const side of opened === undefined ? [source, target] : []) {
        const db = await side.db().catch(() => undefined);
        await db?.close().catch(() => undefined);
      }
    },
  };
}

/** The two sides, blue first, whichever way the changes go. */
export const blueAndGreen = ({
  request,
  source,
  target,
}: DoctorContext): readonly [blue: DoctorSide, green: DoctorSide] =>
  request.direction === "back" ? [target, source] : [source, target];

/** Whether capture is there and as wanted for every table that can be planned; false when that is not known. */
export async function isPrepared(context: DoctorContext): Promise<boolean> {
  const states = await context.capture().catch(() => []);
  return states.length > 0 && states.every(isComplete);
}

function openSide(
  name: DoctorSide["name"],
  settings: ConnectionSettings,
  opened: Database | undefined,
): DoctorSide {
  const dialect = once(() => loadDialect(settings.type));
  const db = once(async () => opened ?? (await (await dialect()).connect(settings, { marked: true })));
  return { name, settings, dialect, db };
}

const both = async (side: DoctorSide) => ({ dialect: await side.dialect(), db: await side.db() });

/** All tables at once, or, when some cannot be planned, each by itself: one bad table hides no fault of another. */
async function planWhatCanBe(
  request: DoctorRequest,
  source: Awaited<ReturnType<typeof both>>,
  target: Awaited<ReturnType<typeof both>>,
): Promise<Planned> {
  const plan = async (tables: readonly string[]): Promise<SyncPlan | SyncError> => {
    try {
      return await buildPlan(
        { ...request, tables, beforeRestore: request.direction !== "back" },
        source,
        target,
      );
    } catch (error) {
      if (error instanceof SyncError && /^(PLAN_IMPOSSIBLE|GRANT_MISSING)$/.test(error.code)) return error;
      throw error;
    }
  };
  const whole = await plan(request.tables);
  if (!(whole instanceof SyncError))
    return { ...withRestored(planTables(whole)), problems: [], next: "", notes: whole.notes };
  const parts: SyncPlan[] = [];
  for (const table of request.tables) {
    const part = await plan([table]);
    if (!(part instanceof SyncError)) parts.push(part);
  }
  const problems = whole.message.split("\n").flatMap((line) => /^ {2}- (.*)$/.exec(line)?.[1] ?? []);
  return {
    ...withRestored(parts.flatMap(planTables)),
    problems: problems.length === 0 ? [whole.message] : problems,
    next: whole.next,
    notes: parts.flatMap(({ notes }) => notes),
  };
}

const withRestored = (tables: readonly TablePlan[]): Pick<Planned, "tables" | "restored"> => ({
  tables,
  restored: tables.filter(({ awaitsRestore }) => !awaitsRestore),
});

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}
