import type { FoundObject, ServerFacts } from "../../contract/dialect.ts";
import type { Column, ForeignKey, TableSchema, UniqueKey } from "../../contract/table-schema.ts";
import type { Queryable } from "../../db/database.ts";
import { timesCapture } from "../times-capture.ts";
import { type CatalogueColumn, toColumn } from "./catalogue-column.ts";
import { type BeforeInsert, whyKeysChange } from "./changed-keys.ts";
import { readJournalFaults } from "./faults.ts";
import { hiddenRows } from "./hidden-rows.ts";

const OLDEST = [12, 2] as const;

/** The schema that unqualified names belong to. */
export const SCHEMA = "SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')";

/**
 * Expression that names this database and schema, the same from every instance of a cluster and after a restart. The
 * moment in which the schema was made tells it from others of the same names, as from one that a dump was loaded into.
 */
export const HOME = `LOWER(RAWTOHEX(STANDARD_HASH(SYS_CONTEXT('USERENV', 'DB_UNIQUE_NAME') || '/' || SYS_CONTEXT('USERENV', 'CON_NAME') || '/' || ${SCHEMA} || '/' || (SELECT TO_CHAR(u.CREATED, 'YYYYMMDDHH24MISS') FROM ALL_USERS u WHERE u.USERNAME = ${SCHEMA}), 'SHA256')))`;

/** Version and identity. A physical copy of a database needs a DB_UNIQUE_NAME of its own to be told from the original. */
export async function server(db: Queryable): Promise<ServerFacts> {
  const [row] = await db.query(
    `SELECT (SELECT MAX(p.VERSION) FROM PRODUCT_COMPONENT_VERSION p WHERE p.PRODUCT LIKE 'Oracle%') AS VERSION, ${HOME} AS HOME,
SYS_CONTEXT('USERENV', 'DATABASE_ROLE') AS DATABASE_ROLE, SYS_CONTEXT('USERENV', 'DB_NAME') AS DB_NAME FROM DUAL`,
  );
  const text = String(row?.["VERSION"]);
  const version = text.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const [major = 0, minor = 0] = version;
  const problems: string[] = [];
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    problems.push(`Oracle ${text} is older than ${OLDEST.join(".")}, the oldest version supported`);
  if (/STANDBY/.test(String(row?.["DATABASE_ROLE"] ?? "")))
    problems.push("The database is a standby; connect to the primary");
  const home = String(row?.["HOME"]);
  return { product: `Oracle ${text}`, version, identity: home, home, problems };
}

const marks = (names: readonly string[]): string => names.map(() => "?").join(", ");

/** Reads the tables of the current schema whose names match without regard to case. */
export async function tables(db: Queryable, names: readonly string[]): Promise<readonly TableSchema[]> {
  const wanted = names.map((name) => name.toUpperCase());
  if (wanted.length === 0) return [];
  const columns = await db.query(
    `SELECT c.TABLE_NAME, c.COLUMN_NAME, c.DATA_TYPE, c.DATA_LENGTH, c.CHAR_LENGTH, c.CHAR_USED, c.DATA_PRECISION,
c.DATA_SCALE, c.NULLABLE, c.DATA_DEFAULT, c.VIRTUAL_COLUMN, c.COLLATION,
(SELECT p.VALUE FROM NLS_DATABASE_PARAMETERS p WHERE p.PARAMETER = 'NLS_CHARACTERSET') AS CHARSET
FROM ALL_TABLES t INNER JOIN ALL_TAB_COLS c ON c.OWNER = t.OWNER AND c.TABLE_NAME = t.TABLE_NAME
WHERE t.OWNER = ${SCHEMA} AND UPPER(t.TABLE_NAME) IN (${marks(wanted)}) AND c.HIDDEN_COLUMN = 'NO'
ORDER BY c.TABLE_NAME, c.COLUMN_ID`,
    wanted,
  );
  const keys = await db.query(
    `SELECT k.TABLE_NAME, k.CONSTRAINT_NAME AS NAME, k.CONSTRAINT_TYPE AS TYPE, c.COLUMN_NAME, c.POSITION AS PLACE, k.STATUS AS STATUS
FROM ALL_CONSTRAINTS k INNER JOIN ALL_CONS_COLUMNS c ON c.OWNER = k.OWNER AND c.CONSTRAINT_NAME = k.CONSTRAINT_NAME
WHERE k.OWNER = ${SCHEMA} AND k.CONSTRAINT_TYPE IN ('P', 'U') AND UPPER(k.TABLE_NAME) IN (${marks(wanted)})
UNION ALL
SELECT i.TABLE_NAME, i.INDEX_NAME, 'I', c.COLUMN_NAME, c.COLUMN_POSITION, 'ENABLED'
FROM ALL_INDEXES i INNER JOIN ALL_IND_COLUMNS c ON c.INDEX_OWNER = i.OWNER AND c.INDEX_NAME = i.INDEX_NAME
WHERE i.TABLE_OWNER = ${SCHEMA} AND i.UNIQUENESS = 'UNIQUE' AND UPPER(i.TABLE_NAME) IN (${marks(wanted)})
ORDER BY 1, 3 DESC, 2, 5`,
    [...wanted, ...wanted],
  );
  const links = await db.query(
    `SELECT k.TABLE_NAME, k.CONSTRAINT_NAME AS NAME, c.COLUMN_NAME, p.TABLE_NAME AS REF, r.COLUMN_NAME AS REF_COLUMN,
k.DELETE_RULE FROM ALL_CONSTRAINTS k
INNER JOIN ALL_CONS_COLUMNS c ON c.OWNER = k.OWNER AND c.CONSTRAINT_NAME = k.CONSTRAINT_NAME
INNER JOIN ALL_CONSTRAINTS p ON p.OWNER = k.R_OWNER AND p.CONSTRAINT_NAME = k.R_CONSTRAINT_NAME
INNER JOIN ALL_CONS_COLUMNS r ON r.OWNER = p.OWNER AND r.CONSTRAINT_NAME = p.CONSTRAINT_NAME AND r.POSITION = c.POSITION
WHERE k.OWNER = ${SCHEMA} AND k.CONSTRAINT_TYPE = 'R' AND UPPER(k.TABLE_NAME) IN (${marks(wanted)})
ORDER BY k.TABLE_NAME, k.CONSTRAINT_NAME, c.POSITION`,
    wanted,
  );
  const triggers = await readBeforeInserts(db, wanted);
  const hidden = await hiddenRows(db, SCHEMA, wanted);
  return [...new Set(columns.map((row) => String(row["TABLE_NAME"])))].map((name) => {
    const own = (row: Record<string, unknown>): boolean => row["TABLE_NAME"] === name;
    const list = columns.filter(own) as unknown as readonly CatalogueColumn[];
    const old = list.filter((row) => /^LONG/.test(row.DATA_TYPE));
    const found = keysOf(keys.filter(own));
    const changesKeys = whyKeysChange(
      triggers.filter(({ table }) => table === name),
      found.primaryKey,
    );
    const unsupported =
      old.length === 0
        ? hidden.get(name.toUpperCase())
        : `${old.map((row) => row.COLUMN_NAME).join(", ")} is of type LONG, which no trigger can read; CLOB and BLOB can be`;
    return {
      name,
      columns: list.map((row): Column => toColumn(row)),
      ...found,
      foreignKeys: [...groupBy(links.filter(own), (row) => String(row["NAME"])).values()].map(foreignKey),
      ...(changesKeys === undefined ? {} : { changesKeys }),
      ...(unsupported === undefined ? {} : { unsupported }),
    };
  });
}

