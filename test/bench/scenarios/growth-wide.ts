import { askForRetry, listDeadLetters } from "../../../src/apply/dead-letter.ts";
import { deadLettersName } from "../../../src/contract/object-names.ts";
import { changeDigest } from "../../../src/journal/digest.ts";
import { changeDecoder } from "../../../src/journal/read-changes.ts";
import { fillTokenJournal } from "../fill-journal.ts";
import { type Lab, openLab, TOKENS } from "../lab.ts";
import type { Scenario, ScenarioContext } from "../scenario.ts";
import { createTally, type Measured, median, ratioOf, rotated, seconds } from "../stats.ts";
import { fill } from "../token-data.ts";

const PENDING = 5_000_000;
/** Changes applied in each turn. */
const SAMPLE = 10_000;
const GROUPS = { few: 25, many: 100 };
const ROWS_EACH = 200;
const LETTERS = { few: 100, many: 1_000 };
const GOOD_ROWS = 20_000;
const LANES = { few: 8, many: 32 };
const LANE_TOKENS = 30_000;
/** What is twice as much may take twice as long, and a tenth more by chance. */
const LINEAR = { atMost: 1.1 };

/** Whether anything costs more than its share as it grows: the backlog, groups of tables, dead letters, lanes. */
export const growthWide: Scenario = {
  name: "growth-wide",
  onDemand: true,
  async run(context) {
    return [
      ...(await tenths(context)),
      ...(await groups(context)),
      ...(await letters(context)),
      ...(await lanes(context)),
    ];
  },
};

async function tenths({ server, rounds, scale }: ScenarioContext): Promise<readonly Measured[]> {
  const [pending, sample] = [PENDING / scale, SAMPLE / scale];
  const lab = await openLab(server, "5.11.0", [TOKENS]);
  try {
    await fillTokenJournal(lab, pending);
    const rates = createTally();
    const turns = [
      ["first tenth", 0],
      ["last tenth", Math.floor(pending * 0.9)],
    ] as const;
    // The first turn warms up.
    for (let round = -1; round < rounds * 2; round++)
      for (const [name, from] of rotated(turns, Math.max(0, round))) {
        await lab.reset();
        await goTo(lab, from);
        const took = await seconds(() => lab.drain({ batchSize: 1_000, atMost: sample }));
        if (round >= 0) rates.note(name, sample / took);
      }
    return [
      ...rates.names().map(
        (name): Measured => ({
          name: `${name} of ${pending}`,
          value: median(rates.of(name)),
          unit: "rows/s",
        }),
      ),
      {
        name: "last tenth / first",
        value: ratioOf(rates, "last tenth", "first tenth"),
        unit: "ratio",
        target: { atLeast: 0.95 },
      },
    ];
  } finally {
    await lab.close();
  }
}

/** Sets a checkpoint as a run that came so far would have left it. */
async function goTo({ source, target, tables }: Lab, position: number): Promise<void> {
  const [table] = tables;
  if (table === undefined || position === 0) return;
  const { sql, params } = source.dialect.sql.readChanges(table, BigInt(position), 1);
  const [row] = await source.db.query(sql, params);
  if (row === undefined) throw new Error(`no change at ${position}`);
  const digest = changeDigest(changeDecoder(source, table)(row));
  await target.test.exec(
    `UPDATE ${table.targetNames.checkpoint} SET SYNC_ID = ${position}, DIGEST = '${digest}'`,
  );
}

async function groups({ server, rounds }: ScenarioContext): Promise<readonly Measured[]> {
  const times = createTally();
  for (const [size, count] of Object.entries(GROUPS)) {
    const names = Array.from({ length: count }, (_, n) => `W${n}`);
    const lab = await openLab(server, "5.11.0", names, names.map(ownTable));
    try {
      for (let round = -1; round < rounds; round++) {
        for (const name of names) await lab.source.test.exec(rowsInto(name, ROWS_EACH, `r${round}`));
        const took = await seconds(() => lab.drain());
        if (round >= 0) times.note(size, (took * 1000) / count);
      }
    } finally {
      await lab.close();
    }
  }
  return perOne(times, GROUPS, "groups of one table", "each with 200 rows");
}

