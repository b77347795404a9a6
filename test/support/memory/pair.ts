/** A source and a target in memory, a plan of them, and a run between the two. */
import type { ConflictPolicy } from "../../../src/apply/conflict.ts";
import type { Action, Position } from "../../../src/contract/change.ts";
import type { Dialect } from "../../../src/contract/dialect.ts";
import { withOrigin } from "../../../src/contract/origin.ts";
import type { SyncPlan, TablePlan } from "../../../src/contract/sync-plan.ts";
import type { Column, ForeignKey, TableSchema } from "../../../src/contract/table-schema.ts";
import type { ResultRow } from "../../../src/db/database.ts";
import { planTable } from "../../../src/plan/plan-table.ts";
import type { Row } from "../../../src/row.ts";
import type { Until } from "../../../src/run/after-pass.ts";
import { createDropCount } from "../../../src/run/drop-count.ts";
import type { RunEvents } from "../../../src/run/events.ts";
import { runGroup } from "../../../src/run/group-loop.ts";
import type { LateGuard } from "../../../src/run/late-guard.ts";
import { createLockKeeper } from "../../../src/run/lock-keeper.ts";
import type { Pulse } from "../../../src/run/pulse.ts";
import { createTableSync, type TableSync } from "../../../src/run/table-sync.ts";
import { stateTable } from "../../../src/state/state.ts";
import { FREE_PACE, type Pace } from "../../../src/throttle/pace.ts";
import type { RowSource } from "../../../src/transform/row-source.ts";
import { type MemoryDatabase, memoryDatabase } from "./database.ts";
import { type MemoryServer, memoryDialect, memoryServer, OURS } from "./dialect.ts";

export const column = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  type: "VARCHAR(100)",
  kind: "text",
  nullable: true,
  default: null,
  generated: false,
  equality: "exact",
  maxLength: 100,
  ...more,
});

export const schema = (
  name: string,
  columns: readonly Column[],
  more: Partial<TableSchema> = {},
): TableSchema => ({ name, columns, primaryKey: ["ID"], uniqueKeys: [], foreignKeys: [], ...more });

export const reference = (name: string, refTable: string, onDelete: ForeignKey["onDelete"]): ForeignKey => ({
  name: `${name}_${refTable}`,
  columns: [name],
  refTable,
  refColumns: ["ID"],
  onDelete,
  onUpdate: "restrict",
});

/** A table of one text key. */
export const USERS = schema("USERS", [column("ID"), column("NAME")]);
/** Its rows refer to USERS. */
export const TOKENS = schema("TOKENS", [column("ID"), column("USER_ID"), column("VALUE")], {
  foreignKeys: [reference("USER_ID", "USERS", "cascade")],
});

const LETTERS = schema(
  "SYNC_DEAD_LETTERS",
  [
    "TABLE_NAME",
    "ROW_KEY",
    "ROW_KEY_DIGEST",
    "SYNC_ID",
    "REASON",
    "CODE",
    "ATTEMPTS",
    "FIRST_SEEN",
    "LAST_TRIED",
  ].map((name) => column(name)),
  { primaryKey: ["TABLE_NAME", "ROW_KEY_DIGEST"] },
);

export const PLAIN_ROWS: RowSource = {
  prepare: async () => (change) => change.row,
  isUnchanged: true,
  keepOnUpdate: [],
  onUniqueConflict: undefined,
};

export interface MemorySide {
  readonly server: MemoryServer;
  readonly dialect: Dialect;
  readonly db: MemoryDatabase;
}

export interface PairOptions {
  readonly schemas?: readonly TableSchema[];
  readonly targetSchemas?: readonly TableSchema[];
  readonly onSource?: Partial<MemoryServer>;
  readonly onTarget?: Partial<MemoryServer>;
  readonly plan?: (table: TablePlan) => TablePlan;
}

/** A plan of these groups. */
export const planOf = (groups: SyncPlan["groups"]): SyncPlan => ({
  schema: "identity",
  sourceVersion: "5.7.0",
  targetVersion: "5.11.0",
  groups,
  notes: [],
});

/** The same with all tables of a pair in one group. */
export const planOfPair = ({ tables }: Pick<Pair, "tables">): SyncPlan =>
  planOf([{ name: tables[0]?.name ?? "", tables }]);

