/** What a database answers, over tables in memory (see database.ts). */

import type { Key, Position } from "../../../src/contract/change.ts";
import type { Capabilities, Dialect, FoundObject, HolderFacts, Hole } from "../../../src/contract/dialect.ts";
import { objectNames } from "../../../src/contract/object-names.ts";
import type { TablePlan, TargetTable } from "../../../src/contract/sync-plan.ts";
import type { Column, TableSchema } from "../../../src/contract/table-schema.ts";
import type { ErrorClass } from "../../../src/db/classified-error.ts";
import type { ResultRow } from "../../../src/db/database.ts";
import type { Row, Value } from "../../../src/row.ts";
import { copyOf, MemoryError, queryable, restore, rowsOf, statement, type Tables } from "./database.ts";

/** What a test says of a server. */
export interface MemoryServer {
  /** Its tables' shapes: foreign keys are kept, unique keys too. */
  schemas: readonly TableSchema[];
  capabilities: Partial<Capabilities>;
  /** Transactions that may still make positions visible. */
  holders: readonly string[];
  /** What is said of a hole that may be judged and that no row has come to. */
  verdict: "open" | "dead";
  /** The last position handed out in a journal. */
  drawn: ((journal: string) => Position) | undefined;
  described: readonly HolderFacts[];
  /** Rows with such a value are not shown in order, or not found by their keys. */
  hidden: readonly string[];
  unfound: readonly string[];
  /** Capture's triggers by name: their bodies as `OURS`, older than that, or somebody else's; absent when they are gone. */
  readonly triggers: Map<string, MemoryTrigger>;
  /** Columns that journals lack, those of an older release. */
  journalLacks: readonly string[];
  /** What somebody did to the journals, see FoundObject.faults. */
  faults: readonly string[];
  /** Its clock, in milliseconds since 1970. */
  nowMs: number;
  /** Whether it makes digests of ranges. */
  digests: boolean;
  /** Values that no row may have. */
  refused: readonly string[];
  /** Names of locks that somebody has. */
  readonly locks: Set<string>;
}

export interface MemoryTrigger {
  readonly body: string;
  readonly stamp: string;
  readonly enabled?: boolean;
}

/** The body of a trigger as it is to be. */
export const OURS = "ours";

export const memoryServer = (schemas: readonly TableSchema[]): MemoryServer => ({
  schemas,
  capabilities: {},
  holders: [],
  verdict: "dead",
  drawn: undefined,
  described: [],
  hidden: [],
  unfound: [],
  triggers: new Map(),
  journalLacks: [],
  faults: [],
  nowMs: Date.parse("2026-01-01T00:00:00.000Z"),
  digests: false,
  refused: ["poison"],
  locks: new Set(),
});

/** Columns of a journal besides its table's. */
const OWN = ["SYNC_ID", "ACTION", "CAPTURED_AT"].map((name) => ({ name, type: name }));

const IMAGES = ["INSERT", "UPDATE", "DELETE"];

/** The rows that come after a key, in its order. */
const inOrder = (tables: Tables, table: string, keyColumns: readonly Column[], after: Key | undefined) =>
  [...rowsOf(tables, table)]
    .sort((a, b) => order(keyColumns, keyIn(a, keyColumns), keyIn(b, keyColumns)))
    .filter((row) => after === undefined || order(keyColumns, keyIn(row, keyColumns), after) > 0);

