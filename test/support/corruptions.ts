/** A table with a column of each type, rows for it, and random damage to a copy of it. */

import type { Row } from "../../src/row.ts";
import type { TestDialectName } from "./env.ts";
import type { TestDatabase } from "./servers/test-server.ts";

export const MANY_TYPES = "MANY_TYPES";

/** Column name to type and to two SQL values that differ, by the way from the n-th row to its damage. */
interface TypedColumn {
  readonly name: string;
  readonly postgres: string;
  readonly mysql: string;
  readonly mssql: string;
  readonly oracle: string;
  readonly value: (n: number) => string;
  readonly damaged: (n: number) => string;
}

const COLUMNS: readonly TypedColumn[] = [
  {
    name: "A_TEXT",
    postgres: "VARCHAR(100)",
    mysql: "VARCHAR(100)",
    mssql: "VARCHAR(100)",
    oracle: "VARCHAR2(100)",
    value: (n) => `'text ${n} 😀'`,
    damaged: (n) => `'text ${n} 😁'`,
  },
  {
    name: "A_CASE",
    postgres: "VARCHAR(20)",
    mysql: "VARCHAR(20)",
    mssql: "VARCHAR(20)",
    oracle: "VARCHAR2(20)",
    value: (n) => `'case${n}'`,
    damaged: (n) => `'CASE${n}'`,
  },
  {
    name: "A_BLANK",
    postgres: "VARCHAR(20)",
    mysql: "VARCHAR(20)",
    mssql: "VARCHAR(20)",
    oracle: "VARCHAR2(20)",
    value: (n) => `'b${n}'`,
    damaged: (n) => `'b${n} '`,
  },
  {
    name: "A_CHAR",
    postgres: "CHAR(8)",
    mysql: "CHAR(8)",
    mssql: "CHAR(8)",
    oracle: "CHAR(8)",
    value: (n) => `'c${n % 1000}'`,
    damaged: (n) => `'d${n % 1000}'`,
  },
  {
    name: "A_CLOB",
    postgres: "TEXT",
    mysql: "LONGTEXT",
    mssql: "VARCHAR(MAX)",
    oracle: "CLOB",
    value: (n) => `'long ${n}'`,
    damaged: () => "''",
  },
  {
    name: "AN_INT",
    postgres: "INTEGER",
    mysql: "INT",
    mssql: "INT",
    oracle: "NUMBER(10)",
    value: (n) => `${n}`,
    damaged: (n) => `${-n - 1}`,
  },
  {
    name: "A_BIGINT",
    postgres: "BIGINT",
    mysql: "BIGINT",
    mssql: "BIGINT",
    oracle: "NUMBER(19)",
    value: (n) => `9007199254740992 + ${2 * n}`,
    damaged: (n) => `9007199254740993 + ${2 * n}`,
  },
  {
    name: "A_DECIMAL",
    postgres: "NUMERIC(30,10)",
    mysql: "DECIMAL(30,10)",
    mssql: "DECIMAL(30,10)",
    oracle: "NUMBER(30,10)",
    value: (n) => `${n}.5000000001`,
    damaged: (n) => `${n}.5000000002`,
  },
  {
    name: "A_DOUBLE",
    postgres: "DOUBLE PRECISION",
    mysql: "DOUBLE",
    mssql: "FLOAT(53)",
    oracle: "BINARY_DOUBLE",
    value: (n) => `${n}.25`,
    damaged: (n) => `${n}.26`,
  },
  {
    name: "A_FLAG",
    postgres: "BOOLEAN",
    mysql: "TINYINT(1)",
    mssql: "BIT",
    oracle: "NUMBER(1)",
    value: (n) => (n % 2 ? "TRUE" : "FALSE"),
    damaged: (n) => (n % 2 ? "FALSE" : "TRUE"),
  },
  {
    name: "A_TIME",
    postgres: "TIMESTAMP(6)",
    mysql: "DATETIME(6)",
    mssql: "DATETIME2(6)",
    oracle: "TIMESTAMP(6)",
    value: () => "'2021-03-04 05:06:07.123456'",
    damaged: () => "'2021-03-04 05:06:07.123457'",
  },
  {
    name: "A_DATE",
    postgres: "DATE",
    mysql: "DATE",
    mssql: "DATE",
    oracle: "DATE",
    value: () => "DAY('2021-03-04')",
    damaged: () => "DAY('2021-03-05')",
  },
  {
    name: "SOME_BYTES",
    postgres: "BYTEA",
    mysql: "VARBINARY(50)",
    mssql: "VARBINARY(50)",
    oracle: "RAW(50)",
    value: () => "HEX(00ff00)",
    damaged: () => "HEX(00ff01)",
  },
  {
    name: "A_NULL",
    postgres: "VARCHAR(20)",
    mysql: "VARCHAR(20)",
    mssql: "VARCHAR(20)",
    oracle: "VARCHAR2(20)",
    value: () => "NULL",
    damaged: () => "EMPTY",
  },
];

