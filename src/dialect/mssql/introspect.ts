import type { FoundObject, ServerFacts } from "../../contract/dialect.ts";
import type { Column, ForeignKey, TableSchema, UniqueKey } from "../../contract/table-schema.ts";
import type { Queryable } from "../../db/database.ts";
import { timesCapture } from "../times-capture.ts";
import { type CatalogueColumn, toColumn } from "./catalogue-column.ts";
import { readJournalFaults } from "./faults.ts";
import { hiddenRows } from "./hidden-rows.ts";

/** SQL Server 2016; Azure's engines report 12 whatever they are. */
const OLDEST = 13;
const AZURE = new Set([5, 8]);

/** Extended property of a journal: its identity and the home of the database that made it. */
export const IDENTITY_PROPERTY = "sync_tool_journal";

/** Digest of what names a database and the user's schema in it. */
const digest = (server: string): string =>
  `LOWER(CONVERT(varchar(64), HASHBYTES('SHA2_256', CONCAT(${server}, '/', DB_NAME(), '/', SCHEMA_NAME())), 2))`;

const SERVER_NAME = "CONVERT(nvarchar(128), SERVERPROPERTY('ServerName'))";

/** The home by the server's name alone, as a journal has it that was made before its database joined a group. */
export const NAMED_HOME = digest(SERVER_NAME);

/**
 * Expression that names this database and schema: by the server, in an availability group by the group's own id for the
 * database, which is the same on every replica ("sys.databases", group_database_id), so that a failover changes nothing
 * and a restored copy is none of them. Azure's engines (edition 5 and 8) sit in groups of their own behind one name.
 */
export const HOME = digest(
  `COALESCE((SELECT CONVERT(nvarchar(128), d.group_database_id) FROM sys.databases AS d WHERE d.database_id = DB_ID() AND CONVERT(int, SERVERPROPERTY('EngineEdition')) NOT IN (${[...AZURE].join(", ")})), ${SERVER_NAME})`,
);

/** The home of a journal's maker, which is this database too when the journal was made before it joined a group. */
export const makerOf = (written: string, here: { readonly home: string; readonly named: string }): string =>
  written === here.named ? here.home : written;

/** Version and identity. */
export async function server(db: Queryable): Promise<ServerFacts> {
  const [row] = await db.query(
    `SELECT CONVERT(varchar(128), SERVERPROPERTY('ProductVersion')) AS version,
  CONVERT(int, SERVERPROPERTY('EngineEdition')) AS engine, DB_NAME() AS db, SCHEMA_NAME() AS [schema],
  CONVERT(varchar(20), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')) AS updateability, ${HOME} AS home`,
  );
  const text = String(row?.["version"]);
  const version = text.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const isAzure = AZURE.has(Number(row?.["engine"]));
  const problems: string[] = [];
  if (!isAzure && (version[0] ?? 0) < OLDEST)
    problems.push(`SQL Server ${text} is older than 2016 (${OLDEST}.0), the oldest version supported`);
  if (row?.["db"] === "master") problems.push("The JDBC URL names no database (option databaseName)");
  if (row?.["schema"] === null) problems.push("The user has no default schema in this database");
  if (row?.["updateability"] === "READ_ONLY")
    problems.push("The database is read-only; connect to the primary replica");
  const home = String(row?.["home"]);
  return {
    product: `${isAzure ? "Azure SQL" : "SQL Server"} ${text}`,
    version,
    identity: home,
    home,
    problems,
  };
}

const marks = (names: readonly string[]): string => names.map(() => "?").join(", ");

/** Reads the tables of the user's default schema whose names match without regard to case. */
export async function tables(db: Queryable, names: readonly string[]): Promise<readonly TableSchema[]> {
  const wanted = names.map((name) => name.toUpperCase());
  if (wanted.length === 0) return [];
  const columns = await db.query(
    `SELECT t.name AS tbl, t.is_memory_optimized AS in_memory, c.name AS name, TYPE_NAME(c.system_type_id) AS base,
  c.max_length AS length, c.precision AS [precision], c.scale AS scale, c.collation_name AS collation,
  c.is_nullable AS nullable, c.is_identity AS numbered, c.is_computed AS computed, c.generated_always_type AS generated,
  d.definition AS dflt
FROM sys.tables AS t INNER JOIN sys.columns AS c ON c.object_id = t.object_id
LEFT JOIN sys.default_constraints AS d ON d.object_id = c.default_object_id
WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) IN (${marks(wanted)}) ORDER BY t.name, c.column_id`,
    wanted,
  );
  const keys = await db.query(
    `SELECT t.name AS tbl, i.name AS name, i.is_primary_key AS is_primary, c.name AS col,
  i.has_filter AS filtered, i.is_disabled AS disabled
FROM sys.tables AS t INNER JOIN sys.indexes AS i ON i.object_id = t.object_id AND i.is_unique = 1 AND i.is_hypothetical = 0
INNER JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
INNER JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) IN (${marks(wanted)}) ORDER BY t.name, i.name, k.key_ordinal`,
    wanted,
  );
  const links = await db.query(
    `SELECT t.name AS tbl, f.name AS name, COL_NAME(k.parent_object_id, k.parent_column_id) AS col,
  OBJECT_NAME(f.referenced_object_id) AS ref, COL_NAME(k.referenced_object_id, k.referenced_column_id) AS refcol,
  f.delete_referential_action_desc AS ondelete, f.update_referential_action_desc AS onupdate
FROM sys.tables AS t INNER JOIN sys.foreign_keys AS f ON f.parent_object_id = t.object_id
INNER JOIN sys.foreign_key_columns AS k ON k.constraint_object_id = f.object_id
WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) IN (${marks(wanted)}) ORDER BY t.name, f.name, k.constraint_column_id`,
    wanted,
  );
  const hidden = await hiddenRows(db, wanted);
  return [...new Set(columns.map((row) => String(row["tbl"])))].map((name) => {
    const own = (row: Record<string, unknown>): boolean => row["tbl"] === name;
    const unique = [...groupBy(keys.filter(own), (row) => String(row["name"]))];
    const primary = unique.find(([, rows]) => rows[0]?.["is_primary"] === true);
    const unsupported = whyUnsupported(columns.filter(own)) ?? hidden.get(name.toUpperCase());
    return {
      name,
      columns: columns.filter(own).map((row): Column => toColumn(row as unknown as CatalogueColumn)),
      primaryKey: (primary?.[1] ?? []).map((row) => String(row["col"])),
      uniqueKeys: unique.filter((entry) => entry !== primary).map(([key, rows]) => uniqueKey(key, rows)),
      foreignKeys: [...groupBy(links.filter(own), (row) => String(row["name"])).values()].map(foreignKey),
      ...(unsupported === undefined ? {} : { unsupported }),
    };
  });
}

