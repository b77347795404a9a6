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
import { readFunctionFaults, readJournalFaults } from "./faults.ts";

const OLDEST = 12;

/** Expression that names this database and schema, also after a restart; a physical copy shares it. */
export const HOME = `md5((SELECT system_identifier FROM pg_control_system()) || '/' ||
  (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' || coalesce(current_schema(), ''))`;

/** Version and identity. A physical copy shares the system identifier, hence the postmaster's start time as well. */
export async function server(db: Queryable): Promise<ServerFacts> {
  const [row] = await db.query(
    `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
            ${HOME} AS home, extract(epoch FROM pg_postmaster_start_time()) AS started,
            current_schema() AS schema, current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS standby`,
  );
  const major = Math.floor(Number(row?.["number"]) / 10_000);
  const problems: string[] = [];
  if (major < OLDEST)
    problems.push(
      `PostgreSQL ${String(row?.["version"])} is older than ${OLDEST}, the oldest version supported`,
    );
  if (row?.["schema"] === null)
    problems.push("No schema of the search path exists; set currentSchema in the JDBC URL");
  if (row?.["standby"] === "t") problems.push("The server is a standby; connect to the primary");
  const home = String(row?.["home"]);
  return {
    product: `PostgreSQL ${String(row?.["version"])}`,
    version: [major],
    identity: `${home}/${String(row?.["started"])}`,
    home,
    problems,
  };
}

/**
 * Whether a name may be one of the wanted, which are in lower case: lower() knows letters beyond ASCII only where the
 * database's locale does, so that `isNamed` has the last word about those.
 */
const named = (column: string): string => `(lower(${column}) = ANY (?) OR ${column} ~ '[^\\x01-\\x7f]')`;

function isNamed(names: readonly string[], key: string): (row: Record<string, unknown>) => boolean {
  const wanted = new Set(names.map((name) => name.toUpperCase()));
  return (row) => wanted.has(String(row[key]).toUpperCase());
}

/** Both functions lock the table, as a reader of it does. */
const DEFAULT = `CASE WHEN a.attidentity = '' THEN pg_get_expr(d.adbin, d.adrelid) ELSE format('nextval(%L::regclass)',
           pg_get_serial_sequence(format('%I.%I', current_schema(), c.relname), a.attname)) END`;

/** `hasDefault`: what is to be known of a column's default. */
const columnsWith = (hasDefault: string): string => `
  SELECT c.relname AS "table", c.relkind AS relkind, c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_inherits h
           WHERE h.inhparent = c.oid) AS inherited, a.attname AS name,
         format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attcollation <> t.typcollation AND co.oid IS NOT NULL
                   THEN ' COLLATE ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) ELSE '' END AS type,
         t.typname AS typname, a.atttypmod AS typmod, a.attnotnull AS notnull,
         ${hasDefault} AS "default",
         a.attgenerated AS generated, a.attidentity AS identity, coalesce(co.collisdeterministic, true) AS deterministic
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  LEFT JOIN pg_collation co ON co.oid = a.attcollation
  LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND ${named("c.relname")}
  ORDER BY c.relname, a.attnum`;

const INDEXES = `
  SELECT c.relname AS "table", i.relname AS name, x.indisprimary AS "primary",
         x.indexprs IS NOT NULL AS expression, x.indpred IS NOT NULL AS condition, NOT x.indisvalid AS invalid,
         (SELECT json_agg(a.attname ORDER BY k.n)::text
            FROM unnest(x.indkey::int2[]) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum WHERE k.n <= x.indnkeyatts) AS columns
  FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
  WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    AND x.indisunique AND ${named("c.relname")}
  ORDER BY c.relname, i.relname`;

const FOREIGN_KEYS = `
  SELECT c.relname AS "table", f.conname AS name, r.relname AS ref, f.confdeltype AS ondelete, f.confupdtype AS onupdate,
         (SELECT json_agg(a.attname ORDER BY k.n)::text FROM unnest(f.conkey) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) AS columns,
         (SELECT json_agg(a.attname ORDER BY k.n)::text FROM unnest(f.confkey) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = k.attnum) AS refcolumns
  FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class r ON r.oid = f.confrelid
  WHERE f.contype = 'f' AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    AND ${named("c.relname")}
  ORDER BY c.relname, f.conname`;

