import { type Lab, openLab, TOKENS } from "../lab.ts";
import { memoryOf } from "../peak-memory.ts";
import type { Scenario } from "../scenario.ts";
import { createProgress, lastThird, laterHalf, type Measured, type Progress } from "../stats.ts";
import { fillUnseen } from "../token-data.ts";
import { writeAtTheLimit } from "../yardsticks.ts";
import { copyAll } from "./copy.ts";

const TOKEN_ROWS = 1_000_000;
const PAGE = 1_000;

/** Whether the pace of a copy keeps up over a large table, as that of rows in memory does. */
export const copyGrowth: Scenario = {
  name: "copy-growth",
  onDemand: true,
  async run({ server, scale }) {
    const lab = await openLab(server, "5.7.0", [TOKENS]);
    const rows = TOKEN_ROWS / scale;
    try {
      await fillUnseen(lab.source, { tokens: rows });
      await lab.analyze();
      const limit = await writeInMemory(lab);
      await lab.empty();
      const copied = await copyAll(lab);
      await lab.empty();
      return [
        ...growth(`copy of ${rows} tokens`, copied),
        ...growth("rows in memory", limit),
        {
          name: "peak memory of the command",
          value: await memoryOf("copy", lab, "5.7.0"),
          unit: "MB",
          target: { atMost: 150 },
        },
      ];
    } finally {
      await lab.close();
    }
  },
};

const growth = (name: string, progress: Progress): readonly Measured[] => [
  { name, value: progress.pace(0, 1), unit: "rows/s" },
  { name: `${name}: second half / first`, value: laterHalf(progress), unit: "ratio" },
  {
    name: `${name}: last third / the one before`,
    value: lastThird(progress),
    unit: "ratio",
    target: { atLeast: 0.95 },
  },
];

/** What the growing table and its indexes cost whoever writes. */
async function writeInMemory(lab: Lab): Promise<Progress> {
  const [table] = lab.tables;
  if (table === undefined) throw new Error("a lab without tables");
  const session = await lab.target.db.session();
  const progress = createProgress();
  try {
    for (let rows = 0, last = ""; ; ) {
      const page = await progress.apart(() =>
        lab.source.test.query(
          `SELECT * FROM ${TOKENS} WHERE TOKEN_ID > '${last}' ORDER BY TOKEN_ID LIMIT ${PAGE}`,
        ),
      );
      if (page.length === 0) return progress;
      await writeAtTheLimit(session, lab, table, page);
      rows += page.length;
      progress.reached(rows);
      last = String(page.at(-1)?.["TOKEN_ID"]);
    }
  } finally {
    await session.release();
  }
}
