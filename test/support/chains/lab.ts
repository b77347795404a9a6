/** One source and one target on which the lives of a runner are played, one after the other. */
import { askForRetry, type DeadLetter, listDeadLetters } from "../../../src/apply/dead-letter.ts";
import { deadLettersName } from "../../../src/contract/object-names.ts";
import { planTables } from "../../../src/contract/sync-plan.ts";
import { SyncError } from "../../../src/errors.ts";
import { purgeJournal } from "../../../src/journal/purge.ts";
import type { Row } from "../../../src/row.ts";
import { rowSources } from "../../../src/run/row-sources.ts";
import { runSync } from "../../../src/run/run-sync.ts";
import { findPurgeable } from "../../../src/status/purgeable.ts";
import { verify } from "../../../src/verify/verify.ts";
import { type BlueGreen, openBlueGreen, SILENT } from "../blue-green.ts";
import { copied } from "../copied.ts";
import type { TestDialect } from "../dialects.ts";
import { isMysqlLike } from "../wso2-tables.ts";
import { CRASH, failingDatabase } from "./failing-database.ts";
import { BEFORE, type Life } from "./lives.ts";
import { CHAIN_TABLES, chainTables, POISON, statements } from "./work.ts";

export interface ChainLab {
  readonly pair: BlueGreen;
  /** Plays the lives, mends on the source what the target refuses, and drains. */
  play(lives: readonly Life[]): Promise<void>;
  contents(side: "source" | "target"): Promise<Readonly<Record<string, readonly Row[]>>>;
  letters(): Promise<readonly DeadLetter[]>;
  /** Empties all tables, journals and checkpoints. */
  reset(): Promise<void>;
}

/** Youngest age at which holes are judged here: no writer is at work while a runner is. */
const HOLE_AGE_MS = 50;

const LAST = {
  until: "drained",
  batchSize: 100,
  parallelism: 1,
  conflictPolicy: "dead-letter",
  failure: undefined,
  copies: 0,
} as const;

export async function openChainLab(from: TestDialect, to = from): Promise<ChainLab> {
  const pair = await openBlueGreen({
    source: from,
    target: to,
    sourceVersion: "5.11.0",
    sourceSchema: chainTables(POISON.length),
    targetSchema: chainTables(POISON.length - 1),
    tables: CHAIN_TABLES,
    connections: 12,
  });
  await pair.prepare();
  const plan = await pair.plan();
  const tables = planTables(plan);
  const store = { dialect: pair.target.dialect, name: deadLettersName(tables[0]?.target.name ?? "") };
  const { capabilities } = pair.source.dialect;
  const source = {
    dialect: {
      ...pair.source.dialect,
      capabilities: { ...capabilities, minHoleAgeMs: Math.min(HOLE_AGE_MS, capabilities.minHoleAgeMs) },
    },
    db: pair.source.db,
  };
  const user = await pair.source.test.session();
  const letters = () => listDeadLetters(pair.target.db, store);
  const deadlock = (): Error =>
    Object.assign(new Error("deadlock"), isMysqlLike(to.name) ? { errno: 1213 } : { code: "40P01" });

  async function run({ failure, copies: _, ...life }: Omit<Life, "work" | "afterwards">): Promise<void> {
    try {
      await runSync({
        plan,
        source,
        target: {
          dialect: pair.target.dialect,
          db: failingDatabase(pair.target.db, failure, deadlock),
        },
        syncIntervalMs: 1,
        signal: new AbortController().signal,
        events: SILENT,
        rowsFor: rowSources(plan, pair),
        ...life,
      });
    } catch (error) {
      const isLetter = error instanceof SyncError && error.code === "DEAD_LETTERS_LEFT";
      if (error !== CRASH && !isLetter) throw error;
    }
  }

  async function work(texts: readonly string[]): Promise<void> {
    await user.exec("BEGIN");
    // What the source's own constraints refuse has not happened.
    await user.exec(texts).then(
      () => user.exec("COMMIT"),
      () => user.exec("ROLLBACK"),
    );
  }

  async function copyAll(pageSize: number, parallelism = 1): Promise<void> {
    await copied(pair, { source, pageSize, parallelism });
  }

  async function act(what: Life["afterwards"]): Promise<void> {
    if (what === "retry") await askForRetry(pair.target.db, store, await letters());
    if (what === "purge")
      for (const table of tables) {
        const purgeable = await findPurgeable(pair.target, tables, table);
        await purgeJournal(pair.source, table, purgeable?.upTo ?? 0n);
      }
    // Green is restored without these rows, say; parents that are kept have kept theirs.
    if (what === "lose and copy")
      await pair.target.test.exec(["C", "T"].map((table) => `DELETE FROM ${table}`));
    if (what === "copy" || what === "lose and copy") await copyAll(3, 2);
    if (what === "repair")
      await verify({
        plan,
        source: pair.source,
        target: pair.target,
        rowsFor: rowSources(plan, pair),
        patienceMs: 1,
        repair: { deleteExtra: true },
        signal: new AbortController().signal,
        onDifference: () => undefined,
      });
  }

  return {
    pair,
    letters,
    async play(lives) {
      let n = 0;
      await user.exec(BEFORE);
      await run(LAST);
      for (const { work: transactions, afterwards, ...life } of lives) {
        for (const transaction of transactions)
          await work(transaction.flatMap((one) => statements(one, ++n)));
        const copying = Array.from({ length: life.copies }, (_, turn) =>
          copyAll(1 + 3 * turn, life.parallelism),
        );
        await Promise.all([run(life), ...copying]);
        await act(afterwards);
      }
      for (const table of CHAIN_TABLES)
        await user.exec(`UPDATE ${table} SET N = 'mended' WHERE N = '${POISON}'`);
      // The first run's last retry may free what the letters of tables before it wait for.
      await run(LAST);
      await run(LAST);
      // Rows that a copy was refused while others were on their way.
      await copyAll(100);
    },
    async contents(side) {
      const contents: Record<string, readonly Row[]> = {};
      for (const table of CHAIN_TABLES) contents[table] = (await pair.rows(side, table)).map(byUpperName);
      return contents;
    },
    async reset() {
      for (const side of [pair.source, pair.target])
        await side.test.exec(["C", "B", "A", "T"].map((table) => `DELETE FROM ${table}`));
      await pair.source.test.exec(tables.map(({ names }) => `DELETE FROM ${names.journal}`));
      await pair.target.test.exec([
        `DELETE FROM ${store.name}`,
        ...tables.map(({ targetNames }) => `UPDATE ${targetNames.checkpoint} SET SYNC_ID = 0, DIGEST = ''`),
      ]);
    },
  };
}

/** Databases differ in the case of names that are not quoted. */
const byUpperName = (row: Row): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toUpperCase(), value]));
