import fc from "fast-check";

/** Three tables, each the parent of the next, and one that refers to itself; deletions cascade. */
const columns = (long: number): string => `U VARCHAR(20), N VARCHAR(${long}), UNIQUE (U)`;
const reference = (column: string, table: string): string =>
  `${column} VARCHAR(20), FOREIGN KEY (${column}) REFERENCES ${table} (ID) ON DELETE CASCADE`;
const ID = "ID VARCHAR(20) NOT NULL PRIMARY KEY";

/** @param long texts that are longer are refused. */
export const chainTables = (long: number): readonly string[] => [
  `CREATE TABLE A (${ID}, ${columns(long)})`,
  `CREATE TABLE B (${ID}, ${reference("UP", "A")}, ${columns(long)})`,
  `CREATE TABLE C (${ID}, ${reference("UP", "B")}, ${columns(long)})`,
  `CREATE TABLE T (${ID}, ${reference("UP", "T")}, ${columns(long)})`,
];

export const CHAIN_TABLES = ["A", "B", "C", "T"] as const;
type Table = (typeof CHAIN_TABLES)[number];

/** Too long for the target. */
export const POISON = "far too long";

const ids = (table: Table): readonly string[] => [0, 1, 2, 3].map((n) => `${table.toLowerCase()}${n}`);
const PARENT = { A: undefined, B: "A", C: "B", T: "T" } as const;

export interface Work {
  readonly do: "insert" | "name" | "move" | "delete" | "remake" | "rename" | "unique" | "swap";
  readonly table: Table;
  readonly id: number;
  readonly other: number;
  readonly up: number | null;
  readonly unique: number | null;
  readonly isPoison: boolean;
}

export const anyWork: fc.Arbitrary<Work> = fc.record({
  do: fc.constantFrom(
    "insert",
    "insert",
    "insert",
    "name",
    "move",
    "move",
    "delete",
    "remake",
    "rename",
    "unique",
    "swap",
  ),
  table: fc.constantFrom(...CHAIN_TABLES, "T"),
  id: fc.nat(3),
  other: fc.nat(3),
  up: fc.option(fc.nat(3), { freq: 4 }),
  unique: fc.option(fc.nat(2), { freq: 2 }),
  isPoison: fc.oneof(
    { weight: 6, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});

const literal = (text: string | undefined): string => (text === undefined ? "NULL" : `'${text}'`);

/** The statements of a piece of work; `n` tells its images from all others. */
export function statements(
  { do: what, table, id, other, up, unique, isPoison }: Work,
  n: number,
): readonly string[] {
  const all = ids(table);
  const parent = PARENT[table];
  const key = `ID = '${all[id]}'`;
  const name = isPoison ? POISON : `n${n}`;
  const above = literal(parent === undefined || up === null ? undefined : ids(parent)[up]);
  const own = literal(unique === null ? undefined : `u${unique}`);
  const insert =
    parent === undefined
      ? `INSERT INTO ${table} (ID, U, N) VALUES ('${all[id]}', ${own}, '${name}')`
      : `INSERT INTO ${table} (ID, UP, U, N) VALUES ('${all[id]}', ${above}, ${own}, '${name}')`;
  const remove = `DELETE FROM ${table} WHERE ${key}`;
  switch (what) {
    case "insert":
      return [insert];
    case "name":
      return [`UPDATE ${table} SET N = '${name}' WHERE ${key}`];
    case "move":
      return parent === undefined ? [] : [`UPDATE ${table} SET UP = ${above} WHERE ${key}`];
    case "delete":
      return [remove];
    case "remake":
      return [remove, insert];
    case "rename":
      return [`UPDATE ${table} SET ID = '${all[other]}' WHERE ${key}`];
    case "unique":
      return [`UPDATE ${table} SET U = ${own} WHERE ${key}`];
    case "swap":
      return [
        `UPDATE ${table} SET U = 'x${n}' WHERE ${key}`,
        `UPDATE ${table} SET U = ${own} WHERE ID = '${all[other]}'`,
      ];
  }
}
