/** Where every table stands, read from both databases: what all commands that speak of it are views of. */
import { gapOf, lookAtCapture } from "../capture/capture-gap.ts";
import { isComplete, journalLock } from "../capture/capture-state.ts";
import { type Checkpoint, readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { Direction } from "../contract/direction.ts";
import { planTables, type TablePlan } from "../contract/sync-plan.ts";
import { createJournalReader, type JournalReader } from "../journal/reader.ts";
import { copyPlacesIn } from "../state/copy-place.ts";
import { droppedIn } from "../state/dropped.ts";
import { describeGap } from "../state/gap.ts";
import { readState, stateTable } from "../state/state.ts";
import { stoppedIn } from "../state/stopped.ts";
import { missingMigration } from "../transform/transformer-for.ts";
import { sleep } from "../util/sleep.ts";
import { clockOf } from "./clock.ts";
import { copyFacts, copyProblem } from "./copy-facts.ts";
import { countDeadLetters } from "./count-dead-letters.ts";
import { type JournalSnapshot, readJournal, unreadable } from "./journal-snapshot.ts";
import type { TargetShape } from "./phase.ts";
import { runnerFacts } from "./runner-facts.ts";
import type { StatusRequest, TableStatus } from "./table-status.ts";
import { throttleIn } from "./throttle-in.ts";
import { type Verified, verifiedIn } from "./verified.ts";

/** One table of a snapshot: its status, and what only those need who compare two of them. */
export interface TableSnapshot {
  readonly status: TableStatus;
  readonly journal: JournalSnapshot["ends"];
  readonly applied: JournalSnapshot["applied"];
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
      const copy = copyFacts(entries, copies, table.name, nowMs);
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
          ...runnerFacts(entries, table.name, groupOf.get(table.name) ?? "", nowMs),
          throttle: throttleIn(entries, groupOf.get(table.name) ?? "", nowMs),
          copy,
          stopped: stoppedIn(entries, groupOf.get(table.name) ?? "") ?? null,
          drift: [
            ...state.missing.map(({ kind, name }) => `${kind} ${name} is missing`),
            ...state.drifted.map(({ reason }) => reason),
          ],
          ...journal.status,
          problems: [
            ...(unmigrated === undefined ? [] : [unmigrated]),
            ...copyProblem(copy),
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
