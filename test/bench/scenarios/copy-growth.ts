import { MARK } from "../../../src/dialect/postgres/connect.ts";
import { type Lab, openLab, TOKENS } from "../lab.ts";
import { copyMemory } from "../peak-memory.ts";
import type { Scenario } from "../scenario.ts";
import { seconds } from "../stats.ts";
import { tokenColumns, tokenValues } from "../token-data.ts";
import { writeAtTheLimit } from "../yardsticks.ts";
import { copyAll } from "./copy.ts";

const TOKEN_ROWS = 1_000_000;
const PAGE = 1_000;

/** Whether the pace of a copy keeps up over a large table: PostgreSQL, which makes the rows itself. */
export const copyGrowth: Scenario = {
  name: "copy-growth",
  onDemand: true,
  async run({ server, scale }) {
    if (server.dialect !== "postgres") return [];
    const lab = await openLab(server, "5.7.0", [TOKENS]);
    const rows = TOKEN_ROWS / scale;
    try {
      const one = tokenValues("ID", 0, false)
        .replace("'ID'", "gen_random_uuid()")
        .replace(/'[0-9a-f-]{36}'/g, "gen_random_uuid()")
        .replaceAll(/'(user|scope)0'/g, "concat('$1', n)")
        .replace(/^\(|\)$/g, "");
      // Rows that no journal tells of: the triggers pass over marked sessions.
      await lab.source.test.exec([
        `SET ${MARK} = 'on'`,
        `INSERT INTO ${TOKENS} (${tokenColumns(false)}) SELECT ${one} FROM generate_series(1, ${rows}) AS g(n)`,
        `RESET ${MARK}`,
      ]);
      const limit = await growthOfLimit(lab, rows);
      await lab.empty();
      let halves = Number.NaN;
      const took = await seconds(async () => {
        halves = await copyAll(lab);
      });
      await lab.empty();
      return [
        { name: `${rows} tokens`, value: rows / took, unit: "rows/s" },
        { name: "second half / first", value: halves, unit: "ratio" },
        { name: "second half / first, rows in memory", value: limit, unit: "ratio" },
        { name: "copy / rows in memory", value: halves / limit, unit: "ratio", target: { atLeast: 0.95 } },
        {
          name: "peak memory of the command",
          value: await copyMemory(lab, "5.7.0"),
          unit: "MB",
          target: { atMost: 150 },
        },
      ];
    } finally {
      await lab.close();
    }
  },
};

/** What the growing table and its indexes cost whoever writes: the pace of the second half of the rows to that of the first. */
async function growthOfLimit(lab: Lab, rows: number): Promise<number> {
  const [table] = lab.tables;
  if (table === undefined) throw new Error("a lab without tables");
  const session = await lab.target.db.session();
  let [first, second] = [0, 0];
  try {
    for (let done = 0, last = ""; done < rows; done += PAGE) {
      const page = await lab.source.test.query(
        `SELECT * FROM ${TOKENS} WHERE TOKEN_ID > '${last}' ORDER BY TOKEN_ID LIMIT ${PAGE}`,
      );
      const took = await seconds(() => writeAtTheLimit(session, lab, table, page));
      if (done < rows / 2) first += took;
      else second += took;
      last = String(page.at(-1)?.["TOKEN_ID"]);
    }
  } finally {
    await session.release();
  }
  return first / second;
}