export interface Pair {
  readonly source: MemorySide;
  readonly target: MemorySide;
  readonly tables: readonly TablePlan[];
  table(name: string): TablePlan;
  /** Writes a row on the source, and its change into the journal; gives the change's position. */
  write(table: string, action: Action, row: Row, at?: Position): Position;
  /** Puts rows on both sides, as a dump does. */
  seed(table: string, ...rows: readonly Row[]): void;
  rows(side: "source" | "target", table: string): readonly ResultRow[];
  letters(): readonly ResultRow[];
  /** Lane by lane. */
  positions(table: string): readonly string[];
}

export function openPair({
  schemas = [USERS, TOKENS],
  targetSchemas = schemas,
  onSource = {},
  onTarget = {},
  plan = (table) => table,
}: PairOptions = {}): Pair {
  const side = (shapes: readonly TableSchema[], more: Partial<MemoryServer>): MemorySide => {
    const server = { ...memoryServer(shapes), ...more };
    return { server, dialect: memoryDialect(server), db: memoryDatabase() };
  };
  const source = side(schemas, onSource);
  const target = side([...targetSchemas, LETTERS], onTarget);
  const tables = schemas.map((shape, i) => {
    const planned = planTable(
      {
        name: shape.name,
        source: shape,
        target: targetSchemas[i] ?? shape,
        synced: schemas.map(({ name }) => name),
        from: source.dialect,
        to: target.dialect,
        rekeyed: undefined,
        makes: [],
        reads: [],
      },
      [],
      [],
    );
    return plan(planned);
  });
  for (const table of tables) {
    source.db.tables.set(table.source.name, []);
    source.db.tables.set(table.names.journal, [{ SYNC_ID: "0", ACTION: "ANCHOR" }]);
    source.server.triggers.set(table.names.insertTrigger, { body: OURS, stamp: "1" });
    const lane = { LANE: 0, SYNC_ID: "0", JOURNAL_ID: "j", DIGEST: "" };
    target.db.tables.set(table.target.name, []).set(table.targetNames.checkpoint, [lane]);
  }
  target.db.tables.set("SYNC_DEAD_LETTERS", []).set("SYNC_STATE", []);
  const find = (name: string): TablePlan => {
    const found = tables.find((table) => table.name === name);
    if (found === undefined) throw new Error(`no table ${name}`);
    return found;
  };
  const rowsIn = ({ db }: MemorySide, name: string): ResultRow[] => db.tables.get(name) ?? [];
  return {
    source,
    target,
    tables,
    table: find,
    write(name, action, row, at) {
      const { names } = find(name);
      const journal = rowsIn(source, names.journal);
      const highest = journal.reduce((high, one) => Math.max(high, Number(one["SYNC_ID"])), 0);
      const position = at ?? BigInt(highest + 1);
      const others = rowsIn(source, name).filter((one) => one["ID"] !== row["ID"]);
      const isImage = action === "INSERT" || action === "UPDATE";
      source.db.tables.set(name, isImage ? [...others, { ...row }] : others);
      source.db.tables.set(names.journal, [
        ...journal,
        { ...row, SYNC_ID: position.toString(), ACTION: action },
      ]);
      return position;
    },
    seed(name, ...rows) {
      for (const side of [source, target])
        side.db.tables.set(name, [...rowsIn(side, name), ...rows.map((row) => ({ ...row }))]);
    },
    rows: (side, name) => rowsIn(side === "source" ? source : target, name),
    letters: () => rowsIn(target, "SYNC_DEAD_LETTERS"),
    positions: (name) =>
      rowsIn(target, find(name).targetNames.checkpoint).map((lane) => String(lane["SYNC_ID"])),
  };
}

/** A pair with one table, T, of which a token is the source's key and an id the target's. */
export const openRekeyed = (): Pair =>
  openPair({
    schemas: [schema("T", [column("TOKEN"), column("NAME")], { primaryKey: ["TOKEN"] })],
    targetSchemas: [schema("T", [column("ID"), column("TOKEN"), column("NAME")])],
    plan: (table): TablePlan => ({
      ...table,
      isRekeyed: true,
      key: [{ name: "ID", source: column("TOKEN"), target: column("ID") }],
    }),
  });