export function memoryDialect(server: MemoryServer): Dialect {
  const capabilities: Capabilities = {
    transactionalDdl: true,
    errorAbortsTransaction: false,
    cascadesSkipTriggers: false,
    emptyStringIsNull: false,
    hidesTriggers: false,
    hidesTables: false,
    provesHoles: true,
    minHoleAgeMs: 0,
    ...server.capabilities,
  };
  const digestRange = (
    table: string,
    columns: readonly Column[],
    keyColumns: readonly Column[],
    after: Key | undefined,
    limit: number,
  ) =>
    statement((tables) => {
      const rows = inOrder(tables, table, keyColumns, after).slice(0, limit);
      const digest = JSON.stringify(rows.map((row) => picked(row, columns)));
      return [{ ...rows.at(-1), _ROWS: rows.length, _DIGEST: digest }];
    });
  const sql = {
    quote: (name: string) => `"${name}"`,
    readChanges: (table: TablePlan, from: Position, limit: number) =>
      statement((tables) =>
        journalOf(tables, table.names.journal)
          .filter((row) => positionOf(row) >= from)
          .slice(0, limit)
          .map((row) => shown(row, table)),
      ),
    readChangesAt: (table: TablePlan, positions: readonly Position[]) =>
      statement((tables) =>
        journalOf(tables, table.names.journal)
          .filter((row) => positions.includes(positionOf(row)))
          .map((row) => shown(row, table)),
      ),
    changeSizes: (table: TablePlan, columns: readonly Column[], from: Position, limit: number) =>
      statement((tables) =>
        journalOf(tables, table.names.journal)
          .filter((row) => positionOf(row) >= from)
          .slice(0, limit)
          .map((row) => ({
            SYNC_ID: row["SYNC_ID"],
            BYTES: columns.reduce((sum, { name }) => sum + String(row[name.toUpperCase()] ?? "").length, 0),
          })),
      ),
    changedAfter: (journal: string, columns: readonly Column[], keys: readonly Key[], after: Position) =>
      statement((tables) =>
        journalOf(tables, journal).filter(
          (row) => positionOf(row) > after && keys.some((key) => hasKey(row, columns, key)),
        ),
      ),
    laterChange: (table: TablePlan, after: Position, key: Key) =>
      statement((tables) =>
        journalOf(tables, table.names.journal)
          .filter((row) => positionOf(row) > after && IMAGES.includes(String(row["ACTION"])))
          .filter((row) =>
            hasKey(
              row,
              table.key.map(({ source }) => source),
              key,
            ),
          )
          .slice(0, 1),
      ),
    countChanges: (journal: string, after: Position, atMost: number) =>
      statement((tables) => [
        { n: Math.min(atMost, journalOf(tables, journal).filter((row) => positionOf(row) > after).length) },
      ]),
    oldestChange: (journal: string, after: Position) =>
      statement((tables) =>
        journalOf(tables, journal)
          .filter((row) => positionOf(row) > after)
          .slice(0, 1)
          .map((row) => ({ position: row["SYNC_ID"], age: row["AGE"] ?? null })),
      ),
    markPurged: (table: TablePlan, position: Position) =>
      statement((tables) => {
        const rows = journalOf(tables, table.names.journal).filter((row) => positionOf(row) === position);
        for (const row of rows) row["ACTION"] = "PURGE";
        return rows.length;
      }),
    purgeBefore: (journal: string, position: Position, limit: number) =>
      statement((tables) => {
        const gone = journalOf(tables, journal)
          .filter((row) => positionOf(row) < position)
          .slice(0, limit);
        tables.set(
          journal,
          rowsOf(tables, journal).filter((row) => !gone.includes(row)),
        );
        return gone.length;
      }),
    highestAtOrBelow: (journal: string, position: Position) =>
      statement((tables) => [
        {
          position:
            journalOf(tables, journal)
              .filter((row) => positionOf(row) <= position)
              .at(-1)?.["SYNC_ID"] ?? null,
        },
      ]),
    presentIn: (journal: string, ranges: readonly Hole[]) =>
      statement((tables) =>
        journalOf(tables, journal)
          .filter((row) =>
            ranges.some(({ first, last }) => positionOf(row) >= first && positionOf(row) <= last),
          )
          .map((row) => ({ position: row["SYNC_ID"] })),
      ),
    readRows: (
      table: string,
      columns: readonly Column[],
      keyColumns: readonly Column[],
      keys: readonly Key[],
    ) =>
      statement((tables) =>
        rowsOf(tables, table)
          .filter((row) => keys.some((key) => hasKey(row, keyColumns, key)) && !holds(row, server.unfound))
          .map((row) => picked(row, columns)),
      ),
    readKeyRange: (
      table: string,
      columns: readonly Column[],
      keyColumns: readonly Column[],
      after: Key | undefined,
      limit: number,
    ) =>
      statement((tables) =>
        inOrder(tables, table, keyColumns, after)
          .filter((row) => !holds(row, server.hidden))
          .slice(0, limit)
          .map((row) => picked(row, columns)),
      ),
    ...(server.digests ? { digestRange } : {}),
    countRows: (table: string, keyColumns: readonly Column[] = [], key: Key = []) =>
      statement((tables) => [
        { n: rowsOf(tables, table).filter((row) => hasKey(row, keyColumns, key)).length },
      ]),
    estimateRows: (table: string) => statement((tables) => [{ n: rowsOf(tables, table).length }]),
    readTable: (table: string, _columns: readonly string[], limit = Number.POSITIVE_INFINITY) =>
      statement((tables) => rowsOf(tables, table).slice(0, limit)),
    readCheckpoint: (name: string) =>
      statement((tables) => rowsOf(tables, name).map((row) => ({ ...row, AGE: 0 }))),
    shareCheckpoint: (name: string) =>
      statement((tables) => rowsOf(tables, name).map(({ LANE }) => ({ LANE }))),
    insertCheckpoint: (
      name: string,
      row: { lane: number; position: Position; journalId: string; digest: string },
    ) => statement((tables) => rowsOf(tables, name).push(laneRow(row)) && 1),
    moveCheckpoint: (
      name: string,
      from: { lane: number; position: Position; journalId: string },
      to: { lane: number; position: Position; journalId: string; digest: string },
    ) =>
      statement((tables) => {
        const row = rowsOf(tables, name).find(
          (one) =>
            one["LANE"] === from.lane &&
            one["SYNC_ID"] === from.position.toString() &&
            one["JOURNAL_ID"] === from.journalId,
        );
        return row === undefined ? 0 : Object.assign(row, laneRow(to)) && 1;
      }),
    readState: (name: string) => statement((tables) => rowsOf(tables, name)),
    writeState: (name: string, key: string, value: string) =>
      statement((tables) => {
        const others = rowsOf(tables, name).filter((row) => row["NAME"] !== key);
        tables.set(name, [...others, { NAME: key, VALUE: value, UPDATED_AT: "2026-01-01 00:00:00.000" }]);
        return 1;
      }),
    deleteState: (name: string, keys: readonly string[]) =>
      statement((tables) => {
        tables.set(
          name,
          rowsOf(tables, name).filter((row) => !keys.includes(String(row["NAME"]))),
        );
        return 1;
      }),
  };

  /** A journal has the columns of its table. */
  const foundTable = (name: string): FoundObject => {
    const table = server.schemas.find((one) => objectNames(one.name).journal === name);
    if (table === undefined) return { kind: "checkpoint", name };
    const there = [...table.columns, ...OWN].filter((column) => !server.journalLacks.includes(column.name));
    const columns = new Map(there.map((column) => [column.name, column.type]));
    const faults = server.faults;
    return {
      kind: "journal",
      name,
      journalId: "j",
      journalHome: "home",
      columns,
      faults,
      timesCapture: true,
    };
  };

  const schemaOf = (name: string): TableSchema | undefined =>
    server.schemas.find((schema) => schema.name.toUpperCase() === name.toUpperCase());

  const dialect = {
    name: "postgres",
    title: "Memory",
    capabilities,
    sql,
    classifyError: (error: unknown) =>
      error instanceof MemoryError
        ? { class: error.kind, code: error.kind, reason: `refused: ${error.kind}` }
        : { class: "fatal" as ErrorClass, code: "none", reason: "not known" },
    introspector: {
      tableLocks: async () => new Map(),
      lockHolders: async () => [],
      server: async () => ({
        home: "home",
        product: "Memory",
        version: [1],
        identity: "memory",
        problems: [],
      }),
      tables: async (_db: unknown, names: readonly string[]) => names.flatMap((name) => schemaOf(name) ?? []),
      objects: async (db, names: readonly string[]) => {
        const tables = await db.query(
          statement((all) => names.filter((name) => all.has(name)).map((name) => ({ name }))).sql,
        );
        return [
          ...tables.map(({ name }) => foundTable(String(name))),
          ...names.flatMap((name): FoundObject[] => {
            const trigger = server.triggers.get(name);
            return trigger === undefined ? [] : [{ kind: "trigger", name, ...trigger }];
          }),
        ];
      },
    } satisfies Dialect["introspector"],
    ddl: {
      capture: ({ names }: TablePlan) => [
        { object: { kind: "journal", name: names.journal }, sql: [] },
        { object: { kind: "trigger", name: names.insertTrigger }, sql: [] },
      ],
      isOurs: (body: string) => body.startsWith(OURS),
      isOlderShape: (body: string) => body === `${OURS}, older`,
      isCurrent: (_: unknown, body: string) => body === OURS,
    },
    doctor: { clock: statement(() => [{ now_ms: server.nowMs }]).sql },
    codec: {
      decode: (_: Column, value: unknown): Value =>
        value === undefined || value === null ? null : (value as Value),
      encode: (_: Column, value: Value): Value => value,
    },
    async writeRows(tx, table, rows, keepOnUpdate) {
      await tx.execute(statement((tables) => writeAll(server, tables, table, rows, keepOnUpdate)).sql);
    },
    async deleteRows(tx, table, keys, exactly) {
      const columns = table.key.map(({ target }) =>
        exactly ? { ...target, equality: "exact" as const } : target,
      );
      await tx.execute(
        statement((tables) => {
          for (const key of keys)
            for (const row of rowsOf(tables, table.target.name).filter((one) => hasKey(one, columns, key)))
              removeRow(server, tables, table.target.name, row);
          return keys.length;
        }).sql,
      );
    },
    async savepoint(tx, work) {
      let before: Tables = new Map();
      const take = statement((tables) => {
        before = copyOf(tables);
        return 0;
      });
      const giveBack = statement((tables) => {
        restore(tables, before);
        return 0;
      });
      await tx.execute(take.sql);
      try {
        return await work();
      } catch (error) {
        await tx.execute(giveBack.sql);
        throw error;
      }
    },
    async snapshot(db, work) {
      let moment: Tables = new Map();
      await db.execute(
        statement((tables) => {
          moment = copyOf(tables);
          return 0;
        }).sql,
      );
      return await work(queryable(moment));
    },
    async openLocks() {
      const own = new Set<string>();
      const free = (name: string): void => {
        own.delete(name);
        server.locks.delete(name);
      };
      return {
        async take(name) {
          if (server.locks.has(name)) return false;
          server.locks.add(name);
          own.add(name);
          return true;
        },
        held: async (names) => new Set(names.filter((name) => own.has(name) && server.locks.has(name))),
        give: async (name) => free(name),
        close: async () => {
          for (const name of own) free(name);
        },
      };
    },
    horizon: {
      observe: async (db, journal: string) => {
        const [row] = await db.query(sql.highestAtOrBelow(journal, 2n ** 63n - 1n).sql);
        return { highest: BigInt(String(row?.["position"] ?? 0)), holders: new Set(server.holders) };
      },
      confirm: async (db, journal: string, holes: readonly Hole[]) => {
        const verdicts: ("open" | "filled" | "dead")[] = [];
        for (const hole of holes)
          verdicts.push(
            (await db.query(sql.presentIn(journal, [hole]).sql)).length > 0 ? "filled" : server.verdict,
          );
        return verdicts;
      },
      describe: async (_db: unknown, holders: readonly string[]) =>
        server.described.filter(({ holder }) => holders.includes(holder)),
      openTransactions: async () => server.described,
      drawn: async (_db: unknown, journals: readonly string[]) =>
        server.drawn === undefined ? undefined : journals.map(server.drawn),
    } satisfies Dialect["horizon"],
  } satisfies Partial<Record<keyof Dialect, unknown>> &
    Pick<Dialect, "writeRows" | "deleteRows" | "savepoint" | "snapshot" | "openLocks">;
  return dialect as unknown as Dialect;
}

