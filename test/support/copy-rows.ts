import type { Row, Value } from "../../src/row.ts";
import type { TestDialectName } from "./env.ts";
import type { TestDatabase } from "./servers/test-server.ts";
import { isMysqlLike } from "./wso2-tables.ts";

const MYSQL = [
  "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
  "START TRANSACTION WITH CONSISTENT SNAPSHOT",
];

/** Begins a transaction whose reads see one moment. */
const SNAPSHOT: Readonly<Record<TestDialectName, readonly string[]>> = {
  postgres: ["BEGIN ISOLATION LEVEL REPEATABLE READ"],
  mysql: MYSQL,
  mariadb: MYSQL,
  mssql: ["SET TRANSACTION ISOLATION LEVEL SNAPSHOT", "BEGIN"],
  oracle: ["SET TRANSACTION READ ONLY"],
};

function literal(database: TestDatabase, value: Value): string {
  if (value === null) return "NULL";
  const { type } = database.settings;
  if (typeof value !== "string") {
    const hex = Buffer.from(value).toString("hex");
    if (type === "mssql") return `0x${hex}`;
    if (type === "oracle") return `HEXTORAW('${hex}')`;
    return type === "postgres" ? `'\\x${hex}'` : `X'${hex}'`;
  }
  const quoted = value.replaceAll("'", "''");
  return `'${isMysqlLike(type) ? quoted.replaceAll("\\", "\\\\") : quoted}'`;
}

/**
 * Copies the rows of one consistent moment, as dump and restore do, parents first; both databases are of one type.
 * The target's tables are there and empty; they may have more columns than the source's. `migrate`: what the
 * migration of the schema does to each row.
 */
export async function copyRows(
  source: TestDatabase,
  target: TestDatabase,
  tables: readonly string[],
  migrate: (row: Row) => Row = (row) => row,
): Promise<void> {
  const reader = await source.session();
  const writer = await target.session();
  try {
    await reader.exec(SNAPSHOT[source.settings.type]);
    // Zero dates are values too.
    await writer.exec(isMysqlLike(target.settings.type) ? ["SET SESSION sql_mode = ''", "BEGIN"] : ["BEGIN"]);
    for (const table of tables) {
      // A column that SQL Server numbers takes no value without this.
      const numbered =
        target.settings.type === "mssql" && table === "UM_USER" ? `SET IDENTITY_INSERT ${table} ON; ` : "";
      const rows = (await reader.query(`SELECT * FROM ${table}`)).map(migrate);
      for (let first = 0; first < rows.length; first += 200) {
        const part = rows.slice(first, first + 200);
        const values = part.map(
          (row) =>
            `(${Object.values(row)
              .map((value) => literal(target, value))
              .join(",")})`,
        );
        await writer.exec(
          `${numbered}INSERT INTO ${table} (${Object.keys(part[0] ?? {}).join(",")}) VALUES ${values.join(",")}`,
        );
      }
    }
    await writer.exec("COMMIT");
  } finally {
    await reader.close();
    await writer.close();
  }
}