/** A disabled index is in the catalogue and keeps no rows apart ("Disable Indexes and Constraints"). */
function uniqueKey(name: string, rows: readonly Record<string, unknown>[]): UniqueKey {
  const reasons = [
    ...(rows[0]?.["filtered"] === true ? ["a condition"] : []),
    ...(rows[0]?.["disabled"] === true ? ["an index that is disabled"] : []),
  ];
  return {
    name,
    columns: rows.map((row) => String(row["col"])),
    ...(reasons.length === 0 ? {} : { partial: reasons.join(" and ") }),
  };
}

/** Old large types are not in `inserted` and `deleted` (Transact-SQL reference, "CREATE TRIGGER"). */
function whyUnsupported(columns: readonly Record<string, unknown>[]): string | undefined {
  if (columns[0]?.["in_memory"] === true)
    return "it is a memory-optimized table, whose triggers are of another kind";
  const old = columns.filter((row) => /^(text|ntext|image)$/.test(String(row["base"])));
  return old.length === 0
    ? undefined
    : `${old.map((row) => String(row["name"])).join(", ")} is of type ${String(old[0]?.["base"])}, which no trigger can read; varchar(max) and varbinary(max) can be`;
}

const ACTIONS: Readonly<Record<string, ForeignKey["onDelete"]>> = {
  CASCADE: "cascade",
  SET_NULL: "set null",
  SET_DEFAULT: "set null",
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

/** Finds tables, triggers and sequences of the user's default schema by name. */
export async function objects(db: Queryable, names: readonly string[]): Promise<readonly FoundObject[]> {
  const wanted = names.map((name) => name.toUpperCase());
  if (wanted.length === 0) return [];
  const found = await db.query(
    `SELECT t.name AS name, CONVERT(nvarchar(400), p.value) AS [identity], ${HOME} AS home, ${NAMED_HOME} AS named FROM sys.tables AS t
LEFT JOIN sys.extended_properties AS p ON p.class = 1 AND p.major_id = t.object_id AND p.minor_id = 0 AND p.name = N'${IDENTITY_PROPERTY}'
WHERE t.schema_id = SCHEMA_ID() AND UPPER(t.name) IN (${marks(wanted)}) ORDER BY t.name`,
    wanted,
  );
  const triggers = await db.query(
    `SELECT g.name AS name, t.name AS tbl, m.definition AS body, g.is_disabled AS disabled,
  CONVERT(varchar(33), g.create_date, 126) + N' ' + CONVERT(varchar(33), g.modify_date, 126) AS stamp FROM sys.triggers AS g
INNER JOIN sys.tables AS t ON t.object_id = g.parent_id LEFT JOIN sys.sql_modules AS m ON m.object_id = g.object_id
WHERE t.schema_id = SCHEMA_ID() AND UPPER(g.name) IN (${marks(wanted)}) ORDER BY g.name`,
    wanted,
  );
  const schemas = await tables(
    db,
    found.map((row) => String(row["name"])),
  );
  const faults = await readJournalFaults(
    db,
    found.filter((row) => row["identity"] != null).map((row) => String(row["name"])),
  );
  return [
    ...found.map((row): FoundObject => {
      const [journalId, maker] = String(row["identity"] ?? "").split(" ");
      const here = { home: String(row["home"]), named: String(row["named"]) };
      const schema = schemas.find((candidate) => candidate.name === row["name"]);
      return {
        kind: "journal",
        name: String(row["name"]),
        columns: new Map(schema?.columns.map((column) => [column.name, column.type])),
        timesCapture: timesCapture(schema),
        faults: faults.get(String(row["name"])) ?? [],
        ...(journalId && maker ? { journalId, journalHome: makerOf(maker, here) } : {}),
      };
    }),
    ...triggers.map(
      (row): FoundObject => ({
        kind: "trigger",
        name: String(row["name"]),
        table: String(row["tbl"]),
        ...(row["body"] == null ? {} : { body: String(row["body"]) }),
        enabled: row["disabled"] !== true,
        // To a three-hundredth of a second ("sys.objects").
        stamp: String(row["stamp"]),
      }),
    ),
  ];
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