const positionOf = (row: ResultRow): Position => BigInt(String(row["SYNC_ID"]));

const journalOf = (tables: Tables, name: string): ResultRow[] =>
  [...rowsOf(tables, name)].sort((a, b) => (positionOf(a) < positionOf(b) ? -1 : 1));

const picked = (row: ResultRow, columns: readonly { readonly name: string }[]): ResultRow =>
  Object.fromEntries(columns.map(({ name }) => [name.toUpperCase(), row[name.toUpperCase()] ?? null]));

const shown = (row: ResultRow, { sourceColumns }: TablePlan): ResultRow => ({
  SYNC_ID: row["SYNC_ID"],
  ACTION: row["ACTION"],
  CAPTURED_AT: row["CAPTURED_AT"] ?? null,
  ...picked(row, sourceColumns),
});

const laneRow = (row: {
  lane: number;
  position: Position;
  journalId: string;
  digest: string;
}): ResultRow => ({
  LANE: row.lane,
  SYNC_ID: row.position.toString(),
  JOURNAL_ID: row.journalId,
  DIGEST: row.digest,
});

const holds = (row: ResultRow, values: readonly string[]): boolean =>
  values.some((value) => Object.values(row).includes(value));

const keyIn = (row: ResultRow, columns: readonly Column[]): Key =>
  columns.map(({ name }) => (row[name.toUpperCase()] ?? null) as Value);

