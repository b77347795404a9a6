import type { Column, ColumnKind, TextEquality } from "../../contract/table-schema.ts";
import { IDENTITY } from "./write-rows.ts";

/** A column as sys.columns has it. */
export interface CatalogueColumn {
  readonly name: string;
  /** Name of the system type; null for types of the common language runtime. */
  readonly base: string | null;
  /** Bytes; -1 for "max". */
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
  readonly collation: string | null;
  readonly nullable: boolean;
  readonly numbered: boolean;
  readonly computed: boolean;
  /** 0, or which end of a period of a temporal table it is. */
  readonly generated: number;
  readonly dflt: string | null;
}

const KINDS: Readonly<Record<string, ColumnKind>> = {
  ...{ varchar: "text", nvarchar: "text", char: "text", nchar: "text", text: "text", ntext: "text" },
  ...{ tinyint: "integer", smallint: "integer", int: "integer", bigint: "integer", bit: "boolean" },
  ...{ decimal: "decimal", numeric: "decimal", money: "decimal", smallmoney: "decimal" },
  ...{ float: "float", real: "float", date: "date", time: "time" },
  ...{ datetime: "timestamp", datetime2: "timestamp", smalldatetime: "timestamp" },
  ...{ binary: "binary", varbinary: "binary", image: "binary", timestamp: "binary" },
};

/** Digits of the fraction of a second, where the type itself fixes them. */
const FRACTIONS: Readonly<Record<string, number>> = { datetime: 3, smalldatetime: 0 };

/** Reads one line of the catalogue. The rowversion type has the old name "timestamp" there. */
export function toColumn(row: CatalogueColumn): Column {
  const base = row.base ?? "sql_variant";
  const kind = KINDS[base] ?? "other";
  const characters = base.startsWith("n") && row.length > 0 ? row.length / 2 : row.length;
  return {
    name: row.name,
    type: `${typeText(base, row, characters)}${row.collation === null ? "" : ` COLLATE ${row.collation}`}`,
    kind,
    nullable: row.nullable,
    default: row.numbered ? IDENTITY : row.dflt,
    generated: row.computed || row.generated > 0 || base === "timestamp",
    equality: kind === "text" ? equality(row.collation) : "exact",
    ...(kind === "timestamp" || kind === "time" ? { fraction: FRACTIONS[base] ?? row.scale } : {}),
    ...(/char|binary/.test(base) && row.length > 0 ? { maxLength: characters } : {}),
  };
}

function typeText(base: string, row: CatalogueColumn, characters: number): string {
  switch (base) {
    case "varchar":
    case "nvarchar":
    case "char":
    case "nchar":
    case "binary":
    case "varbinary":
      return `${base}(${row.length < 0 ? "max" : characters})`;
    case "decimal":
    case "numeric":
      return `${base}(${row.precision},${row.scale})`;
    case "datetime2":
    case "datetimeoffset":
    case "time":
      return `${base}(${row.scale})`;
    default:
      return base;
  }
}

/** SQL Server always pads the shorter text with blanks before it compares ("String comparison and assignment"). */
function equality(collation: string | null): TextEquality {
  return collation !== null && /_BIN2?(_UTF8)?$/i.test(collation) ? "padded" : "insensitive";
}
