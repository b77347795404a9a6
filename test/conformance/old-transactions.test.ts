import { afterAll, beforeAll, expect, test } from "vitest";
import type { CheckResult } from "../../src/doctor/check.ts";
import type { BlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import { examinePair, openFreshPair } from "../support/examine-pair.ts";
import { waitFor } from "../support/wait-for.ts";

const TABLES = ["IDN_IDENTITY_USER_DATA"];

interface Words {
  /** What lets a user see the transactions of others; as the administrator. */
  readonly mayLook: (user: string) => readonly string[];
  /** As a dump does: it sees the tables as they are now, for as long as it takes. */
  readonly begin: readonly string[];
  /** Whether transactions and tables are compared by the times of their beginning. */
  readonly hasTimes: boolean;
  /** How one of the list is told; those of other databases on the server may stand beside it. */
  readonly found: RegExp;
  /** Tells in the session itself what it is called in the list; absent: the list has only this database's. */
  readonly self?: string;
}

const MYSQL: Words = {
  mayLook: (user) => [`GRANT PROCESS ON *.* TO '${user}'@'%'`],
  begin: ["SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "BEGIN"],
  hasTimes: true,
  found: /^connection \d+, \d+ s$/,
  self: "SELECT CONNECTION_ID() AS N",
};

const WORDS: Readonly<Partial<Record<TestDialectName, Words>>> = {
  postgres: {
    // Sessions of other databases' users are on the same server.
    mayLook: (user) => [`GRANT pg_read_all_stats TO "${user}"`],
    begin: ["SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ", "BEGIN"],
    hasTimes: false,
    found: /^backend \d+ of \S+, \d+ s$/,
  },
  mssql: {
    // Rights on the server are given in master only ("GRANT server permissions").
    mayLook: (user) => ["USE master", `GRANT VIEW SERVER STATE TO [${user}]`],
    begin: ["SET TRANSACTION ISOLATION LEVEL SNAPSHOT", "BEGIN"],
    hasTimes: true,
    found: /^session \d+ of \S+, \d+ s$/,
  },
  oracle: {
    mayLook: () => [],
    // Its catalogue shows only transactions that write.
    begin: [
      "BEGIN",
      "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (1, 'pickup-dispatch', -1234)",
    ],
    hasTimes: true,
    found: /^one of \S+, \d+ s$/,
  },
};

/** To the second, as the catalogues of MySQL and Oracle tell when a table was made. */
const CLOCK: Readonly<Partial<Record<TestDialectName, string>>> = {
  oracle: "SELECT TO_CHAR(SYSDATE, 'YYYY-MM-DD HH24:MI:SS') AS T FROM DUAL",
};

describeDialects("A transaction on blue that is older than capture", (dialect) => {
  let pair: BlueGreen;

  beforeAll(async () => {
    pair = await openFreshPair(dialect, TABLES);
  });
  afterAll(() => pair.close());

  async function examined(): Promise<CheckResult | undefined> {
    const results = await examinePair(pair.source.test, pair.target.test, TABLES);
    return results.find(({ id }) => id === "source.old-transactions");
  }

  /** What is listed: of everybody, or of the connection alone where the list has transactions of the whole server. */
  async function listed(self: string | undefined): Promise<readonly string[]> {
    const found = (await examined())?.found ?? "not asked";
    const all = found === "none" ? [] : found.split("; ");
    return self === undefined ? all : all.filter((one) => one.startsWith(`connection ${self},`));
  }

  test("is warned of by doctor until it has ended", async () => {
    const words = WORDS[dialect.name] ?? MYSQL;
    const admin = await pair.source.test.session({ admin: true });
    await admin.exec(words.mayLook(pair.source.test.settings.user));
    await admin.close();
    const dump = await pair.source.test.session();
    await dump.exec(words.begin);
    await dump.query("SELECT COUNT(*) AS n FROM IDP");
    const clock = CLOCK[dialect.name] ?? "SELECT CURRENT_TIMESTAMP AS T";
    const now = async (): Promise<unknown> => (await dump.query(clock))[0]?.["T"];
    const began = await now();
    if (words.hasTimes) await waitFor(async () => (await now()) !== began, { what: "the clock to go on" });
    await pair.prepare();
    const self = words.self === undefined ? undefined : String((await dump.query(words.self))[0]?.["N"]);
    expect((await examined())?.status).toBe("warn");
    expect(await listed(self)).toEqual([expect.stringMatching(words.found)]);
    await dump.exec("COMMIT");
    await dump.close();
    expect(await listed(self)).toEqual([]);
    if (self === undefined) expect((await examined())?.status).toBe("ok");
  });
});