export interface MemoryRun {
  readonly pace?: Pace;
  readonly until?: Until;
  readonly batchSize?: number;
  readonly parallelism?: number;
  readonly policy?: ConflictPolicy;
  readonly limit?: number;
  readonly rows?: (table: TablePlan) => RowSource;
  readonly late?: LateGuard;
  readonly signal?: AbortSignal;
  readonly standsBy?: boolean;
  readonly look?: () => Promise<void>;
  readonly pulse?: Partial<Pulse>;
  readonly journalId?: string;
  /** Called after each thing that is told. */
  readonly onTold?: (name: keyof RunEvents) => void;
}

/** One thing that a run told: the event's name, and what came with it. */
export type Told = readonly [keyof RunEvents, ...unknown[]];

export function tellsTo(told: Told[], onTold?: MemoryRun["onTold"]): RunEvents {
  return new Proxy({} as RunEvents, {
    get:
      (_, name) =>
      (...facts: unknown[]) => {
        told.push([name as keyof RunEvents, ...facts]);
        onTold?.(name as keyof RunEvents);
      },
  });
}

/** The pair's tables as a run works on them, parents first. */
export function openTables(pair: Pair, options: MemoryRun, events: RunEvents): readonly TableSync[] {
  const source = withOrigin("source", pair.source);
  const target = withOrigin("target", pair.target);
  const state = stateTable(target.dialect, pair.tables);
  const sources = new Map(pair.tables.map((table) => [table, options.rows?.(table) ?? PLAIN_ROWS]));
  const made: TableSync[] = [];
  for (const table of pair.tables) {
    const isParent = (other: { readonly name: string }, of: TablePlan): boolean =>
      of.parents.some(({ parent }) => parent === other.name);
    made.push(
      createTableSync({
        source,
        target,
        table,
        batchSize: options.batchSize ?? 100,
        pace: options.pace ?? FREE_PACE,
        onWait: async () => undefined,
        parallelism: options.parallelism ?? 1,
        rows: sources.get(table) ?? PLAIN_ROWS,
        children: childrenOf(table, sources),
        drops: createDropCount(target.db, state, table, events.dropped),
        onBatch: events.batch,
        onDeadLetter: events.deadLetter,
        onMadeUpHashes: events.madeUpHashes,
        onLateChange: events.lateChange,
        state,
        deadLetters: { dialect: target.dialect, name: "SYNC_DEAD_LETTERS" },
        deadLetterLimit: options.limit ?? 1000,
        conflictPolicy: options.policy ?? "dead-letter",
        parents: made.filter((other) => isParent(other.table, table)),
        late: options.late,
      }),
    );
  }
  return made;
}

function childrenOf(
  table: TablePlan,
  sources: ReadonlyMap<TablePlan, RowSource>,
): Parameters<typeof createTableSync>[0]["children"] {
  return [...sources].flatMap(([child, rows]) =>
    child.parents
      .filter(({ parent }) => parent === table.name)
      .map((link) => ({ table: child, link, rows, children: () => childrenOf(child, sources) })),
  );
}

/** Runs the pair's tables as one group; gives what was told, and the error that ended it, if one did. */
export async function run(pair: Pair, options: MemoryRun = {}): Promise<{ told: Told[]; error?: unknown }> {
  const source = withOrigin("source", pair.source);
  const target = withOrigin("target", pair.target);
  const told: Told[] = [];
  const events = tellsTo(told, options.onTold);
  const locks = createLockKeeper(target, 5);
  try {
    await runGroup({
      group: { name: pair.tables[0]?.name ?? "", tables: pair.tables },
      source,
      target,
      tables: openTables(pair, options, events),
      pace: options.pace ?? FREE_PACE,
      onWait: async () => undefined,
      capture: { look: options.look ?? (async () => undefined) },
      journalId: async () => options.journalId ?? "j",
      locks,
      lockName: async () => "lock",
      syncIntervalMs: 1,
      standsBy: options.standsBy ?? true,
      pulse: {
        begin: async () => undefined,
        beat: () => undefined,
        applied: () => undefined,
        failed: () => undefined,
        end: async () => undefined,
        ...options.pulse,
      },
      until: options.until ?? "drained",
      signal: options.signal ?? new AbortController().signal,
      events,
      random: () => 0,
    });
    return { told };
  } catch (error) {
    return { told, error };
  } finally {
    await locks.close();
  }
}