/** Reads the tables of the current schema whose names match without regard to case. */
export async function tables(db: Queryable, names: readonly string[]): Promise<readonly TableSchema[]> {
  const wanted = names.map((name) => name.toLowerCase());
  const columns = (await db.query(columnsWith(DEFAULT), [wanted])).filter(isNamed(names, "table"));
  const indexes = await db.query(INDEXES, [wanted]);
  const foreignKeys = await db.query(FOREIGN_KEYS, [wanted]);
  return [...new Set(columns.map((row) => String(row["table"])))].map((name) => {
    const own = (row: Record<string, unknown>): boolean => row["table"] === name;
    const unsupported = whyUnsupported(columns.find(own));
    return {
      name,
      columns: columns.filter(own).map(column),
      primaryKey: list(indexes.find((row) => own(row) && row["primary"] === "t")?.["columns"]),
      uniqueKeys: indexes.filter((row) => own(row) && row["primary"] !== "t").map(uniqueKey),
      foreignKeys: foreignKeys.filter(own).map(foreignKey),
      ...(unsupported === undefined ? {} : { unsupported }),
    };
  });
}

/** Rows of a child by inheritance are the parent's to whoever reads it, but they fire no trigger of the parent. */
function whyUnsupported(row: Record<string, unknown> | undefined): string | undefined {
  if (!/^[rp]$/.test(String(row?.["relkind"]))) return "it is a view or a foreign table";
  if (row?.["inherited"] !== "t") return undefined;
  return "other tables inherit from it, and their rows fire none of its triggers: make them partitions (PARTITION BY, ATTACH PARTITION)";
}

const KINDS: Readonly<Record<string, ColumnKind>> = {
  ...{
    text: "text",
    varchar: "text",
    bpchar: "text",
    citext: "text",
    name: "text",
    uuid: "text",
    json: "text",
  },
  ...{
    int2: "integer",
    int4: "integer",
    int8: "integer",
    numeric: "decimal",
    float4: "float",
    float8: "float",
  },
  ...{
    bool: "boolean",
    timestamp: "timestamp",
    timestamptz: "timestamp",
    date: "date",
    time: "time",
    bytea: "binary",
  },
};

function column(row: Record<string, unknown>): Column {
  const typname = String(row["typname"]);
  const kind = KINDS[typname] ?? "other";
  const typmod = Number(row["typmod"]);
  return {
    name: String(row["name"]),
    type: String(row["type"]),
    kind,
    nullable: row["notnull"] !== "t",
    default: row["default"] === null ? null : String(row["default"]),
    generated: row["generated"] === "s" || row["generated"] === "v",
    ...(row["identity"] === "a" ? { refusesValues: true as const } : {}),
    equality: equality(typname, row["deterministic"] === "t"),
    ...(kind === "timestamp" || kind === "time" ? { fraction: typmod < 0 ? 6 : typmod } : {}),
    ...((typname === "varchar" || typname === "bpchar") && typmod > 4 ? { maxLength: typmod - 4 } : {}),
  };
}

function equality(typname: string, deterministic: boolean): TextEquality {
  if (typname === "citext" || !deterministic) return "insensitive";
  return typname === "bpchar" ? "padded" : "exact";
}

/** An index that is not valid may not have been made to its end: it need not keep rows apart. */
function uniqueKey(row: Record<string, unknown>): UniqueKey {
  const reasons = [
    ...(row["expression"] === "t" ? ["an expression"] : []),
    ...(row["condition"] === "t" ? ["a condition"] : []),
    ...(row["invalid"] === "t" ? ["an index that is not valid"] : []),
  ];
  return {
    name: String(row["name"]),
    columns: list(row["columns"]),
    ...(reasons.length === 0 ? {} : { partial: reasons.join(" and ") }),
  };
}

