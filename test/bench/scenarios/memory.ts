import { fillTokenJournal } from "../fill-journal.ts";
import { openLab, TOKENS } from "../lab.ts";
import { peakMemory } from "../peak-memory.ts";
import type { Scenario, ScenarioContext } from "../scenario.ts";
import type { Measured } from "../stats.ts";

const PENDING = 2_000_000;
/** Characters of an access token that is a JWT; with the rest of its row, 1 KB. */
const JWT = 900;
const SETTINGS = { batchSize: "1000", parallelism: "4", deadLetterLimit: "100000" };

const LONG_ROWS = 400;
const LONG_ROW_BYTES = 3_000_000;
const WORK_MS = 20_000;

/** How large the built command becomes with the settings that ask for most: four lanes of 1,000 changes. */
export const memory: Scenario = {
  name: "memory",
  async run(context) {
    return [...(await ofTokens(context)), ...(await ofLongRows(context))];
  },
};

async function ofTokens({ server, scale }: ScenarioContext): Promise<Measured[]> {
  const lab = await openLab(server, "5.9.0", [TOKENS]);
  try {
    await fillTokenJournal(lab, PENDING / scale, { accessToken: JWT, isLater: false });
    const { peakMb, applied } = await peakMemory(lab, "5.9.0", WORK_MS, SETTINGS);
    return [
      { name: "tokens of 1 KB applied", value: applied, unit: "" },
      { name: "tokens of 1 KB, peak memory (RSS)", value: peakMb, unit: "MB", target: { atMost: 150 } },
    ];
  } finally {
    await lab.close();
  }
}

async function ofLongRows({ server, scale }: ScenarioContext): Promise<Measured[]> {
  const table = "X_LONG";
  const type = server.dialect === "postgres" ? "TEXT" : "MEDIUMTEXT";
  const lab = await openLab(
    server,
    "5.11.0",
    [table],
    [`CREATE TABLE ${table} (ID INTEGER NOT NULL PRIMARY KEY, T ${type})`],
  );
  try {
    for (let id = 0; id < LONG_ROWS / scale; id++)
      await lab.source.test.exec(
        `INSERT INTO ${table} (ID, T) VALUES (${id}, REPEAT('abcdefghij', ${LONG_ROW_BYTES / 10}))`,
      );
    const { peakMb, applied } = await peakMemory(lab, "5.11.0", WORK_MS, SETTINGS);
    return [
      { name: "rows of 3 MB applied", value: applied, unit: "" },
      { name: "rows of 3 MB, peak memory (RSS)", value: peakMb, unit: "MB", target: { atMost: 200 } },
    ];
  } finally {
    await lab.close();
  }
}
