/**
 * Tables as arrays of rows, for unit tests of what decides: whether a change waits, is applied or set aside, what counts as a
 * difference. What a server does, and whether it understands a statement, only the conformance tests show.
 */
import type { Statement } from "../../../src/contract/dialect.ts";
import type { ErrorClass } from "../../../src/db/classified-error.ts";
import type { Database, Queryable, ResultRow } from "../../../src/db/database.ts";
import type { Param } from "../../../src/db/param.ts";

/** Rows by table name; columns are in upper case. */
export type Tables = Map<string, ResultRow[]>;

type Work = (tables: Tables) => ResultRow[] | number;

/** An error as a driver might throw it: `memoryDialect` knows its class. */
export class MemoryError extends Error {
  readonly kind: ErrorClass;

  constructor(kind: ErrorClass) {
    super(kind);
    this.kind = kind;
  }
}

const works = new Map<string, Work>();

/** A statement that is a function. */
export function statement(work: Work): Statement {
  const sql = `memory ${works.size + 1}`;
  works.set(sql, work);
  return { sql, params: [] };
}

export const rowsOf = (tables: Tables, name: string): ResultRow[] => {
  const rows = tables.get(name);
  if (rows === undefined) throw new MemoryError("schema");
  return rows;
};

export const copyOf = (tables: Tables): Tables => structuredClone(tables);

export function restore(tables: Tables, from: Tables): void {
  tables.clear();
  for (const [name, rows] of copyOf(from)) tables.set(name, rows);
}

export interface MemoryDatabase extends Database {
  readonly tables: Tables;
  /** Told of each statement before it runs; it may throw, or write to the tables. */
  onStatement: ((sql: string) => void) | undefined;
}

/** Runs statements against these tables. */
export function queryable(tables: Tables, before: (sql: string) => void = () => undefined): Queryable {
  const run = async (sql: string, params: readonly Param[] = []): Promise<ResultRow[] | number> => {
    await Promise.resolve();
    before(sql);
    return (works.get(sql) ?? parsed(sql, params))(tables);
  };
  return {
    async query(sql, params) {
      const rows = await run(sql, params);
      return typeof rows === "number" ? [] : rows.map((row) => ({ ...row }));
    },
    async execute(sql, params) {
      const done = await run(sql, params);
      return typeof done === "number" ? done : done.length;
    },
  };
}

/** Transactions one after the other; one that fails leaves nothing. */
export function memoryDatabase(): MemoryDatabase {
  const tables: Tables = new Map();
  let last: Promise<unknown> = Promise.resolve();
  const database: MemoryDatabase = {
    ...queryable(tables, (sql) => database.onStatement?.(sql)),
    tables,
    onStatement: undefined,
    connections: 8,
    transaction(work) {
      const mine = last.then(async () => {
        const before = copyOf(tables);
        try {
          return await work(queryable(tables, (sql) => database.onStatement?.(sql)));
        } catch (error) {
          restore(tables, before);
          throw error;
        }
      });
      last = mine.catch(() => undefined);
      return mine;
    },
    session: async () => ({ ...queryable(tables), release: async () => undefined }),
    close: async () => undefined,
  };
  return database;
}

/** The few shapes of SQL that the core writes itself: one table, conditions joined by AND, and such groups by OR. */
function parsed(sql: string, params: readonly Param[]): Work {
  const [, verb = "", name = "", set = "", where = ""] =
    /^(SELECT|DELETE|UPDATE)\b[^"]*"(\w+)"(?: SET (.*?))?(?: WHERE (.*?))?(?: ORDER BY .*| GROUP BY .*)?$/s.exec(
      sql,
    ) ?? [];
  const left = [...params];
  const groups = where.split(" OR ").map((group) => group.split(" AND ").flatMap(testOf));
  function testOf(condition: string): readonly ((row: ResultRow) => boolean)[] {
    const [, column = "", operator = ""] = /^\(?(\w+) (=|<>|>=|LIKE|IN)/.exec(condition) ?? [];
    if (operator === "") return [];
    const wanted = left.splice(0, (condition.match(/\?/g) ?? []).length).map(String);
    const [first = ""] = wanted;
    const value = (row: ResultRow): string => String(row[column.toUpperCase()]);
    return [
      (row: ResultRow): boolean => {
        if (operator === "IN") return wanted.includes(value(row));
        if (operator === "LIKE") return value(row).startsWith(first.replace(/%$/, ""));
        if (operator === ">=") return Number(value(row)) >= Number(first);
        return (value(row) === first) === (operator === "=");
      },
    ];
  }
  const fits = (row: ResultRow): boolean => groups.some((group) => group.every((test) => test(row)));
  return (tables) => {
    const rows = rowsOf(tables, name);
    const found = rows.filter(fits);
    if (verb === "DELETE")
      tables.set(
        name,
        rows.filter((row) => !fits(row)),
      );
    const [, column, text] = /^(\w+) = '(.*)'$/.exec(set) ?? [];
    if (verb === "UPDATE" && column !== undefined) for (const row of found) row[column.toUpperCase()] = text;
    if (verb !== "SELECT") return found.length;
    return sql.includes("GROUP BY")
      ? byTable(found)
      : found.sort((a, b) => Number(a["SYNC_ID"]) - Number(b["SYNC_ID"]));
  };
}

/** Dead letters by table and code, as they are counted. */
function byTable(rows: readonly ResultRow[]): ResultRow[] {
  const kindOf = (row: ResultRow): string => `${row["TABLE_NAME"]}/${row["CODE"]}`;
  return [...new Set(rows.map(kindOf))].map((kind) => {
    const own = rows.filter((row) => kindOf(row) === kind);
    return {
      name: own[0]?.["TABLE_NAME"],
      reported: own[0]?.["CODE"],
      letters: own.length,
      lowest: Math.min(...own.map((row) => Number(row["SYNC_ID"]))),
    };
  });
}