const ACTIONS: Readonly<Record<string, ForeignKey["onDelete"]>> = {
  c: "cascade",
  n: "set null",
  d: "set null",
};

function foreignKey(row: Record<string, unknown>): ForeignKey {
  return {
    name: String(row["name"]),
    columns: list(row["columns"]),
    refTable: String(row["ref"]),
    refColumns: list(row["refcolumns"]),
    onDelete: ACTIONS[String(row["ondelete"])] ?? "restrict",
    onUpdate: ACTIONS[String(row["onupdate"])] ?? "restrict",
  };
}

function list(text: unknown): readonly string[] {
  return typeof text === "string" ? JSON.parse(text) : [];
}

const IDENTITY = /^sync-tool journal (\S+) (\S+)$/;

/**
 * Finds tables, triggers and functions of the current schema by name; a trigger's body is its definition and then its
 * function's. A row of the catalogue is another one after each change, and is written by another transaction (xmin).
 */
export async function objects(db: Queryable, names: readonly string[]): Promise<readonly FoundObject[]> {
  const wanted = names.map((name) => name.toLowerCase());
  const schema = "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())";
  const relations = await db.query(
    `SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS comment FROM pg_class c
     WHERE c.relnamespace = ${schema} AND c.relkind IN ('r', 'p') AND ${named("c.relname")} ORDER BY 1`,
    [wanted],
  );
  // A partition's are clones of its table's: not to be dropped by themselves.
  const triggers = await db.query(
    `SELECT g.tgname AS name, c.relname AS "table", pg_get_triggerdef(g.oid) || p.prosrc AS body, g.tgenabled = 'A' AS enabled,
            g.oid || '.' || g.xmin AS stamp
     FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid
     WHERE NOT g.tgisinternal AND NOT c.relispartition AND c.relnamespace = ${schema} AND ${named("g.tgname")} ORDER BY 1`,
    [wanted],
  );
  const functions = await db.query(
    `SELECT p.proname AS name, p.prosrc AS body, p.oid || '.' || p.xmin AS stamp FROM pg_proc p
     WHERE p.pronamespace = ${schema} AND ${named("p.proname")} ORDER BY 1`,
    [wanted],
  );
  // Nothing here may wait for a lock that somebody has on a journal: it is to be told of.
  const columns = await db.query(columnsWith("CASE WHEN a.atthasdef THEN '' END"), [wanted]);
  const isOne = isNamed(names, "name");
  const journals = relations.filter((row) => IDENTITY.test(String(row["comment"] ?? "")));
  const ofJournals =
    journals.length === 0
      ? new Map()
      : await readJournalFaults(
          db,
          journals.map((row) => String(row["name"])),
        );
  const ofFunctions =
    functions.length === 0
      ? new Map()
      : await readFunctionFaults(
          db,
          functions.map((row) => ({ name: String(row["name"]), body: String(row["body"]) })),
        );
  return [
    ...relations.filter(isOne).map((row): FoundObject => {
      const [, journalId, journalHome] = IDENTITY.exec(String(row["comment"] ?? "")) ?? [];
      const own = columns.filter((c) => c["table"] === row["name"]);
      return {
        kind: "journal",
        name: String(row["name"]),
        columns: new Map(own.map((c) => [String(c["name"]), String(c["type"])])),
        faults: ofJournals.get(String(row["name"])) ?? [],
        timesCapture: own.some((c) => c["name"] === "captured_at" && c["default"] !== null),
        ...(journalId === undefined || journalHome === undefined ? {} : { journalId, journalHome }),
      };
    }),
    ...triggers.filter(isOne).map(
      (row): FoundObject => ({
        kind: "trigger",
        name: String(row["name"]),
        table: String(row["table"]),
        body: String(row["body"]),
        enabled: row["enabled"] === "t",
        stamp: String(row["stamp"]),
      }),
    ),
    ...functions.filter(isOne).map(
      (row): FoundObject => ({
        kind: "function",
        name: String(row["name"]),
        faults: ofFunctions.get(String(row["name"])) ?? [],
        body: String(row["body"]),
        stamp: String(row["stamp"]),
      }),
    ),
  ];
}
