import { type Lab, openLab, SCOPES, TOKENS } from "../lab.ts";
import { openWriters, type Writers } from "../login.ts";
import type { Scenario } from "../scenario.ts";
import { createTally, type Measured, median, ratioOf, rotated, seconds } from "../stats.ts";
import { fill, inserts } from "../token-data.ts";
import { rowsInMemory, writeAllAtTheLimit } from "../yardsticks.ts";

/** Tokens that the target has, with the scopes of each. */
const THERE = 1_000_000;
const SCOPES_EACH = 2;
/** Tokens that are caught up with, with their scopes. */
const PENDING = 20_000;
const LOGINS_PER_SECOND = 150;

/**
 * A backlog into tables of a site's size while users log in on the same machine: against rows in memory on one connection, at
 * the same size beside the same logins.
 */
export const site: Scenario = {
  name: "site",
  onDemand: true,
  async run({ server, rounds, scale }) {
    const lab = await openLab(server, "5.9.0", [TOKENS, SCOPES]);
    const writers = await openWriters(lab.source.test);
    try {
      await fillTarget(lab, THERE / scale);
      await fill(lab.source.test, { tokens: PENDING / scale, scopesEach: SCOPES_EACH }, false);
      const inMemory = await Promise.all(lab.tables.map((table) => rowsInMemory(lab, table)));
      const rows = inMemory.reduce((sum, { length }) => sum + length, 0);
      const drain = (batchSize: number, parallelism = 1) =>
        lab.drain({ batchSize, parallelism, until: "stopped", atMost: rows });
      const turns = [
        { name: "limit", turn: async () => void (await writeAllAtTheLimit(lab, inMemory)) },
        { name: "batchSize 100", turn: () => drain(100) },
        { name: "batchSize 1000", turn: () => drain(1_000) },
        { name: "batchSize 100, 4 lanes", turn: () => drain(100, 4) },
      ];
      const [rates, logins] = [createTally(), createTally()];
      for (let round = 0; round < rounds; round++)
        for (const { name, turn } of rotated(turns, round)) {
          await takeBack(lab);
          const [took, p50Ms] = await besideLogins(writers, turn);
          rates.note(name, rows / took);
          logins.note(name, p50Ms);
        }
      await takeBack(lab);
      const [, p50Ms] = await besideLogins(writers, () => new Promise((done) => setTimeout(done, 5_000)));
      const over = (name: string): Measured => ({
        name: `${name} / limit`,
        value: ratioOf(rates, name, "limit"),
        unit: "ratio",
      });
      return [
        ...rates.names().map((name): Measured => ({ name, value: median(rates.of(name)), unit: "rows/s" })),
        ...turns.slice(1).map(({ name }) => over(name)),
        { name: "p50 of a login, nothing else at work", value: p50Ms, unit: "ms" },
        ...logins.names().map(
          (name): Measured => ({
            name: `the same beside: ${name}`,
            value: median(logins.of(name)),
            unit: "ms",
          }),
        ),
      ];
    } finally {
      await writers.close();
      await lab.close();
    }
  },
};

/** Tokens and scopes that no journal of the source tells of. */
async function fillTarget({ target: { test } }: Lab, tokens: number): Promise<void> {
  const { type } = test.settings;
  await test.exec(inserts(type, { tokens, scopesEach: SCOPES_EACH }, true));
  if (type === "postgres") await test.exec(`VACUUM ANALYZE ${TOKENS}, ${SCOPES}`);
}

/** Undoes a turn: what the site had stays. */
async function takeBack(lab: Lab): Promise<void> {
  const { test } = lab.target;
  await test.exec(`DELETE FROM ${TOKENS} WHERE AUTHZ_USER NOT LIKE 'there%'`);
  if (test.settings.type === "postgres") await test.exec(`VACUUM ${TOKENS}, ${SCOPES}`);
  await lab.rewind();
}

async function besideLogins(writers: Writers, work: () => Promise<void>): Promise<[number, number]> {
  const stop = new AbortController();
  const logins = writers.logIn({ perSecond: LOGINS_PER_SECOND, signal: stop.signal });
  try {
    const took = await seconds(work);
    stop.abort();
    return [took, (await logins).p50Ms];
  } finally {
    stop.abort();
    await logins;
  }
}
