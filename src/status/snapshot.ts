/** Where every table stands, read from both databases: what all commands that speak of it are views of. */
import { gapOf, lookAtCapture } from "../capture/capture-gap.ts";
import { type CaptureState, isComplete, journalLock } from "../capture/capture-state.ts";
import { type Checkpoint, readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Position } from "../contract/change.ts";
import type { TableLock } from "../contract/dialect.ts";
import type { Direction } from "../contract/direction.ts";
import { planTables, type TablePlan } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import { countLate } from "../journal/appeared.ts";
import { NO_END } from "../journal/horizon.ts";
import { oldestChange } from "../journal/oldest-change.ts";
import { createJournalReader, type JournalReader, type Survey } from "../journal/reader.ts";
import { type CopyPlace, copyPlacesIn } from "../state/copy-place.ts";
import { droppedIn } from "../state/dropped.ts";
import { describeGap } from "../state/gap.ts";
import { runnerIn } from "../state/runner.ts";
import { readState, type StateEntry, stateTable } from "../state/state.ts";
import { stoppedIn } from "../state/stopped.ts";
import { missingMigration } from "../transform/transformer-for.ts";
import { sleep } from "../util/sleep.ts";
import { STILL_SECONDS } from "./arrival.ts";
import { clockOf, secondsSince } from "./clock.ts";
import { countDeadLetters } from "./count-dead-letters.ts";
import type { TargetShape } from "./phase.ts";
import type { StatusRequest, TableStatus } from "./table-status.ts";
import { throttleIn } from "./throttle-in.ts";
import { type Verified, verifiedIn } from "./verified.ts";

/** One table of a snapshot: its status, and what only those need who compare two of them. */
export interface TableSnapshot {
  readonly status: TableStatus;
  /** The last visible position, and the last that was handed out; undefined where the journal cannot be read. */
  readonly journal: { readonly highest: Position; readonly reached: Position } | undefined;
  /** Of the journal that is there: 0 when the checkpoint belongs to another one. */
  readonly applied: Position;
  /** What the target keeps of positions that were passed, see journal/passed-holes.ts; undefined without any. */
  readonly passed: unknown;
}

/** What one look found. */
export interface Snapshot {
  /** When it was taken, by this machine's clock: "2026-01-31T23:59:59.123Z". */
  readonly at: string;
  /** Which way the changes go. */
  readonly direction: Direction;
  readonly target: TargetShape;
  readonly tables: readonly TableSnapshot[];
  /** What the last comparison of each schema came to. */
  readonly verified: readonly Verified[];
}

export interface Snapshots {
  /** Takes one; evidence of earlier ones counts, so that it waits for nothing. */
  take(): Promise<Snapshot>;
  /** The same, but waits once for what only time can decide. */
  takeDecided(signal?: AbortSignal): Promise<Snapshot>;
}

/** How far ahead of the checkpoint holes are looked for. */
const LOOK_AHEAD = 200;
/** Counting further would read long stretches of the journal, on the source, at every look. */
const COUNTED = 100_000;

export function openSnapshots(schemas: readonly StatusRequest[]): Snapshots {
  const readers = new Map<string, JournalReader>();
  const readerOf = (schema: StatusRequest, table: TablePlan): JournalReader => {
    const id = `${schema.name}/${table.name}`;
    const reader = readers.get(id) ?? createJournalReader(schema.source, table);
    readers.set(id, reader);
    return reader;
  };
  const take = async (): Promise<Snapshot> => {
    const at = new Date().toISOString();
    const tables: TableSnapshot[] = [];
    const verified: Verified[] = [];
    for (const schema of schemas) {
      const found = await readSchema(schema, (table) => readerOf(schema, table));
      tables.push(...found.tables);
      verified.push(found.verified);
    }
    const target = targetShape(schemas);
    return { at, direction: schemas[0]?.direction ?? "forward", target, tables, verified };
  };
  const minHoleAgeMs = Math.max(0, ...schemas.map(({ source }) => source.dialect.capabilities.minHoleAgeMs));
  return {
    take,
    async takeDecided(signal) {
      const first = await take();
      const isUndecided = first.tables.some(({ status }) => status.openHole !== null);
      if (!isUndecided || minHoleAgeMs === 0) return first;
      await sleep(minHoleAgeMs + 50, signal);
      return await take();
    },
  };
}

