import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { CheckResult } from "../../src/doctor/check.ts";
import { examine } from "../../src/doctor/doctor.ts";
import { openDoctor } from "../../src/doctor/doctor-context.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLES = ["IDN_IDENTITY_USER_DATA"];

interface Words {
  /** What lets a user see the transactions of others; as the administrator. */
  readonly mayLook: (user: string) => readonly string[];
  readonly isolation: string;
  /** Whether transactions and tables are compared by the times of their beginning. */
  readonly hasTimes: boolean;
  readonly found: RegExp;
}

const MYSQL: Words = {
  mayLook: (user) => [`GRANT PROCESS ON *.* TO '${user}'@'%'`],
  isolation: "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
  hasTimes: true,
  found: /^connection \d+, \d+ s$/,
};

const WORDS: Readonly<Partial<Record<TestDialectName, Words>>> = {
  postgres: {
    mayLook: () => [],
    isolation: "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    hasTimes: false,
    found: /^backend \d+ of \S+, \d+ s$/,
  },
  mssql: {
    // Rights on the server are given in master only ("GRANT server permissions").
    mayLook: (user) => ["USE master", `GRANT VIEW SERVER STATE TO [${user}]`],
    isolation: "SET TRANSACTION ISOLATION LEVEL SNAPSHOT",
    hasTimes: true,
    found: /^session \d+ of \S+, \d+ s$/,
  },
};

describeDialects("A transaction on blue that is older than capture", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: createTables(dialect.name, "5.11.0"),
      targetSchema: createTables(dialect.name, "5.11.0"),
      tables: TABLES,
    });
  });
  afterAll(() => pair.close());

  async function examined(): Promise<CheckResult | undefined> {
    const context = openDoctor({
      schema: "identity",
      sourceVersion: "5.11.0",
      targetVersion: "5.11.0",
      tables: TABLES,
      source: pair.source.test.settings as ConnectionSettings,
      target: pair.target.test.settings as ConnectionSettings,
    });
    try {
      return (await examine(context)).find(({ id }) => id === "source.old-transactions");
    } finally {
      await context.close();
    }
  }

  test("is warned of by doctor until it has ended", async () => {
    const words = WORDS[dialect.name] ?? MYSQL;
    const admin = await pair.source.test.session({ admin: true });
    await admin.exec(words.mayLook(pair.source.test.settings.user));
    await admin.close();
    // As a dump does: it sees the tables as they are now, for as long as it takes.
    const dump = await pair.source.test.session();
    await dump.exec([words.isolation, "BEGIN"]);
    await dump.query("SELECT COUNT(*) AS n FROM IDP");
    // MySQL's catalogue tells when a table was made to the second only: let the next one begin.
    const now = async (): Promise<unknown> => (await dump.query("SELECT CURRENT_TIMESTAMP AS T"))[0]?.["T"];
    const began = await now();
    if (words.hasTimes) await waitFor(async () => (await now()) !== began, { what: "the clock to go on" });
    await pair.prepare();
    expect(await examined()).toMatchObject({
      status: "warn",
      found: expect.stringMatching(words.found),
    });
    await dump.exec("COMMIT");
    await dump.close();
    expect(await examined()).toMatchObject({ status: "ok", found: "none" });
  });
});
