import type { Column, ColumnKind, TextEquality } from "../../contract/table-schema.ts";

/** A column as ALL_TAB_COLS has it; numbers come as text. */
export interface CatalogueColumn {
  readonly COLUMN_NAME: string;
  readonly DATA_TYPE: string;
  readonly DATA_LENGTH: string;
  readonly CHAR_LENGTH: string | null;
  /** B or C: whether the length counts bytes or characters. */
  readonly CHAR_USED: string | null;
  readonly DATA_PRECISION: string | null;
  readonly DATA_SCALE: string | null;
  readonly NULLABLE: string;
  readonly DATA_DEFAULT: string | null;
  readonly VIRTUAL_COLUMN: string;
  readonly COLLATION: string | null;
  /** The database's, also of columns that have its national one. */
  readonly CHARSET?: string;
}

const KINDS: Readonly<Record<string, ColumnKind>> = {
  ...{
    VARCHAR2: "text",
    NVARCHAR2: "text",
    CHAR: "text",
    NCHAR: "text",
    CLOB: "text",
    NCLOB: "text",
    LONG: "text",
  },
  ...{ FLOAT: "float", BINARY_FLOAT: "float", BINARY_DOUBLE: "float", DATE: "timestamp", BOOLEAN: "boolean" },
  ...{ RAW: "binary", BLOB: "binary", "LONG RAW": "binary" },
};

/** Reads one line of the catalogue. */
export function toColumn(row: CatalogueColumn): Column {
  const kind = kindOf(row);
  const scale = Number(row.DATA_SCALE ?? 0);
  const length = Number(row.CHAR_LENGTH ?? 0);
  const collation =
    row.COLLATION === null || row.COLLATION === "USING_NLS_COMP" ? "" : ` COLLATE ${row.COLLATION}`;
  const byDefault = row.DATA_DEFAULT?.trim();
  return {
    name: row.COLUMN_NAME,
    type: `${typeText(row)}${collation}`,
    kind,
    nullable: row.NULLABLE === "Y",
    default: byDefault === undefined || byDefault === "" || /^null$/i.test(byDefault) ? null : byDefault,
    generated: row.VIRTUAL_COLUMN === "YES",
    equality: kind === "text" ? equality(row) : "exact",
    ...(kind === "text" && row.CHARSET !== undefined ? { charset: row.CHARSET } : {}),
    ...(kind === "timestamp" ? { fraction: row.DATA_TYPE === "DATE" ? 0 : scale } : {}),
    ...(kind === "text" && length > 0 ? { maxLength: length } : {}),
    ...(row.DATA_TYPE === "RAW" ? { maxLength: Number(row.DATA_LENGTH) } : {}),
  };
}

function kindOf({ DATA_TYPE, DATA_SCALE }: CatalogueColumn): ColumnKind {
  if (DATA_TYPE === "NUMBER") return DATA_SCALE !== null && Number(DATA_SCALE) <= 0 ? "integer" : "decimal";
  if (/^TIMESTAMP\(\d\)( WITH LOCAL TIME ZONE)?$/.test(DATA_TYPE)) return "timestamp";
  return KINDS[DATA_TYPE] ?? "other";
}

function typeText(row: CatalogueColumn): string {
  const { DATA_TYPE, DATA_PRECISION, DATA_SCALE } = row;
  switch (DATA_TYPE) {
    case "VARCHAR2":
    case "CHAR":
      return `${DATA_TYPE}(${row.CHAR_USED === "C" ? `${row.CHAR_LENGTH} CHAR` : `${row.DATA_LENGTH} BYTE`})`;
    case "NVARCHAR2":
    case "NCHAR":
      return `${DATA_TYPE}(${row.CHAR_LENGTH})`;
    case "RAW":
      return `RAW(${row.DATA_LENGTH})`;
    case "FLOAT":
      return `FLOAT(${DATA_PRECISION ?? 126})`;
    case "NUMBER":
      if (DATA_PRECISION === null) return DATA_SCALE === null ? "NUMBER" : `NUMBER(*,${DATA_SCALE})`;
      return `NUMBER(${DATA_PRECISION},${DATA_SCALE ?? 0})`;
    default:
      return DATA_TYPE;
  }
}

/** Unique keys compare bytes, whatever a session's NLS_COMP says, unless the column has a collation of its own. */
function equality({ DATA_TYPE, COLLATION }: CatalogueColumn): TextEquality {
  if (COLLATION !== null && /_(CI|AI)$/.test(COLLATION)) return "insensitive";
  return DATA_TYPE === "CHAR" || DATA_TYPE === "NCHAR" ? "padded" : "exact";
}
