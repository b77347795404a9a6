/** Errors as the drivers throw them, of each class and from either side of each mixed pair. */
import { describe, expect, test } from "vitest";
import { asRefusal } from "../../../src/apply/as-refusal.ts";
import type { DatabaseType } from "../../../src/config/sync-config.ts";
import { withOrigin } from "../../../src/contract/origin.ts";
import type { ErrorClass } from "../../../src/db/classified-error.ts";
import type { Database, Queryable } from "../../../src/db/database.ts";
import { loadDialect } from "../../../src/dialect/registry.ts";
import { SyncError } from "../../../src/errors.ts";
import { afterFailure } from "../../../src/run/after-failure.ts";

const SECRET = "SECRET-VALUE";
const made = (name: string, fields: object): Error =>
  Object.assign(new Error(`${name} says '${SECRET}'`), { name, ...fields });

const pg = (code: string) => () => made("error", { code, severity: "ERROR", length: 99, routine: "exec" });
const mysql = (errno: number, code: string) => () =>
  made("Error", { errno, code, sqlState: "HY000", sqlMessage: SECRET });
const mssql = (number: number, severity: number) => () =>
  made("RequestError", { number, class: severity, code: "EREQUEST", state: 1, serverName: "blue" });
const oracle = (errorNum: number) => () => {
  const code = `ORA-${String(errorNum).padStart(5, "0")}`;
  return Object.assign(new Error(`${code}: says '${SECRET}'`), { errorNum, code, offset: 0 });
};

const MYSQL: Readonly<Record<ErrorClass, () => Error>> = {
  transient: mysql(1213, "ER_LOCK_DEADLOCK"),
  connection: () => made("Error", { code: "PROTOCOL_CONNECTION_LOST", fatal: true }),
  row: mysql(1406, "ER_DATA_TOO_LONG"),
  parent: mysql(1452, "ER_NO_REFERENCED_ROW_2"),
  unique: mysql(1062, "ER_DUP_ENTRY"),
  schema: mysql(1146, "ER_NO_SUCH_TABLE"),
  login: mysql(1045, "ER_ACCESS_DENIED_ERROR"),
  auth: mysql(1142, "ER_TABLEACCESS_DENIED_ERROR"),
  fatal: mysql(1064, "ER_PARSE_ERROR"),
};
const THROWN: Readonly<Record<DatabaseType, Readonly<Record<ErrorClass, () => Error>>>> = {
  mysql: MYSQL,
  mariadb: MYSQL,
  postgres: {
    transient: pg("40P01"),
    connection: pg("08006"),
    row: pg("22001"),
    parent: pg("23503"),
    unique: pg("23505"),
    schema: pg("42P01"),
    login: pg("28P01"),
    auth: pg("42501"),
    fatal: pg("XX001"),
  },
  mssql: {
    transient: mssql(1205, 13),
    connection: () => made("RequestError", { code: "ESOCKET" }),
    row: mssql(2628, 16),
    parent: () => mssql(547, 16)(),
    unique: mssql(2627, 14),
    schema: mssql(208, 16),
    login: mssql(18456, 14),
    auth: mssql(229, 14),
    fatal: mssql(3013, 16),
  },
  oracle: {
    transient: oracle(60),
    connection: () => made("Error", { code: "NJS-500", message: "NJS-500: connection closed ORA-03113" }),
    row: oracle(12899),
    parent: oracle(2291),
    unique: oracle(1),
    schema: oracle(942),
    login: oracle(1017),
    auth: oracle(1031),
    fatal: oracle(900),
  },
};
const TYPES = Object.keys(THROWN) as DatabaseType[];
const CLASSES = Object.keys(MYSQL) as ErrorClass[];

/** The error as the loop gets it: thrown by a statement of one side, inside a transaction of the other or not. */
async function thrownBy(side: "source" | "target", type: DatabaseType, other: DatabaseType, error: Error) {
  const failing = async (): Promise<never> => {
    throw error;
  };
  const database: Database = {
    connections: 1,
    query: failing,
    execute: failing,
    transaction: async (work) => await work({ query: failing, execute: failing }),
    session: failing,
    close: async () => undefined,
  };
  const own = withOrigin(side, { dialect: await loadDialect(type), db: database });
  const around = withOrigin(side === "source" ? "target" : "source", {
    dialect: await loadDialect(other),
    db: {
      ...database,
      transaction: (work: (tx: Queryable) => Promise<unknown>) => work(undefined as never),
    } as Database,
  });
  const outcome = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
  return [
    await outcome(own.db.query("SELECT 1")),
    await outcome(own.db.transaction((tx) => tx.execute("UPDATE"))),
    await outcome(around.db.transaction(() => own.db.query("SELECT 1"))),
  ];
}

const STOPS: Partial<Record<ErrorClass, string>> = {
  login: "DATABASE_UNREACHABLE",
  auth: "GRANT_MISSING",
};

const pairs = TYPES.flatMap((type) => TYPES.filter((one) => one !== type).map((other) => ({ type, other })));

describe.each(pairs)("An error of $type, with $other on the other side", ({ type, other }) => {
  test.each(["source", "target"] as const)("means as the %s what it means to that database", async (side) => {
    const dialect = await loadDialect(type);
    const target = await loadDialect(side === "target" ? type : other);
    for (const errorClass of CLASSES) {
      const error = THROWN[type][errorClass]();
      expect(dialect.classifyError(error).class).toBe(errorClass);
      for (const thrown of await thrownBy(side, type, other, error)) {
        const after = afterFailure("GROUP", thrown);
        if (errorClass === "transient" || errorClass === "connection") {
          expect(after).toMatchObject({ next: "again", side });
          expect((after as { reason: string }).reason).toMatch(new RegExp(`^${side} ${dialect.title}: `));
        } else {
          const stop = (after as { error: SyncError }).error;
          expect(stop).toBeInstanceOf(SyncError);
          expect(stop.code).toBe(STOPS[errorClass] ?? "SCHEMA_CHANGED");
          expect(stop.message).toContain(`GROUP: the ${side} refused a statement: `);
          expect(stop.message).toContain(dialect.title);
          expect(stop.message).not.toContain(SECRET);
        }
        const isOfTheRow = errorClass === "row" || errorClass === "parent" || errorClass === "unique";
        const refusal = isOfTheRow && side === "target" ? errorClass : undefined;
        expect(asRefusal(target, thrown)?.class).toBe(refusal);
      }
    }
  });
});

test("an error that no database threw, and JavaScript's own, are bugs and stay as they are", async () => {
  const own = new Error("no database threw it");
  expect(afterFailure("GROUP", own)).toEqual({ next: "stop", error: own });
  const bug = new RangeError("Invalid string length");
  const [thrown] = await thrownBy("target", "mssql", "mysql", bug);
  expect(afterFailure("GROUP", thrown)).toEqual({ next: "stop", error: bug });
});

test("a moved checkpoint leads back to the lock, any other failure of ours ends the group", () => {
  const details = { what: "w", next: "n" };
  expect(afterFailure("G", new SyncError("CHECKPOINT_MOVED", details))).toMatchObject({ next: "again" });
  const replaced = new SyncError("JOURNAL_REPLACED", details);
  expect(afterFailure("G", replaced)).toEqual({ next: "stop", error: replaced });
});
