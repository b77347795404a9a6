/** Tables of the matrix in charsets.test.ts: one for each character set or collation and each shape of key. */

import type { Side } from "./blue-green.ts";
import { type Charset, POSTGRES_COLLATIONS, WORDS, wordsOf } from "./charsets.ts";
import type { TestDialectName } from "./env.ts";

/** A key of one text, of a number and a text, of two texts. */
export const SHAPES = ["ONE", "TWO", "BOTH"] as const;
type Shape = (typeof SHAPES)[number];

const shapesOf = (all: boolean): readonly Shape[] => (all ? SHAPES : ["ONE", "TWO"]);

export interface CharsetTable {
  /** Upper case. */
  readonly name: string;
  readonly charset: Charset;
  readonly shape: Shape;
  /** Words that the character set holds, and those of which it would lose a letter. */
  readonly held: readonly string[];
  readonly lost: readonly string[];
}

export const literal = (dialect: TestDialectName, word: string): string => {
  const quoted = `'${word.replaceAll("'", "''")}'`;
  return dialect === "postgres" ? quoted : quoted.replaceAll("\\", "\\\\");
};

/** The values of a table's key for a word. */
export const keyFor = (shape: Shape, word: string): readonly string[] =>
  ({ ONE: [word], TWO: [String(numberOf(word)), word], BOTH: [word, `${word}+`] })[shape];

const numberOf = (word: string): number => WORDS.indexOf(word) + 1;

export async function tablesOf(
  side: Side,
  charsets: readonly Charset[],
  all: boolean,
): Promise<readonly CharsetTable[]> {
  const tables: CharsetTable[] = [];
  for (const charset of charsets) {
    const { held, lost } = await divide(side, charset, all);
    for (const shape of shapesOf(all))
      tables.push({ name: `${charset.name}_${shape}`.toUpperCase(), charset, shape, held, lost });
  }
  return tables;
}

/** The database says which words it can hold; those that it would change into another letter are in neither list. */
async function divide(
  side: Side,
  { charset }: Charset,
  all: boolean,
): Promise<Pick<CharsetTable, "held" | "lost">> {
  const held: string[] = [];
  const lost: string[] = [];
  const marks = (word: string): number => word.split("?").length;
  for (const word of wordsOf(all)) {
    const there = charset === "binary" ? word : await stored(side, charset, word);
    if (there === word) held.push(word);
    else if (there === undefined || marks(there) > marks(word)) lost.push(word);
  }
  return { held, lost };
}

/** What the database makes of a word; undefined when it refuses it. */
async function stored({ dialect, test }: Side, charset: string, word: string): Promise<string | undefined> {
  const text = literal(dialect.name as TestDialectName, word);
  if (dialect.name !== "postgres") {
    const [row] = await test.query(`SELECT CONVERT(CONVERT(${text} USING ${charset}) USING utf8mb4) AS w`);
    return String(row?.["W"]);
  }
  try {
    return String((await test.query(`SELECT ${text}::text AS w`))[0]?.["W"]);
  } catch (error) {
    if ((error as { code?: unknown }).code === "22P05") return undefined;
    throw error;
  }
}

const KEYS: Readonly<Record<Shape, readonly string[]>> = { ONE: ["K"], TWO: ["T", "K"], BOTH: ["K", "L"] };

/** `declares`: what comes after VARCHAR(40) instead of the charset's own words. */
export function createTable({ name, charset, shape }: CharsetTable, declares = charset.declares): string {
  const key = KEYS[shape];
  const columns = key.map(
    (column) => `${column} ${column === "T" ? "INT" : `VARCHAR(40) ${declares}`} NOT NULL`,
  );
  return `CREATE TABLE ${name} (${columns.join(", ")}, V INT, PRIMARY KEY (${key.join(", ")}))`;
}

/** Inserts words, but for those that the collation takes for equal to one before. */
export function insertWords(dialect: TestDialectName, table: CharsetTable, words: readonly string[]): string {
  const rows = words.map((word) => {
    const key = keyFor(table.shape, word).map((value, i) =>
      KEYS[table.shape][i] === "T" ? value : literal(dialect, value),
    );
    return `(${[...key, numberOf(word)].join(", ")})`;
  });
  const into = `INTO ${table.name} VALUES ${rows.join(", ")}`;
  return dialect === "postgres" ? `INSERT ${into} ON CONFLICT DO NOTHING` : `INSERT IGNORE ${into}`;
}

export const schemaOf = (dialect: TestDialectName, tables: readonly CharsetTable[]): readonly string[] => [
  ...(dialect === "postgres" ? POSTGRES_COLLATIONS : []),
  ...tables.map((table) => createTable(table)),
];
