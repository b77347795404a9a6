import { randomUUID } from "node:crypto";
import type { TestDatabase, TestServer } from "../../support/servers/test-server.ts";
import { createTables } from "../../support/wso2-tables.ts";
import { type Lab, openLab, PARENTS, SCOPES, TOKENS } from "../lab.ts";
import { openWriters, tokenInserts } from "../login.ts";
import type { Scenario, ScenarioContext } from "../scenario.ts";
import { serverCpuSeconds } from "../server-cpu.ts";
import { createTally, type Measured, median, ratioOf, rotated } from "../stats.ts";
import { installJavaShape, installWithout } from "../triggers.ts";

/** Of one turn: short, so that all are measured under the same load of the machine, and many, since two equal ones differ. */
const TURN_MS = 500;
const TURNS = 16;
const WARM_UP_MS = 1_000;
const JOURNAL_ROWS = 300_000;
/** Of one turn; each takes the Java client's triggers up to 200 ms. */
const DELETES = { few: 10, many: 100 };
const DELETE_TURNS = 5;

const NAMES = [
  "without triggers",
  "our triggers",
  "Java client's shape",
  "without triggers, another",
  "our triggers without the time of capture",
  "our triggers without the mark",
] as const;
const [WITHOUT, OURS, JAVA, ANOTHER, TIMELESS, MARKLESS] = NAMES;
/** Two databases without triggers differ by about as much in these runs: less is no difference. */
const SPREAD = 0.03;
type Blues = Readonly<Record<(typeof NAMES)[number], TestDatabase>>;

/**
 * What the triggers, and the time and the mark among them, take from blue: logins of eight writers, on a server that waits for the disk at each commit and on
 * one that does not, and logouts beside a long journal.
 */
export const sourceCost: Scenario = {
  name: "source-cost",
  async run(context) {
    const durable = await context.startDurable();
    try {
      return [
        ...(await withBlues(durable, (blues) => logins(durable, "durable", blues, context))),
        ...(await withBlues(context.server, async (blues, lab) => [
          ...(await logins(context.server, "no wait for the disk", blues, context)),
          ...(await logouts(blues, lab, JOURNAL_ROWS / context.scale)),
        ])),
      ];
    } finally {
      await durable.stop();
    }
  },
};

async function withBlues<T>(server: TestServer, work: (blues: Blues, lab: Lab) => Promise<T>): Promise<T> {
  const lab = await openLab(server, "5.9.0", [TOKENS, SCOPES]);
  const fresh = async (): Promise<TestDatabase> => {
    const database = await server.createDatabase();
    await database.exec(createTables(server.dialect, "5.9.0"));
    await database.exec(PARENTS);
    return database;
  };
  const others: Record<Exclude<(typeof NAMES)[number], typeof OURS>, TestDatabase> = {
    [WITHOUT]: await fresh(),
    [JAVA]: await fresh(),
    [ANOTHER]: await fresh(),
    [TIMELESS]: await fresh(),
    [MARKLESS]: await fresh(),
  };
  try {
    await installJavaShape(lab, others[JAVA]);
    await installWithout(lab, others[TIMELESS], "time");
    await installWithout(lab, others[MARKLESS], "mark");
    return await work({ ...others, [OURS]: lab.source.test }, lab);
  } finally {
    await lab.close();
    for (const database of Object.values(others)) await database.drop();
  }
}

