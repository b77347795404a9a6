import type { FoundObject, ServerFacts } from "../../contract/dialect.ts";
import type {
  Column,
  ColumnKind,
  ForeignKey,
  TableSchema,
  TextEquality,
  UniqueKey,
} from "../../contract/table-schema.ts";
import type { Queryable } from "../../db/database.ts";
import { timesCapture } from "../times-capture.ts";
import { readJournalFaults, readTriggerFaults } from "./faults.ts";

/** Oldest versions supported, by product. */
const OLDEST = { MySQL: [5, 7], MariaDB: [10, 4] } as const;

/** Expression that names this server and database (MySQL 9 no longer has MD5). */
export const HOME = "SHA2(CONCAT(@@hostname, ':', @@port, ':', @@datadir, '/', DATABASE()), 256)";

/** Version and identity. A cloned data folder shares the server's UUID, hence host, port and folder as well. */
export async function server(db: Queryable): Promise<ServerFacts> {
  const [row] = await db.query(
    `SELECT VERSION() AS version, @@version_comment AS comment, DATABASE() AS db, CURRENT_USER() AS account,
            ${HOME} AS home`,
  );
  const text = String(row?.["version"]);
  const product = /mariadb/i.test(`${text} ${String(row?.["comment"])}`) ? "MariaDB" : "MySQL";
  const version = text
    .replace(/^5\.5\.5-/, "")
    .split(/[.-]/)
    .slice(0, 3)
    .map((part) => Number.parseInt(part, 10) || 0);
  const problems: string[] = [];
  const oldest = OLDEST[product];
  if (compare(version, oldest) < 0) {
    problems.push(`${product} ${text} is older than ${oldest.join(".")}, the oldest version supported`);
  }
  if (row?.["db"] === null) problems.push("The JDBC URL names no database");
  const home = String(row?.["home"]);
  // The name may have an @ in it, the host has none.
  const [, name, host] = /^(.*)@([^@]*)$/s.exec(String(row?.["account"])) ?? [];
  const account = name === undefined || host === undefined ? {} : { account: { name, host } };
  return { product: `${product} ${text}`, version, identity: home, home, problems, ...account };
}

/** Compares version numbers part by part; missing parts count as 0. */
export function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether a name may be one of the wanted, which are in upper case: about letters beyond ASCII `isNamed` has the last word. */
const named = (column: string): string =>
  `(UPPER(${column}) IN (?) OR ${column} <> CONVERT(CONVERT(${column} USING ascii) USING utf8mb4))`;

