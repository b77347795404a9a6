/**
 * Benchmarks on real servers: `npm run bench`, `npm run bench -- --quick --only drain,latency --json results.json`.
 * Figures drift with the machine; the ratios, measured turn by turn in one run, are what counts.
 */

import { writeFile } from "node:fs/promises";
import { cpus, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { findMariadb, startMariadb } from "../support/servers/mariadb.ts";
import { findMysql, startMysql } from "../support/servers/mysql.ts";
import { startPostgres } from "../support/servers/postgres.ts";
import type { TestServer } from "../support/servers/test-server.ts";
import { SCENARIOS } from "./scenarios.ts";
import { keeps, type Measured } from "./stats.ts";

const { values: flags } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    servers: { type: "string", default: "postgres,mariadb" },
    json: { type: "string" },
  },
});

interface Starter {
  readonly asTested: () => Promise<TestServer>;
  readonly durable: () => Promise<TestServer>;
}

/**
 * The tests make do with 64 or 128 MB for both databases and with a small redo log: tables of this size would be read from
 * the disk, and written to it, over and over.
 */
const POSTGRES_ROOM = { shared_buffers: "4GB", max_wal_size: "16GB" };
const BUFFER_POOL = "--innodb-buffer-pool-size=1G";
const ROOM = [BUFFER_POOL, "--innodb-log-file-size=512M"];
const FINDERS: Readonly<Record<string, () => unknown>> = { mariadb: findMariadb, mysql: findMysql };

/** The tests' servers do not wait for the disk; durable ones have these settings at the servers' own defaults. */
const STARTERS: Readonly<Record<string, Starter>> = {
  postgres: {
    asTested: () => startPostgres({ settings: POSTGRES_ROOM }),
    durable: () => startPostgres({ settings: { ...POSTGRES_ROOM, fsync: "on", full_page_writes: "on" } }),
  },
  mariadb: {
    asTested: () => startMariadb({ args: ROOM }),
    durable: () => startMariadb({ args: [...ROOM, "--innodb-flush-log-at-trx-commit=1"] }),
  },
  // For scenarios that use nothing of MariaDB's own.
  mysql: {
    asTested: () => startMysql({ args: [BUFFER_POOL] }),
    durable: () => startMysql({ args: [BUFFER_POOL, "--innodb-flush-log-at-trx-commit=1"] }),
  },
};

interface Result extends Measured {
  readonly server: string;
  readonly scenario: string;
}

const results: Result[] = [];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

for (const name of flags.servers.split(",")) {
  const start = STARTERS[name];
  if (start === undefined || (name in FINDERS && FINDERS[name]?.() === undefined)) {
    say(`${name}: no such server here`);
    continue;
  }
  const server = await start.asTested();
  const stop = (): void => void server.stop().finally(() => process.exit(130));
  process.once("SIGINT", stop);
  try {
    say(`\n${name} ${server.version}`);
    for (const scenario of SCENARIOS) {
      if (scenario.once === true && results.some((result) => result.scenario === scenario.name)) continue;
      const isWanted = flags.only?.split(",").includes(scenario.name) ?? scenario.onDemand !== true;
      if (!isWanted) continue;
      const started = performance.now();
      const figures = await scenario.run({
        server,
        startDurable: start.durable,
        rounds: flags.quick ? 1 : 3,
        scale: flags.quick ? 10 : 1,
      });
      say(`  ${scenario.name} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
      for (const figure of figures) {
        results.push({ server: `${name} ${server.version}`, scenario: scenario.name, ...figure });
        say(`    ${line(figure)}`);
      }
    }
  } finally {
    process.off("SIGINT", stop);
    await server.stop();
  }
}

if (flags.json !== undefined) {
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    date: new Date().toISOString(),
  };
  await writeFile(flags.json, `${JSON.stringify({ machine, quick: flags.quick, results }, undefined, 2)}\n`);
}

function line(figure: Measured): string {
  const { name, value, unit, target } = figure;
  const shown = Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
  const wanted =
    target === undefined
      ? ""
      : target.atLeast === undefined
        ? `at most ${target.atMost}`
        : `at least ${target.atLeast}`;
  const verdict = keeps(figure) === undefined ? "" : `   ${wanted}: ${keeps(figure) ? "kept" : "MISSED"}`;
  return `${name.padEnd(46)} ${shown.padStart(10)} ${unit}${verdict}`;
}
