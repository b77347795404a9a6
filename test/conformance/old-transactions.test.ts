import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { CheckResult } from "../../src/doctor/check.ts";
import { examine } from "../../src/doctor/doctor.ts";
import { openDoctor } from "../../src/doctor/doctor-context.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitFor } from "../support/wait-for.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLES = ["IDN_IDENTITY_USER_DATA"];

describeDialects("A transaction on blue that is older than capture", (dialect) => {
  let pair: BlueGreen;
  const isPostgres = dialect.name === "postgres";

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
    if (!isPostgres) {
      const admin = await pair.source.test.session({ admin: true });
      // Whoever may see other users' transactions.
      await admin.exec(`GRANT PROCESS ON *.* TO '${pair.source.test.settings.user}'@'%'`);
      await admin.close();
    }
    // As a dump does: it sees the tables as they are now, for as long as it takes.
    const dump = await pair.source.test.session();
    await dump.exec([
      `SET SESSION ${isPostgres ? "CHARACTERISTICS AS " : ""}TRANSACTION ISOLATION LEVEL REPEATABLE READ`,
      "BEGIN",
    ]);
    await dump.query("SELECT COUNT(*) AS n FROM IDP");
    // MySQL's catalogue tells when a table was made to the second only: let the next one begin.
    const now = async (): Promise<unknown> => (await dump.query("SELECT CURRENT_TIMESTAMP AS T"))[0]?.["T"];
    const began = await now();
    if (!isPostgres) await waitFor(async () => (await now()) !== began, { what: "the next second" });
    await pair.prepare();
    expect(await examined()).toMatchObject({
      status: "warn",
      found: expect.stringMatching(isPostgres ? /^backend \d+ of \S+, \d+ s$/ : /^connection \d+, \d+ s$/),
    });
    await dump.exec("COMMIT");
    await dump.close();
    expect(await examined()).toMatchObject({ status: "ok", found: "none" });
  });
});