const ownTable = (name: string): string =>
  `CREATE TABLE ${name} (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(20))`;
const rowsInto = (name: string, rows: number, prefix: string, value = "x"): string =>
  `INSERT INTO ${name} (ID, N) VALUES ${Array.from({ length: rows }, (_, n) => `('${prefix}-${n}', '${value}')`).join(", ")}`;

async function letters({ server, rounds, scale }: ScenarioContext): Promise<readonly Measured[]> {
  const [times, retries, rates] = [createTally(), createTally(), createTally()];
  const good = GOOD_ROWS / scale;
  for (let round = -1; round < rounds; round++)
    for (const [size, count] of rotated(Object.entries({ none: 0, ...LETTERS }), Math.max(0, round))) {
      const lab = await openLab(server, "5.11.0", ["W"], [ownTable("W")]);
      try {
        await lab.target.test.exec("ALTER TABLE W ADD CONSTRAINT W_REFUSES CHECK (N <> 'poison')");
        if (count > 0) await lab.source.test.exec(rowsInto("W", count, "p", "poison"));
        const refused = await seconds(() => lab.drain());
        await lab.source.test.exec(rowsInto("W", good, "g"));
        const after = await seconds(() => lab.drain());
        const retried = count === 0 ? 0 : await seconds(() => retryAll(lab, count));
        if (round < 0) continue;
        rates.note(size, good / after);
        if (count === 0) continue;
        times.note(size, (refused * 1000) / count);
        retries.note(size, (retried * 1000) / count);
      } finally {
        await lab.close();
      }
    }
  return [
    ...perOne(times, LETTERS, "dead letters", "setting aside"),
    ...perOne(retries, LETTERS, "dead letters", "trying again, once mended"),
    {
      name: `good rows beside ${LETTERS.many} letters / none`,
      value: ratioOf(rates, "many", "none"),
      unit: "ratio",
    },
  ];
}

/** Mends the cause and has a run try all of them again, until none is left. */
async function retryAll({ target, tables, drain }: Lab, count: number): Promise<void> {
  const store = { dialect: target.dialect, name: deadLettersName(tables[0]?.target.name ?? "") };
  const all = await listDeadLetters(target.db, store);
  if (all.length !== count) throw new Error(`${all.length} letters`);
  await target.test.exec("ALTER TABLE W DROP CONSTRAINT W_REFUSES");
  await askForRetry(target.db, store, all);
  while ((await listDeadLetters(target.db, store)).length > 0) await drain();
}

async function lanes({ server, rounds, scale }: ScenarioContext): Promise<readonly Measured[]> {
  const times = createTally();
  const lab = await openLab(server, "5.11.0", [TOKENS]);
  const tokens = LANE_TOKENS / scale;
  try {
    await fill(lab.source.test, { tokens }, true);
    for (let round = -1; round < rounds; round++)
      for (const [size, parallelism] of rotated(Object.entries(LANES), Math.max(0, round))) {
        await lab.reset();
        const took = await seconds(() => lab.drain({ parallelism }));
        if (round >= 0) times.note(size, took);
      }
  } finally {
    await lab.close();
  }
  return [
    ...Object.entries(LANES).map(
      ([size, count]): Measured => ({
        name: `tokens by ${count} lanes`,
        value: tokens / median(times.of(size)),
        unit: "rows/s",
      }),
    ),
    {
      name: `seconds by ${LANES.many} lanes / by ${LANES.few}`,
      value: ratioOf(times, "many", "few"),
      unit: "ratio",
      target: LINEAR,
    },
  ];
}

/** Milliseconds for one of them, among few and among many. */
function perOne(
  times: ReturnType<typeof createTally>,
  counts: { readonly few: number; readonly many: number },
  what: string,
  doing: string,
): readonly Measured[] {
  return [
    ...Object.entries(counts).map(
      ([size, count]): Measured => ({
        name: `${count} ${what}, ${doing}`,
        value: median(times.of(size)),
        unit: "ms each",
      }),
    ),
    {
      name: `${what}, ${doing}: one of ${counts.many} / one of ${counts.few}`,
      value: ratioOf(times, "many", "few"),
      unit: "ratio",
      target: LINEAR,
    },
  ];
}