/** How a database writes a column's type, bytes and truth. */
interface Words {
  readonly types: "postgres" | "mysql" | "mssql" | "oracle";
  /** What stands for the hex digits `$1`. */
  readonly bytes: string;
  readonly truth: readonly [yes: string, no: string];
  /** What stands for the day `$1`; default: the text. */
  readonly day?: string;
  /** The least text that is not NULL; default: none. */
  readonly empty?: string;
}

const MYSQL: Words = { types: "mysql", bytes: "X'$1'", truth: ["TRUE", "FALSE"] };
const POSTGRES: Words = { types: "postgres", bytes: "'\\x$1'", truth: ["TRUE", "FALSE"] };
const MSSQL: Words = { types: "mssql", bytes: "0x$1", truth: ["1", "0"] };
/** An empty text is NULL; a session's format of dates has the time of day. */
const ORACLE: Words = {
  types: "oracle",
  bytes: "HEXTORAW('$1')",
  truth: ["1", "0"],
  day: "DATE $1",
  empty: "' '",
};
const WORDS: Partial<Record<TestDialectName, Words>> = {
  ...{ postgres: POSTGRES, mysql: MYSQL, mariadb: MYSQL, mssql: MSSQL, oracle: ORACLE },
};
const wordsOf = (dialect: TestDialectName): Words => WORDS[dialect] ?? MYSQL;

function literal(dialect: TestDialectName, sql: string): string {
  const { bytes, truth, day = "$1", empty = "''" } = wordsOf(dialect);
  return sql
    .replace(/^DAY\((.*)\)$/, day)
    .replace(/^EMPTY$/, empty)
    .replace(/HEX\((\w+)\)/, bytes)
    .replace(/^TRUE$/, truth[0])
    .replace(/^FALSE$/, truth[1]);
}

/** The key is a text and a number, compared by the database's own default collation. */
export function manyTypes(dialect: TestDialectName): string[] {
  const columns = COLUMNS.map((column) => `${column.name} ${column[wordsOf(dialect).types]}`);
  return [
    `CREATE TABLE ${MANY_TYPES} (K_TEXT VARCHAR(50) NOT NULL, K_INT INTEGER NOT NULL, ${columns.join(", ")}, PRIMARY KEY (K_TEXT, K_INT))`,
  ];
}

const keyOf = (n: number): { text: string; int: number } => ({ text: `k${(n * 7919) % 100_003}-Äé`, int: n });

function values(dialect: TestDialectName, n: number): string {
  const { text, int } = keyOf(n);
  return `('${text}', ${int}, ${COLUMNS.map((column) => literal(dialect, column.value(n))).join(", ")})`;
}

/** Inserts rows `first` to `last - 1`. */
export async function fillManyTypes(database: TestDatabase, first: number, last: number): Promise<void> {
  const { type } = database.settings;
  const statements: string[] = [];
  for (let from = first; from < last; from += 1_000) {
    const part = Array.from({ length: Math.min(1_000, last - from) }, (_, i) => values(type, from + i));
    statements.push(`INSERT INTO ${MANY_TYPES} VALUES ${part.join(", ")}`);
  }
  await database.exec(statements);
}

/** What `verify` must say of one damaged row. */
export interface Damage {
  readonly kind: "missing" | "extra" | "different";
  readonly key: Row;
  readonly columns: readonly string[];
}

/** Damages `count` different rows of `rows` at random, every kind and every column in turn; the seed decides which. */
export async function damage(
  database: TestDatabase,
  rows: number,
  count: number,
  seed: number,
): Promise<readonly Damage[]> {
  const { type } = database.settings;
  const random = mulberry32(seed);
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(Math.floor(random() * rows));
  const damages: Damage[] = [];
  const statements: string[] = [];
  for (const [turn, n] of [...chosen].entries()) {
    const where = `WHERE K_TEXT = '${keyOf(n).text}' AND K_INT = ${n}`;
    const column = COLUMNS[(turn % (COLUMNS.length + 2)) - 2];
    const label = (row: number): Row => ({ K_TEXT: keyOf(row).text, K_INT: String(row) });
    if (column !== undefined) {
      statements.push(
        `UPDATE ${MANY_TYPES} SET ${column.name} = ${literal(type, column.damaged(n))} ${where}`,
      );
      damages.push({ kind: "different", key: label(n), columns: [column.name] });
    } else if (turn % (COLUMNS.length + 2) === 0) {
      statements.push(`DELETE FROM ${MANY_TYPES} ${where}`);
      damages.push({ kind: "missing", key: label(n), columns: [] });
    } else {
      statements.push(`INSERT INTO ${MANY_TYPES} VALUES ${values(type, rows + n)}`);
      damages.push({ kind: "extra", key: label(rows + n), columns: [] });
    }
  }
  await database.exec(statements);
  return damages;
}

/** A small generator of random numbers in [0, 1) that a seed decides. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