async function readSchema(
  schema: StatusRequest,
  readerOf: (table: TablePlan) => JournalReader,
): Promise<{ readonly tables: readonly TableSnapshot[]; readonly verified: Verified }> {
  const { source, target, plan } = schema;
  const tables = planTables(plan);
  const looks = await lookAtCapture(source, target, tables);
  const present = await target.dialect.introspector.objects(
    target.db,
    tables.map((table) => table.targetNames.checkpoint),
  );
  const checkpoints = new Map(
    await Promise.all(
      tables.map(async (table): Promise<[TablePlan, Checkpoint | undefined]> => {
        const name = table.targetNames.checkpoint;
        const isThere = present.some((object) => object.name === name);
        return [table, isThere ? await readCheckpoint(target.db, target.dialect, name) : undefined];
      }),
    ),
  );
  // Read after the checkpoints: whatever was set aside up to there is counted by now.
  const deadLetters = await countDeadLetters(target, tables);
  const entries = await readState(target.db, stateTable(target.dialect, tables));
  const copies = copyPlacesIn(entries);
  const nowMs = await clockOf(target);
  const groupOf = new Map(
    plan.groups.flatMap((group) => group.tables.map((table) => [table.name, group.name])),
  );
  const found = await Promise.all(
    looks.map(async (look): Promise<TableSnapshot> => {
      const state = look.found;
      const { table } = state;
      const gap = checkpoints.get(table) === undefined ? undefined : gapOf(look);
      const checkpoint = checkpoints.get(table);
      const unmigrated = missingMigration(plan, table);
      const kept = entries.find(({ key }) => key === `passed/${table.name}`)?.value;
      const journal = await readJournal(schema, state, { checkpoint, passed: kept }, readerOf(table)).catch(
        (error: unknown) => unreadable(schema, state, error),
      );
      return {
        journal: journal.ends,
        applied: journal.applied,
        passed: kept,
        status: {
          schema: schema.name,
          table: table.name,
          captured: isComplete(state),
          checkpoint: checkpoint?.position.toString() ?? null,
          group: groupOf.get(table.name) ?? "",
          deadLetters: deadLetters.get(table.name)?.count ?? 0,
          deadLettersByCode: deadLetters.get(table.name)?.byCode ?? {},
          dropped: droppedIn(entries, table.name)?.changes ?? 0,
          gap: gap === undefined ? null : describeGap(gap),
          // Filled in when all tables are known.
          waitsFor: [],
          ...runnerOf(entries, table.name, groupOf.get(table.name) ?? "", nowMs),
          throttle: throttleIn(entries, groupOf.get(table.name) ?? "", nowMs),
          stopped: stoppedIn(entries, groupOf.get(table.name) ?? "") ?? null,
          drift: [
            ...state.missing.map(({ kind, name }) => `${kind} ${name} is missing`),
            ...state.drifted.map(({ reason }) => reason),
          ],
          ...journal.status,
          problems: [
            ...(unmigrated === undefined ? [] : [unmigrated]),
            ...copyProblem(copies.get(table.name)),
            ...journalLock(state),
            ...journal.status.problems,
          ],
        },
      };
    }),
  );
  return { tables: withWaits(found, tables), verified: verifiedIn(entries, schema.name, nowMs) };
}

function targetShape(schemas: readonly StatusRequest[]): TargetShape {
  const tables = schemas.flatMap(({ plan }) => planTables(plan).map((table) => ({ plan, table })));
  if (tables.some(({ table }) => table.awaitsRestore)) return "unrestored";
  return tables.some(({ plan, table }) => missingMigration(plan, table) !== undefined)
    ? "unmigrated"
    : "ready";
}

/** Until it is finished, the target lacks rows that no journal tells of. */
function copyProblem(place: CopyPlace | undefined): readonly string[] {
  if (place === undefined || place.isDone) return [];
  const { rows, written, total } = place;
  const of = total === undefined ? "" : ` of about ${total}`;
  return [
    `its copy is not finished: ${rows}${of} rows read, ${written} written; \`sync-tool copy\` goes on with it`,
  ];
}

function runnerOf(
  entries: readonly StateEntry[],
  table: string,
  group: string,
  nowMs: number,
): Pick<TableStatus, "runner" | "appliedPerSecond"> {
  const runner = runnerIn(entries, group);
  const seconds = runner === undefined ? undefined : secondsSince(runner.movedAt, nowMs);
  if (runner === undefined || seconds === undefined) return { runner: null, appliedPerSecond: null };
  const { host, pid, since, perSecond } = runner;
  return {
    runner: { host, pid, since: since ?? null, movedSecondsAgo: seconds },
    appliedPerSecond: seconds > STILL_SECONDS || perSecond === undefined ? null : (perSecond[table] ?? 0),
  };
}

