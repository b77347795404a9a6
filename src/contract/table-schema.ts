/** What a catalogue says about a table, in terms that every database shares. */

/**
 * How values of a column behave when they cross from one database type to another.
 * "other" is carried as text and accepted only between two columns of the same database type.
 */
export type ColumnKind =
  | "text"
  | "integer"
  | "decimal"
  | "float"
  | "boolean"
  | "timestamp"
  | "date"
  | "time"
  | "binary"
  | "other";

/**
 * When the database takes two texts for equal: "exact" byte by byte, "padded" but for trailing blanks,
 * "insensitive" as a collation says (case, accents, trailing blanks ...).
 */
export type TextEquality = "exact" | "padded" | "insensitive";

export interface Column {
  /** As the catalogue spells it. */
  readonly name: string;
  /** The exact type as DDL writes it, with character set and collation where the database has them. */
  readonly type: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
  /** The default's SQL text; null when there is none. */
  readonly default: string | null;
  /** Computed by the database: read, never written. */
  readonly generated: boolean;
  /** Numbered by the database, which takes a value only when told to and never changes one. */
  readonly refusesValues?: true;
  readonly equality: TextEquality;
  /** Texts, where the database has them by column: the names of its character set and collation. */
  readonly charset?: string;
  readonly collation?: string;
  /** Digits of the fraction of a second that a "timestamp" or "time" keeps. */
  readonly fraction?: number;
  /** Longest text in characters or longest binary in bytes, where the type limits it. */
  readonly maxLength?: number;
}

export interface ForeignKey {
  readonly name: string;
  readonly columns: readonly string[];
  readonly refTable: string;
  readonly refColumns: readonly string[];
  readonly onDelete: "cascade" | "set null" | "restrict";
  readonly onUpdate: "cascade" | "set null" | "restrict";
}

export interface UniqueKey {
  readonly name: string;
  /** Those that the catalogue names: in a partial key they do not tell which rows collide. */
  readonly columns: readonly string[];
  /**
   * Set when rows that are alike in these columns need not collide, or others may: why, in words that follow "it has"
   * (an expression, a condition ...). Nothing may be concluded from such a key but that it is there.
   */
  readonly partial?: string;
}

export interface TableSchema {
  /** As the catalogue spells it. */
  readonly name: string;
  readonly columns: readonly Column[];
  /** Column names in key order; empty without a primary key. */
  readonly primaryKey: readonly string[];
  /** Unique keys and unique indexes other than the primary key. */
  readonly uniqueKeys: readonly UniqueKey[];
  readonly foreignKeys: readonly ForeignKey[];
  /** Set when the table cannot be captured or written exactly: why (engine without transactions, a view ...). */
  readonly unsupported?: string;
  /** Set when the database gives new rows another primary key than the one they are written with: why, and what to do. */
  readonly changesKeys?: string;
}