/**
 * ALL_TRIGGERS shows the triggers of every table that the user may do anything with, their text among them, which is a LONG
 * ("Database Reference", "ALL_TRIGGERS").
 */
async function readBeforeInserts(db: Queryable, wanted: readonly string[]): Promise<readonly BeforeInsert[]> {
  const rows = await db.query(
    `SELECT g.TABLE_NAME, g.TRIGGER_NAME AS NAME, g.WHEN_CLAUSE AS CONDITION, g.TRIGGER_BODY AS BODY FROM ALL_TRIGGERS g
WHERE g.TABLE_OWNER = ${SCHEMA} AND UPPER(g.TABLE_NAME) IN (${marks(wanted)}) AND g.STATUS = 'ENABLED'
AND g.TRIGGERING_EVENT LIKE '%INSERT%' AND (g.BEFORE_ROW = 'YES' OR g.TRIGGER_TYPE = 'BEFORE EACH ROW') ORDER BY 1, 2`,
    wanted,
  );
  return rows.map((row) => ({
    table: String(row["TABLE_NAME"]),
    name: String(row["NAME"]),
    when: String(row["CONDITION"] ?? ""),
    body: String(row["BODY"] ?? ""),
  }));
}

/** A key's index has its columns too: each list of columns counts once, that of the primary key not at all. */
function keysOf(rows: readonly Record<string, unknown>[]): Pick<TableSchema, "primaryKey" | "uniqueKeys"> {
  const all = [...groupBy(rows, (row) => `${String(row["TYPE"])} ${String(row["NAME"])}`).values()].map(
    (group) => ({
      type: String(group[0]?.["TYPE"]),
      name: String(group[0]?.["NAME"]),
      columns: group.map((row) => String(row["COLUMN_NAME"])),
      isDisabled: group[0]?.["STATUS"] !== "ENABLED",
    }),
  );
  const primaryKey = all.find((key) => key.type === "P")?.columns ?? [];
  const seen = new Set([[...primaryKey].sort().join()]);
  const uniqueKeys = all.flatMap(({ name, columns, isDisabled }): UniqueKey[] => {
    const list = [...columns].sort().join();
    if (isDisabled) return [{ name, columns, partial: "a constraint that is disabled" }];
    if (seen.has(list)) return [];
    seen.add(list);
    return [{ name, columns, ...partialBy(columns) }];
  });
  return { primaryKey, uniqueKeys };
}

/**
 * An expression, and a column in descending order, is a hidden column of its own in the catalogue ("Database Reference",
 * "ALL_IND_COLUMNS").
 */
