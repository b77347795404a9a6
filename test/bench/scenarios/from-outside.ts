import { startCli } from "../../support/cli.ts";
import { fillTokenJournal } from "../fill-journal.ts";
import { type Lab, openLab, TOKENS } from "../lab.ts";
import { inFolder } from "../peak-memory.ts";
import type { Scenario } from "../scenario.ts";
import { createTally, type Measured, median, ratioOf, rotated, seconds } from "../stats.ts";
import { rowsOfJournal, writeAllAtTheLimit } from "../yardsticks.ts";

const PENDING = 80_000;
/** Characters of an access token that is a JWT: every second one. */
const JWT = 900;

/**
 * The built command with its start and its proof that everything has arrived, on a server that waits for the disk, with tokens
 * of 5.9.0 of which half are JWTs: against rows in memory on one connection.
 */
export const fromOutside: Scenario = {
  name: "from-outside",
  async run({ startDurable, rounds, scale }) {
    const server = await startDurable();
    try {
      const lab = await openLab(server, "5.9.0", [TOKENS]);
      try {
        return await measure(lab, PENDING / scale, rounds);
      } finally {
        await lab.close();
      }
    } finally {
      await server.stop();
    }
  },
};

async function measure(lab: Lab, pending: number, rounds: number): Promise<Measured[]> {
  // As long as it takes to find that there is nothing to do.
  const empty = await untilDrained(lab, 1_000);
  await fillTokenJournal(lab, pending, { accessToken: JWT, everySecond: true, isLater: false });
  const rates = createTally();
  const turns = [
    { name: "limit", turn: () => limit(lab) },
    { name: "batchSize 100", turn: () => untilDrained(lab, 100) },
    { name: "batchSize 1000", turn: () => untilDrained(lab, 1_000) },
  ];
  await untilDrained(lab, 1_000);
  for (let round = 0; round < rounds; round++)
    for (const { name, turn } of rotated(turns, round)) {
      await lab.reset();
      const took = await turn();
      rates.note(name, pending / took);
      if (name !== "limit") rates.note(`${name}, less its start and end`, pending / (took - empty));
    }
  const over = (name: string, atLeast?: number): Measured => ({
    name: `${name} / limit`,
    value: ratioOf(rates, name, "limit"),
    unit: "ratio",
    ...(atLeast === undefined ? {} : { target: { atLeast } }),
  });
  return [
    { name: "start and end, nothing pending", value: empty, unit: "s" },
    ...rates.names().map((name): Measured => ({ name, value: median(rates.of(name)), unit: "rows/s" })),
    over("batchSize 100"),
    over("batchSize 1000"),
    over("batchSize 100, less its start and end", 0.9),
    over("batchSize 1000, less its start and end", 0.95),
  ];
}

/** Seconds of the whole process. */
async function untilDrained(lab: Lab, batchSize: number): Promise<number> {
  return await inFolder(lab, "5.9.0", { batchSize: String(batchSize) }, async (folder) =>
    seconds(async () => {
      const { code, stderr } = await startCli(["run", "--until-drained"], folder).ended;
      if (code !== 0) throw new Error(`sync-tool run ended with ${code}: ${stderr.slice(-1_000)}`);
    }),
  );
}

async function limit(lab: Lab): Promise<number> {
  return await writeAllAtTheLimit(
    lab,
    await Promise.all(lab.tables.map((table) => rowsOfJournal(lab, table))),
  );
}