/** What is behind while its parents are, is behind for their sake. */
function withWaits(found: readonly TableSnapshot[], tables: readonly TablePlan[]): readonly TableSnapshot[] {
  const behind = new Set(found.flatMap(({ status }) => ((status.pending ?? 0) > 0 ? [status.table] : [])));
  return found.map((one) => {
    const { table } = one.status;
    if (!behind.has(table)) return one;
    const parents = tables.find(({ name }) => name === table)?.parents ?? [];
    const names = new Set(parents.map(({ parent }) => parent.toUpperCase()));
    const waitsFor = [...names].filter((name) => name !== table && behind.has(name));
    return { ...one, status: { ...one.status, waitsFor } };
  });
}

interface JournalSnapshot {
  readonly ends: TableSnapshot["journal"];
  readonly applied: Position;
  readonly status: Pick<
    TableStatus,
    "pending" | "pendingIsEstimate" | "lagSeconds" | "openHole" | "writers" | "holders" | "problems"
  >;
}

const NOTHING = {
  pending: null,
  pendingIsEstimate: false,
  lagSeconds: null,
  openHole: null,
  writers: 0,
  holders: [],
  problems: [],
} as const;

async function readJournal(
  { source }: StatusRequest,
  { table, journalId, journalLacks, journalLacksTime, lock }: CaptureState,
  { checkpoint, passed }: { readonly checkpoint: Checkpoint | undefined; readonly passed: unknown },
  reader: JournalReader,
): Promise<JournalSnapshot> {
  if (journalId === undefined) return { ends: undefined, applied: 0n, status: NOTHING };
  if (lock?.isUnreadable === true) return lockedJournal(lock, checkpoint);
  const isOther = checkpoint !== undefined && checkpoint.journalId !== journalId;
  const anchor = checkpoint === undefined || isOther ? { position: 0n, digest: "" } : checkpoint;
  const problems = isOther ? ["The checkpoint belongs to another journal"] : [];
  // A journal of an older shape cannot be read as this release reads it: `drift` says so, and `prepare` mends it.
  const isReadable = journalLacks.length === 0 && !journalLacksTime;
  const survey = isReadable ? await surveyOrProblem(table, reader.survey(anchor, LOOK_AHEAD)) : undefined;
  if (typeof survey === "string") problems.push(survey);
  const { open = undefined, writers = [], ...ends } = typeof survey === "object" ? survey : {};
  // Counted after the survey: a change that has become visible meanwhile is counted, one that has not was told of.
  const count = source.dialect.sql.countChanges(table.names.journal, anchor.position, COUNTED + 1);
  const [row] = await source.db.query(count.sql, count.params);
  const counted = Number(row?.["n"] ?? 0);
  const between = Number(("highest" in ends ? ends.highest : 0n) - anchor.position);
  const late = await countLate(source, table.names.journal, isOther ? undefined : passed, anchor.position);
  const pending = (counted > COUNTED ? Math.max(counted, between) : counted) + late;
  const oldest =
    pending > 0 && isReadable ? await oldestChange(source, table.names.journal, anchor.position) : undefined;
  const isHeld = open !== undefined || writers.length > 0;
  return {
    ends: "highest" in ends ? ends : undefined,
    applied: anchor.position,
    status: {
      pending,
      pendingIsEstimate: counted > COUNTED,
      lagSeconds: pending === 0 ? 0 : (oldest?.ageSeconds ?? null),
      openHole:
        open === undefined
          ? null
          : { first: String(open.first), last: String(open.last === NO_END ? open.first : open.last) },
      writers: writers.length,
      // Who it is only informs: that somebody is waited for has been found out already.
      holders: isHeld ? await reader.holders(open).catch(() => []) : [],
      problems,
    },
  };
}

/** Who holds it so may write to it as well, and what it holds already cannot be counted without waiting. */
function lockedJournal({ holders }: TableLock, checkpoint: Checkpoint | undefined): JournalSnapshot {
  return {
    ends: undefined,
    applied: checkpoint?.position ?? 0n,
    status: { ...NOTHING, writers: holders.length, holders },
  };
}

/** What somebody did to the journal, say row-level security, can keep us from reading it: `drift` says so, and all else is shown. */
function unreadable({ source }: StatusRequest, state: CaptureState, error: unknown): JournalSnapshot {
  const { class: found, reason } = source.dialect.classifyError(error);
  const isExplained = state.drifted.some(({ object, isFault }) => object.kind === "journal" && isFault);
  if (!isExplained || !/^(auth|schema)$/.test(found)) throw error;
  const problems = [`The journal cannot be read: ${reason}`];
  return { ends: undefined, applied: 0n, status: { ...NOTHING, problems } };
}

/** Why the journal cannot be read on from the checkpoint is something to show, not to fail with. */
async function surveyOrProblem(table: TablePlan, survey: Promise<Survey>): Promise<Survey | string> {
  try {
    return await survey;
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== "JOURNAL_REPLACED") throw error;
    // Who shows a problem names the table before it.
    return error.message.replace(`${table.name}: `, "");
  }
}
