/** Every table of WSO2's databases that has no shape of its own per database: see wso2-schema/other-tables.txt. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareVersions, type IsVersion } from "../../src/config/versions.ts";

export interface OtherColumn {
  readonly name: string;
  /** As the file says it: `v255`, `int`, ... */
  readonly type: string;
  readonly nullable: boolean;
  readonly default: string | undefined;
  readonly auto: boolean;
}

export interface OtherTable {
  readonly name: string;
  readonly schema: "identity" | "um" | "reg" | "consent";
  readonly columns: readonly OtherColumn[];
  readonly key: readonly string[];
  readonly unique: readonly (readonly string[])[];
  readonly foreignKeys: readonly {
    readonly columns: readonly string[];
    readonly refTable: string;
    readonly refColumns: readonly string[];
  }[];
}

interface Span {
  readonly since: string;
  readonly until: string | undefined;
}

interface Line extends Span {
  readonly words: readonly string[];
}

interface TableLines extends Span {
  readonly name: string;
  readonly schema: OtherTable["schema"];
  readonly lines: readonly Line[];
}

const TABLES: readonly TableLines[] = parse(
  readFileSync(join(import.meta.dirname, "wso2-schema", "other-tables.txt"), "utf8"),
);

/** The tables of a release, parents before the tables that refer to them. */
export function otherTables(version: IsVersion): readonly OtherTable[] {
  const has = ({ since, until }: Span): boolean =>
    compareVersions(since as IsVersion, version) <= 0 &&
    (until === undefined || compareVersions(version, until as IsVersion) < 0);
  return TABLES.filter(has).map(({ name, schema, lines }) => {
    const there = lines.filter(has).map(({ words }) => words);
    const of = (kind: string) => there.filter(([first]) => first === kind).map((words) => words.slice(1));
    const list = (text = "") => text.split(",");
    return {
      name,
      schema,
      columns: there.filter(([first = ""]) => !["key", "unique", "fk"].includes(first)).map(column),
      key: of("key").flatMap(([columns]) => list(columns)),
      unique: of("unique").map(([columns]) => list(columns)),
      foreignKeys: of("fk").map(([columns, , to = ""]) => {
        const [, refTable = "", refColumns] = /^(\w+)\(([\w,]+)\)$/.exec(to) ?? [];
        return { columns: list(columns), refTable, refColumns: list(refColumns) };
      }),
    };
  });
}

function column([name = "", type = "", ...flags]: readonly string[]): OtherColumn {
  return {
    name,
    type,
    nullable: !flags.includes("!"),
    default: flags.find((flag) => flag.startsWith("="))?.slice(1),
    auto: flags.includes("auto"),
  };
}

function parse(text: string): readonly TableLines[] {
  const tables: (TableLines & { readonly lines: Line[] })[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("#") || line.trim() === "") continue;
    const all = line.trim().split(/\s+/);
    const isVersion = (word: string) => /^[+-]5\.\d+\.\d+$/.test(word);
    const words = all.filter((word) => !isVersion(word));
    const span: Span = {
      since: all.find((word) => isVersion(word) && word.startsWith("+"))?.slice(1) ?? "5.0.0",
      until: all.find((word) => isVersion(word) && word.startsWith("-"))?.slice(1),
    };
    if (words[0] === "table")
      tables.push({ name: words[1] ?? "", schema: words[2] as OtherTable["schema"], lines: [], ...span });
    else tables.at(-1)?.lines.push({ words, ...span });
  }
  return tables;
}

const POSTGRES_TYPES: Readonly<Record<string, string>> = {
  ...{ int: "INTEGER", big: "BIGINT", small: "SMALLINT", text: "TEXT", blob: "BYTEA" },
  ...{ ts: "TIMESTAMP", date: "DATE", bool: "BOOLEAN" },
};
const MYSQL_TYPES: Readonly<Record<string, string>> = { ...POSTGRES_TYPES, text: "MEDIUMTEXT", blob: "BLOB" };

/** Statements that make a table on PostgreSQL, or on MySQL and MariaDB; foreign keys only to tables of `there`. */
export function createOtherTable(
  dialect: "postgres" | "mysql" | "mariadb",
  table: OtherTable,
  there: ReadonlySet<string>,
): readonly string[] {
  const isPostgres = dialect === "postgres";
  const types = isPostgres ? POSTGRES_TYPES : MYSQL_TYPES;
  const typeOf = ({ type, auto }: OtherColumn): string => {
    const [, kind, length] = /^([vc])(\d+)$/.exec(type) ?? [];
    if (kind !== undefined) return `${kind === "v" ? "VARCHAR" : "CHAR"}(${length})`;
    return auto && isPostgres ? "SERIAL" : (types[type] ?? type);
  };
  const definition = (one: OtherColumn): string => {
    const isTime = !isPostgres && one.type === "ts";
    const byDefault = one.default ?? (isTime && !one.nullable ? "CURRENT_TIMESTAMP" : undefined);
    return [
      `${one.name} ${typeOf(one)}`,
      one.nullable ? (isTime ? "NULL" : "") : "NOT NULL",
      byDefault === undefined ? "" : `DEFAULT ${byDefault}`,
      one.auto && !isPostgres ? "AUTO_INCREMENT" : "",
    ]
      .filter((word) => word !== "")
      .join(" ");
  };
  const parts = [
    ...table.columns.map(definition),
    ...(table.key.length === 0 ? [] : [`PRIMARY KEY (${table.key.join(",")})`]),
    ...table.unique.map((columns) => `UNIQUE (${columns.join(",")})`),
    ...table.foreignKeys
      .filter(({ refTable }) => there.has(refTable))
      .map(
        ({ columns, refTable, refColumns }) =>
          `FOREIGN KEY (${columns.join(",")}) REFERENCES ${refTable}(${refColumns.join(",")}) ON DELETE CASCADE`,
      ),
  ];
  return [`CREATE TABLE ${table.name} (\n  ${parts.join(",\n  ")}\n)`];
}
