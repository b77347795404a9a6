import { MARK } from "../../../src/dialect/postgres/connect.ts";
import { openLab, TOKENS } from "../lab.ts";
import { copyMemory } from "../peak-memory.ts";
import type { Scenario } from "../scenario.ts";
import { seconds } from "../stats.ts";
import { tokenColumns, tokenValues } from "../token-data.ts";
import { copyAll } from "./copy.ts";

const TOKEN_ROWS = 1_000_000;

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
      let halves = Number.NaN;
      const took = await seconds(async () => {
        halves = await copyAll(lab);
      });
      await lab.empty();
      return [
        { name: `${rows} tokens`, value: rows / took, unit: "rows/s" },
        { name: "second half / first", value: halves, unit: "ratio", target: { atLeast: 0.95 } },
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
