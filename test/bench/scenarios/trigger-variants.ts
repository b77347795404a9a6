import { readFileSync } from "node:fs";
import type { TestDatabase } from "../../support/servers/test-server.ts";
import { createTables } from "../../support/wso2-tables.ts";
import { openLab, PARENTS, TOKENS } from "../lab.ts";
import type { Scenario } from "../scenario.ts";
import { createTally, median } from "../stats.ts";
import { tokenColumns, tokenValues } from "../token-data.ts";

const ROWS = 5_000;
const TURNS = 5;
/** /proc counts processor time in hundredths of a second. */
const TICK_US = 10_000;

/** Functions that could stand in for ours on PostgreSQL. */
const VARIANTS = {
  "row, as it is": "SECURITY DEFINER SET search_path = pg_catalog, pg_temp",
  "row, without SET search_path": "SECURITY DEFINER",
  "row, rights of the caller": "",
} as const;

/**
 * What other triggers would cost on PostgreSQL: microseconds of processor time of the server process for each row, beyond
 * the insert without triggers. Time on the clock would show the machine's other work.
 */
export const triggerVariants: Scenario = {
  name: "trigger-variants",
  onDemand: true,
  async run({ server, rounds, scale }) {
    if (server.dialect !== "postgres") return [];
    const lab = await openLab(server, "5.9.0", [TOKENS]);
    const bare = await server.createDatabase();
    try {
      await bare.exec(createTables(server.dialect, "5.9.0"));
      await bare.exec(PARENTS);
      const [table] = lab.tables;
      if (table === undefined) throw new Error("a lab without tables");
      const blue = lab.source.test;
      const columns = table.source.columns.map(({ name }) => name).join(", ");
      const into = `INSERT INTO public.${table.names.journal} (${columns}, action)`;
      const newRow = table.source.columns.map(({ name }) => `NEW.${name}`).join(", ");
      const install = async (each: string, work: string, options: string): Promise<void> =>
        await blue.exec([
          `DROP TRIGGER IF EXISTS ${table.names.insertTrigger} ON ${TOKENS}`,
          `CREATE OR REPLACE FUNCTION variant() RETURNS trigger LANGUAGE plpgsql ${options} AS $$ BEGIN ${work}; RETURN NULL; END $$`,
          `CREATE TRIGGER ${table.names.insertTrigger} AFTER INSERT ON ${TOKENS} ${each} EXECUTE FUNCTION variant()`,
        ]);
      const byRow = `${into} VALUES (${newRow}, 'INSERT')`;
      const byWholeRow = `${into} SELECT NEW.*, 'INSERT'`;
      const byStatement = `${into} SELECT ${columns}, 'INSERT' FROM fresh`;
      const costs = createTally();
      for (let turn = 0; turn < (rounds === 1 ? 1 : TURNS); turn++) {
        for (const shape of ["one row a statement", "all rows in one statement"] as const) {
          const without = await insertCost(bare, shape, ROWS / scale);
          for (const [name, options] of Object.entries(VARIANTS)) {
            await install("FOR EACH ROW", byRow, options);
            costs.note(`${shape}: ${name}`, (await insertCost(blue, shape, ROWS / scale)) - without);
          }
          await install("FOR EACH ROW", byWholeRow, VARIANTS["row, as it is"]);
          costs.note(
            `${shape}: row, INSERT ... SELECT NEW.*`,
            (await insertCost(blue, shape, ROWS / scale)) - without,
          );
          await install(
            "REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT",
            byStatement,
            VARIANTS["row, as it is"],
          );
          costs.note(
            `${shape}: statement, transition table`,
            (await insertCost(blue, shape, ROWS / scale)) - without,
          );
          costs.note(`${shape}: without triggers, in all`, without);
        }
      }
      return costs.names().map((name) => ({ name, value: median(costs.of(name)), unit: "us/row" }));
    } finally {
      await lab.close();
      await bare.drop();
    }
  },
};

/** Microseconds of the server for each row; one round trip for all of them. */
async function insertCost(
  blue: TestDatabase,
  shape: "one row a statement" | "all rows in one statement",
  rows: number,
): Promise<number> {
  const values = tokenValues("#id#", 0, false)
    .slice(1, -1)
    .replace("'#id#'", "n::text")
    .replace("'scope0'", "n::text");
  const insert = `INSERT INTO ${TOKENS} (${tokenColumns(false)}) SELECT ${values}`;
  const script =
    shape === "one row a statement"
      ? `DO $$ BEGIN FOR n IN 1..${rows} LOOP ${insert}; END LOOP; END $$`
      : `${insert} FROM generate_series(1, ${rows}) AS g(n)`;
  const session = await blue.session();
  try {
    // As empty as the last time, and the session's caches filled.
    await session.exec(`TRUNCATE ${TOKENS} CASCADE; ${insert} FROM (SELECT 0 AS n) AS warm`);
    const pid = String((await session.query("SELECT pg_backend_pid() AS pid"))[0]?.["PID"]);
    const before = ticks(pid);
    await session.exec(script);
    return ((ticks(pid) - before) * TICK_US) / rows;
  } finally {
    await session.close();
  }
}

/** User and system time of a process: the 14th and 15th field of its stat file (proc(5)). */
function ticks(pid: string): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