/** Reads the tables of the current database whose names match without regard to case. */
export async function tables(db: Queryable, names: readonly string[]): Promise<readonly TableSchema[]> {
  const wanted = names.map((name) => name.toUpperCase());
  if (wanted.length === 0) return [];
  const found = await db.query(
    `SELECT TABLE_NAME AS name, ENGINE AS engine, TABLE_TYPE AS type FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND ${named("TABLE_NAME")} ORDER BY 1`,
    [wanted],
  );
  const columns = await db.query(
    `SELECT TABLE_NAME AS tbl, COLUMN_NAME AS name, COLUMN_TYPE AS type, DATA_TYPE AS base, IS_NULLABLE AS nullable,
            COLUMN_DEFAULT AS dflt, EXTRA AS extra, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation,
            DATETIME_PRECISION AS fraction, CHARACTER_MAXIMUM_LENGTH AS length
     FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND ${named("TABLE_NAME")}
     ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    [wanted],
  );
  const keys = await db.query(
    `SELECT TABLE_NAME AS tbl, INDEX_NAME AS name, COLUMN_NAME AS col, SUB_PART AS beginning FROM information_schema.STATISTICS
     WHERE TABLE_SCHEMA = DATABASE() AND NON_UNIQUE = 0 AND ${named("TABLE_NAME")}
     ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX`,
    [wanted],
  );
  const links = await db.query(
    `SELECT k.TABLE_NAME AS tbl, k.CONSTRAINT_NAME AS name, k.COLUMN_NAME AS col, k.REFERENCED_TABLE_NAME AS ref,
            k.REFERENCED_COLUMN_NAME AS refcol, r.DELETE_RULE AS ondelete, r.UPDATE_RULE AS onupdate
     FROM information_schema.KEY_COLUMN_USAGE k
     JOIN information_schema.REFERENTIAL_CONSTRAINTS r
       ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
     WHERE k.TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL AND ${named("k.TABLE_NAME")}
     ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION`,
    [wanted],
  );
  return found.filter(isNamed(wanted)).map((table) => {
    const name = String(table["name"]);
    const own = (row: Record<string, unknown>): boolean => row["tbl"] === name;
    const unique = groupBy(keys.filter(own), (row) => String(row["name"]));
    const primary = uniqueKey("PRIMARY", unique.get("PRIMARY") ?? []);
    const unsupported = whyUnsupported(table, primary);
    return {
      name,
      columns: columns.filter(own).map(column),
      primaryKey: primary.columns,
      uniqueKeys: [...unique].filter(([key]) => key !== "PRIMARY").map(([key, rows]) => uniqueKey(key, rows)),
      foreignKeys: [...groupBy(links.filter(own), (row) => String(row["name"])).values()].map(foreignKey),
      ...(unsupported === undefined ? {} : { unsupported }),
    };
  });
}

/** The catalogue's collation takes letters with and without an accent for equal. */
const isNamed =
  (wanted: readonly string[]) =>
  (row: Record<string, unknown>): boolean =>
    wanted.includes(String(row["name"]).toUpperCase());

/** A part without a column is an expression (MySQL 8.0.13 and newer). */
function uniqueKey(name: string, rows: readonly Record<string, unknown>[]): UniqueKey {
  const reasons = [
    ...(rows.some((row) => row["col"] == null) ? ["an expression"] : []),
    ...(rows.some((row) => row["beginning"] != null) ? ["the beginning of a column"] : []),
  ];
  return {
    name,
    columns: rows.flatMap((row) => (row["col"] == null ? [] : [String(row["col"])])),
    ...(reasons.length === 0 ? {} : { partial: reasons.join(" and ") }),
  };
}

function whyUnsupported(table: Record<string, unknown>, primary: UniqueKey): string | undefined {
  // A system-versioned table of MariaDB keeps what its rows were; its triggers and transactions are those of any other.
  if (!/^(BASE TABLE|SYSTEM VERSIONED)$/.test(String(table["type"])))
    return `it is a ${String(table["type"]).toLowerCase()}, not a table`;
  if (primary.partial !== undefined)
    return `its primary key has ${primary.partial}: rows that differ could not be told apart`;
  const engine = String(table["engine"]);
  return engine.toLowerCase() === "innodb"
    ? undefined
    : `its engine is ${engine}; only InnoDB has the transactions that capture needs`;
}

const KINDS: Readonly<Record<string, ColumnKind>> = {
  ...{ char: "text", varchar: "text", tinytext: "text", text: "text", mediumtext: "text", longtext: "text" },
  ...{ enum: "text", set: "text", json: "text", uuid: "text" },
  ...{
    tinyint: "integer",
    smallint: "integer",
    mediumint: "integer",
    int: "integer",
    bigint: "integer",
    year: "integer",
  },
  ...{ decimal: "decimal", float: "float", double: "float", timestamp: "timestamp", datetime: "timestamp" },
  ...{
    date: "date",
    time: "time",
    binary: "binary",
    varbinary: "binary",
    tinyblob: "binary",
    blob: "binary",
  },
  ...{ mediumblob: "binary", longblob: "binary" },
};

function column(row: Record<string, unknown>): Column {
  const kind = KINDS[String(row["base"]).toLowerCase()] ?? "other";
  const collation = row["collation"] === null ? undefined : String(row["collation"]);
  const extra = String(row["extra"] ?? "");
  // JSON is reported with a character set on MariaDB, where it is a text, and cannot be given one on MySQL.
  const charset =
    collation === undefined ? "" : ` CHARACTER SET ${String(row["charset"])} COLLATE ${collation}`;
  return {
    name: String(row["name"]),
    type: `${String(row["type"])}${charset}`,
    kind,
    nullable: row["nullable"] === "YES",
    default: row["dflt"] === null || row["dflt"] === "NULL" ? null : String(row["dflt"]),
    generated: /\b(VIRTUAL|STORED|PERSISTENT) /i.test(`${extra} `) && !/DEFAULT_GENERATED/i.test(extra),
    equality: kind === "text" ? equality(collation) : "exact",
    ...(collation === undefined ? {} : { charset: String(row["charset"]), collation }),
    ...(kind === "timestamp" || kind === "time" ? { fraction: Number(row["fraction"] ?? 0) } : {}),
    ...(row["length"] === null || row["length"] === undefined ? {} : { maxLength: Number(row["length"]) }),
  };
}

function equality(collation: string | undefined): TextEquality {
  if (collation === undefined || collation === "binary" || /_nopad_bin$|_0900_bin$/.test(collation))
    return "exact";
  return collation.endsWith("_bin") ? "padded" : "insensitive";
}

const ACTIONS: Readonly<Record<string, ForeignKey["onDelete"]>> = {
  CASCADE: "cascade",
  "SET NULL": "set null",
  "SET DEFAULT": "set null",
};

function foreignKey(rows: readonly Record<string, unknown>[]): ForeignKey {
  const first = rows[0] ?? {};
  return {
    name: String(first["name"]),
    columns: rows.map((row) => String(row["col"])),
    refTable: String(first["ref"]),
    refColumns: rows.map((row) => String(row["refcol"])),
    onDelete: ACTIONS[String(first["ondelete"])] ?? "restrict",
    onUpdate: ACTIONS[String(first["onupdate"])] ?? "restrict",
  };
}

const IDENTITY = /^sync-tool journal (\S+) (\S+)$/;

/** Finds tables and triggers of the current database by name. */
export async function objects(db: Queryable, names: readonly string[]): Promise<readonly FoundObject[]> {
  const wanted = names.map((name) => name.toUpperCase());
  if (wanted.length === 0) return [];
  const found = await db.query(
    `SELECT TABLE_NAME AS name, TABLE_COMMENT AS comment FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = DATABASE() AND ${named("TABLE_NAME")} ORDER BY 1`,
    [wanted],
  );
  // Without TRIGGER on the table, MySQL shows none and MariaDB (10.11) their names only, from which nothing can be told.
  const triggers = await db.query(
    `SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS tbl, ACTION_STATEMENT AS body, CREATED AS created, DEFINER AS definer FROM information_schema.TRIGGERS
     WHERE TRIGGER_SCHEMA = DATABASE() AND ${named("TRIGGER_NAME")} AND ACTION_STATEMENT IS NOT NULL ORDER BY 1`,
    [wanted],
  );
  const schemas = await tables(
    db,
    found.map((row) => String(row["name"])),
  );
  const journals = found.filter((row) => IDENTITY.test(String(row["comment"])));
  const ofJournals =
    journals.length === 0
      ? new Map()
      : await readJournalFaults(
          db,
          journals.map((row) => String(row["name"])),
        );
  const ofTriggers = await readTriggerFaults(
    db,
    triggers.map((row) => ({
      name: String(row["name"]),
      table: String(row["tbl"]),
      body: String(row["body"]),
      definer: String(row["definer"]),
    })),
  );
  return [
    ...found.filter(isNamed(wanted)).map((row): FoundObject => {
      const [, journalId, journalHome] = IDENTITY.exec(String(row["comment"])) ?? [];
      const schema = schemas.find((candidate) => candidate.name === row["name"]);
      return {
        kind: "journal",
        name: String(row["name"]),
        columns: new Map(schema?.columns.map((c) => [c.name, c.type])),
        timesCapture: timesCapture(schema),
        faults: ofJournals.get(String(row["name"])) ?? [],
        ...(journalId === undefined || journalHome === undefined ? {} : { journalId, journalHome }),
      };
    }),
    ...triggers.filter(isNamed(wanted)).map(
      (row): FoundObject => ({
        kind: "trigger",
        name: String(row["name"]),
        table: String(row["tbl"]),
        body: String(row["body"]),
        enabled: true,
        // Hundredths of a second; NULL of a trigger from before MySQL 5.7.
        stamp: String(row["created"]),
        faults: ofTriggers.get(String(row["name"])) ?? [],
      }),
    ),
  ];
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