function partialBy(columns: readonly string[]): { partial?: string } {
  return columns.some((name) => /^SYS_NC\d+\$$/.test(name)) ? { partial: "an expression" } : {};
}

const ACTIONS: Readonly<Record<string, ForeignKey["onDelete"]>> = {
  CASCADE: "cascade",
  "SET NULL": "set null",
};

/** Oracle has no ON UPDATE. */
function foreignKey(rows: readonly Record<string, unknown>[]): ForeignKey {
  const first = rows[0] ?? {};
  return {
    name: String(first["NAME"]),
    columns: rows.map((row) => String(row["COLUMN_NAME"])),
    refTable: String(first["REF"]),
    refColumns: rows.map((row) => String(row["REF_COLUMN"])),
    onDelete: ACTIONS[String(first["DELETE_RULE"])] ?? "restrict",
    onUpdate: "restrict",
  };
}

const IDENTITY = /^sync-tool journal (\S+) (\S+)$/;

/** Finds tables, triggers and sequences of the current schema by name. */
export async function objects(db: Queryable, names: readonly string[]): Promise<readonly FoundObject[]> {
  const wanted = names.map((name) => name.toUpperCase());
  if (wanted.length === 0) return [];
  const found = await db.query(
    `SELECT t.TABLE_NAME AS NAME, c.COMMENTS FROM ALL_TABLES t
LEFT JOIN ALL_TAB_COMMENTS c ON c.OWNER = t.OWNER AND c.TABLE_NAME = t.TABLE_NAME
WHERE t.OWNER = ${SCHEMA} AND UPPER(t.TABLE_NAME) IN (${marks(wanted)}) ORDER BY 1`,
    wanted,
  );
  const triggers = await db.query(
    `SELECT g.TRIGGER_NAME AS NAME, g.TABLE_NAME, g.STATUS, g.TRIGGER_BODY AS BODY,
TO_CHAR(o.CREATED, 'YYYY-MM-DD HH24:MI:SS') || ' ' || TO_CHAR(o.LAST_DDL_TIME, 'YYYY-MM-DD HH24:MI:SS') AS STAMP,
o.STATUS AS COMPILED FROM ALL_TRIGGERS g
LEFT JOIN ALL_OBJECTS o ON o.OWNER = g.OWNER AND o.OBJECT_NAME = g.TRIGGER_NAME AND o.OBJECT_TYPE = 'TRIGGER'
WHERE g.OWNER = ${SCHEMA} AND UPPER(g.TRIGGER_NAME) IN (${marks(wanted)}) ORDER BY 1`,
    wanted,
  );
  const lines = await db.query(
    `SELECT NAME, TEXT FROM ALL_SOURCE WHERE OWNER = ${SCHEMA} AND TYPE = 'TRIGGER' AND UPPER(NAME) IN (${marks(wanted)}) ORDER BY NAME, LINE`,
    wanted,
  );
  const sequences = await db.query(
    `SELECT SEQUENCE_NAME AS NAME FROM ALL_SEQUENCES WHERE SEQUENCE_OWNER = ${SCHEMA} AND UPPER(SEQUENCE_NAME) IN (${marks(wanted)}) ORDER BY 1`,
    wanted,
  );
  const schemas = await tables(
    db,
    found.map((row) => String(row["NAME"])),
  );
  const faults = await readJournalFaults(
    db,
    found.filter((row) => IDENTITY.test(String(row["COMMENTS"] ?? ""))).map((row) => String(row["NAME"])),
    SCHEMA,
  );
  return [
    ...found.map((row): FoundObject => {
      const [, journalId, journalHome] = IDENTITY.exec(String(row["COMMENTS"] ?? "")) ?? [];
      const schema = schemas.find((candidate) => candidate.name === row["NAME"]);
      return {
        kind: "journal",
        name: String(row["NAME"]),
        columns: new Map(schema?.columns.map((column) => [column.name, column.type])),
        timesCapture: timesCapture(schema),
        faults: faults.get(String(row["NAME"])) ?? [],
        ...(journalId === undefined || journalHome === undefined ? {} : { journalId, journalHome }),
      };
    }),
    ...triggers.map((row): FoundObject => {
      const own = lines.filter((line) => line["NAME"] === row["NAME"]);
      const source = own.map((line) => String(line["TEXT"] ?? "")).join("");
      // Whoever was only granted the table sees its triggers, and need not see their source.
      const body = source || String(row["BODY"] ?? "").replaceAll("\0", "");
      return {
        kind: "trigger",
        name: String(row["NAME"]),
        table: String(row["TABLE_NAME"]),
        ...(body === "" ? {} : { body }),
        enabled: row["STATUS"] === "ENABLED",
        // ALTER TRIGGER, too, changes the time of the last DDL ("Database Reference", "ALL_OBJECTS").
        stamp: String(row["STAMP"]),
        // The server compiles it again when it fires, and every write fails when that does (ORA-04098).
        faults:
          row["COMPILED"] === "INVALID"
            ? [`trigger ${String(row["NAME"])} is invalid: every write fails unless it compiles`]
            : [],
      };
    }),
    ...sequences.map((row): FoundObject => ({ kind: "sequence", name: String(row["NAME"]) })),
  ];
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