async function logins(
  server: TestServer,
  kind: string,
  blues: Blues,
  { rounds, scale }: ScenarioContext,
): Promise<readonly Measured[]> {
  const [rates, p99, cpu] = [createTally(), createTally(), createTally()];
  const writers = await Promise.all(NAMES.map((name) => openWriters(blues[name])));
  const each = NAMES.flatMap((name, n) => (writers[n] === undefined ? [] : [{ name, writers: writers[n] }]));
  for (const one of each) await one.writers.logIn({ forMs: WARM_UP_MS / scale });
  for (let turn = 0; turn < (rounds === 1 ? NAMES.length : TURNS); turn++) {
    for (const one of rotated(each, turn)) {
      const before = serverCpuSeconds(server);
      const { count, perSecond, p99Ms } = await one.writers.logIn({ forMs: (2 * TURN_MS) / (1 + scale) });
      rates.note(one.name, perSecond);
      p99.note(one.name, p99Ms);
      cpu.note(one.name, ((serverCpuSeconds(server) - before) * 1e6) / count);
    }
  }
  await Promise.all(writers.map((one) => one.close()));
  const ratio = (name: string, value: number, target?: Measured["target"]): Measured => ({
    name: `${kind}, ${name}`,
    value,
    unit: "ratio",
    ...(target === undefined ? {} : { target }),
  });
  return [
    ...NAMES.flatMap((name): Measured[] => [
      { name: `${kind}, ${name}`, value: median(rates.of(name)), unit: "tx/s" },
      { name: `${kind}, ${name}, p99`, value: median(p99.of(name)), unit: "ms" },
      { name: `${kind}, ${name}, server CPU`, value: median(cpu.of(name)), unit: "us/tx" },
    ]),
    ratio("ours / without triggers", ratioOf(rates, OURS, WITHOUT), { atLeast: 0.85 }),
    ratio("ours / Java client's shape", ratioOf(rates, OURS, JAVA), { atLeast: 1 - SPREAD }),
    ratio("two without triggers", ratioOf(rates, ANOTHER, WITHOUT)),
    ratio("server CPU, ours / without triggers", ratioOf(cpu, OURS, WITHOUT)),
    ratio("server CPU, ours / Java client's shape", ratioOf(cpu, OURS, JAVA)),
    ratio("ours / without the time of capture", ratioOf(rates, OURS, TIMELESS), { atLeast: 0.98 }),
    ratio("ours / without the mark", ratioOf(rates, OURS, MARKLESS), { atLeast: 0.98 }),
    ratio("server CPU, ours / without the time of capture", ratioOf(cpu, OURS, TIMELESS)),
    ratio("server CPU, ours / without the mark", ratioOf(cpu, OURS, MARKLESS)),
  ];
}

async function logouts(blues: Blues, lab: Lab, journalRows: number): Promise<readonly Measured[]> {
  const deletes = createTally();
  for (const database of [blues[OURS], blues[JAVA]]) await lengthenJournal(database, lab, journalRows);
  for (let turn = 0; turn < DELETE_TURNS; turn++)
    for (const name of [WITHOUT, OURS] as const)
      deletes.note(name, median(await timeDeletes(blues[name], DELETES.many)));
  // Last: what its triggers leave to be written to the disk would be a burden to the others.
  deletes.note(JAVA, median(await timeDeletes(blues[JAVA], DELETES.few)));
  return [
    ...deletes.names().map((name) => ({
      name: `DELETE of a token, ${name}`,
      value: median(deletes.of(name)),
      unit: "ms",
    })),
    {
      name: "DELETE of a token, ours / without triggers",
      value: ratioOf(deletes, OURS, WITHOUT),
      unit: "ratio",
      target: { atMost: 2 },
    },
  ];
}

async function lengthenJournal(database: TestDatabase, lab: Lab, rows: number): Promise<void> {
  const journal = lab.tables.find(({ name }) => name === SCOPES)?.names.journal ?? "";
  const isPostgres = database.settings.type === "postgres";
  await database.exec(
    `INSERT INTO ${journal} (TOKEN_ID, TOKEN_SCOPE, ACTION) SELECT ${isPostgres ? "md5(n::text)" : "md5(seq)"}, 'openid', 'INSERT' FROM ${isPostgres ? `generate_series(1, ${rows}) AS g(n)` : `seq_1_to_${rows}`}`,
  );
}

/** Milliseconds of single deletes of tokens that have scopes. */
async function timeDeletes(blue: TestDatabase, count: number): Promise<number[]> {
  const session = await blue.session();
  const ids = Array.from({ length: count }, () => randomUUID());
  for (const [n, id] of ids.entries()) await session.exec(tokenInserts(id, n));
  const times: number[] = [];
  for (const id of ids) {
    const started = performance.now();
    await session.exec(`DELETE FROM ${TOKENS} WHERE TOKEN_ID = '${id}'`);
    times.push(performance.now() - started);
  }
  await session.close();
  return times;
}
