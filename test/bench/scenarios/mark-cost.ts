import type { TestDatabase, TestServer } from "../../support/servers/test-server.ts";
import { createTables } from "../../support/wso2-tables.ts";
import { openLab, PARENTS, SCOPES, TOKENS } from "../lab.ts";
import { openWriters } from "../login.ts";
import type { Scenario, ScenarioContext } from "../scenario.ts";
import { serverCpuSeconds } from "../server-cpu.ts";
import { createTally, type Measured, median, ratioOf, rotated } from "../stats.ts";
import { installWithout } from "../triggers.ts";

/** Short and many, for a difference that is smaller than what two equal databases differ by from one turn to the next. */
const TURN_MS = 300;
const TURNS = 60;
const WARM_UP_MS = 1_000;

const [OURS, MARKLESS, ANOTHER] = ["our triggers", "without the mark", "without the mark, another"] as const;

/**
 * What it costs blue's users that its triggers look for the mark of our own sessions, by which they pass over them: logins of eight
 * writers in turns. What two blues without it differ by is chance.
 */
export const markCost: Scenario = {
  name: "mark-cost",
  onDemand: true,
  async run(context) {
    const durable = await context.startDurable();
    try {
      return [
        ...(await measure(durable, "durable", context)),
        ...(await measure(context.server, "no wait for the disk", context)),
      ];
    } finally {
      await durable.stop();
    }
  },
};

async function measure(
  server: TestServer,
  kind: string,
  { scale }: ScenarioContext,
): Promise<readonly Measured[]> {
  const lab = await openLab(server, "5.9.0", [TOKENS, SCOPES]);
  const markless = async (): Promise<TestDatabase> => {
    const database = await server.createDatabase();
    await database.exec(createTables(server.dialect, "5.9.0"));
    await database.exec(PARENTS);
    await installWithout(lab, database, "mark");
    return database;
  };
  const others = [await markless(), await markless()] as const;
  try {
    const [rates, cpu] = [createTally(), createTally()];
    const each = await Promise.all(
      (
        [
          [OURS, lab.source.test],
          [MARKLESS, others[0]],
          [ANOTHER, others[1]],
        ] as const
      ).map(async ([name, database]) => ({ name, writers: await openWriters(database) })),
    );
    for (const { writers } of each) await writers.logIn({ forMs: WARM_UP_MS / scale });
    for (let turn = 0; turn < TURNS / scale; turn++) {
      for (const { name, writers } of rotated(each, turn)) {
        const before = serverCpuSeconds(server);
        const { count, perSecond } = await writers.logIn({ forMs: TURN_MS });
        rates.note(name, perSecond);
        cpu.note(name, ((serverCpuSeconds(server) - before) * 1e6) / count);
      }
    }
    await Promise.all(each.map(({ writers }) => writers.close()));
    const ratio = (name: string, value: number, target?: Measured["target"]): Measured => ({
      name: `${kind}, ${name}`,
      value,
      unit: "ratio",
      ...(target === undefined ? {} : { target }),
    });
    return [
      ...[OURS, MARKLESS, ANOTHER].map(
        (name): Measured => ({ name: `${kind}, ${name}`, value: median(rates.of(name)), unit: "tx/s" }),
      ),
      ratio("with the mark / without", ratioOf(rates, OURS, MARKLESS), { atLeast: 0.98 }),
      ratio("two without it", ratioOf(rates, ANOTHER, MARKLESS)),
      ratio("server CPU, with the mark / without", ratioOf(cpu, OURS, MARKLESS)),
      ratio("server CPU, two without it", ratioOf(cpu, ANOTHER, MARKLESS)),
    ];
  } finally {
    await lab.close();
    for (const database of others) await database.drop();
  }
}