const alike = ({ equality, kind }: Column, value: unknown): unknown =>
  kind === "text" && equality === "insensitive" && typeof value === "string" ? value.toLowerCase() : value;

const hasKey = (row: ResultRow, columns: readonly Column[], key: Key): boolean =>
  columns.every(
    (column, i) => alike(column, row[column.name.toUpperCase()] ?? null) === alike(column, key[i] ?? null),
  );

function order(columns: readonly Column[], a: Key, b: Key): number {
  for (const [i, column] of columns.entries()) {
    const [x, y] = [a[i], b[i]].map((value) =>
      column.kind === "integer" ? Number(value) : String(alike(column, value)),
    );
    if (x !== undefined && y !== undefined && x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

function writeAll(
  server: MemoryServer,
  tables: Tables,
  table: TargetTable,
  rows: readonly Row[],
  keepOnUpdate: readonly string[],
): number {
  const own = rowsOf(tables, table.target.name);
  const key = table.key.map(({ target }) => target);
  for (const row of rows) {
    if (server.refused.some((value) => Object.values(row).includes(value))) throw new MemoryError("row");
    for (const link of table.target.foreignKeys) {
      const values = link.columns.map((column) => row[column.toUpperCase()] ?? null);
      const isThere = (one: ResultRow): boolean =>
        link.refColumns.every((column, i) => one[column.toUpperCase()] === values[i]);
      if (!values.includes(null) && !rowsOf(tables, link.refTable).some(isThere))
        throw new MemoryError("parent");
    }
    const known = own.find((one) => hasKey(one, key, keyIn(row, key)));
    const kept = Object.fromEntries(Object.entries(row).filter(([name]) => !keepOnUpdate.includes(name)));
    const written: ResultRow = known === undefined ? { ...row } : { ...known, ...kept };
    for (const unique of table.targetUniqueKeys) {
      const clashes = (one: ResultRow): boolean =>
        one !== known &&
        unique.columns.every((column) => one[column.toUpperCase()] === written[column.toUpperCase()]);
      if (own.some(clashes)) throw new MemoryError("unique");
    }
    if (known === undefined) own.push(written);
    else Object.assign(known, written);
  }
  return rows.length;
}

function removeRow(server: MemoryServer, tables: Tables, name: string, row: ResultRow): void {
  for (const child of server.schemas) {
    for (const link of child.foreignKeys.filter(({ refTable }) => refTable === name)) {
      const refers = (one: ResultRow): boolean =>
        link.columns.every(
          (column, i) => one[column.toUpperCase()] === row[(link.refColumns[i] ?? "").toUpperCase()],
        );
      for (const below of (tables.get(child.name) ?? []).filter(refers)) {
        if (link.onDelete !== "cascade") throw new MemoryError("parent");
        removeRow(server, tables, child.name, below);
      }
    }
  }
  tables.set(
    name,
    rowsOf(tables, name).filter((one) => one !== row),
  );
}
