import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { copyRows } from "../support/copy-rows.ts";
import { createUser, dropUser, enteredBy, userName } from "../support/database-users.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDialectName } from "../support/env.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { runScript } from "../support/sql-client.ts";
import { runTraffic, TRAFFIC_PARENTS } from "../support/traffic.ts";
import { migrateTo511 } from "../support/wso2-migration.ts";
import { WSO2_TABLES } from "../support/wso2-shapes.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLES = ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_ACCESS_TOKEN_SCOPE", "IDN_IDENTITY_USER_DATA"];

/** The catalogue hides tables without a grant, which look like those that are still to be restored. */
const HIDDEN = { code: 0, stderr: expect.stringContaining("the target does not have it yet") };
/** What comes of a user who may log in to the target, if that, and do nothing there. */
const TOLD: Readonly<Partial<Record<TestDialectName, object>>> = {
  postgres: { code: 5, stderr: expect.stringContaining("[GRANT_MISSING]\nnext: ") },
  mysql: {
    code: 4,
    stderr: expect.stringContaining("[DATABASE_UNREACHABLE]\nnext: Grant the user of"),
  },
  mssql: HIDDEN,
  oracle: HIDDEN,
};

describeDialects("A user with the grants of the scripts and no other right", (dialect) => {
  let pair: CliPair;
  let folder: string;
  let blue: TestDatabase;
  let green: TestDatabase;
  const asUser = (database: TestDatabase): TestDatabase => enteredBy(userName("run", database), database);
  const configure = (source: TestDatabase, target: TestDatabase) =>
    writeConfigFiles(folder, { source, target, sourceVersion: "5.7.0", syncTables: TABLES });
  const script = (name: string) => join(folder, "dbscripts/sync-tool", `identity_${name}.sql`);
  const syncTool = (...args: readonly string[]) => runCli(args, folder);

  beforeAll(async () => {
    pair = await openCliPair(dialect);
    ({ folder, blue, green } = pair);
    for (const database of [blue, green]) await createUser(userName("run", database), [database]);
    await blue.exec([...createTables(dialect.name, "5.7.0"), ...TRAFFIC_PARENTS]);
    await green.exec(createTables(dialect.name, "5.7.0"));
    await copyRows(blue, green, WSO2_TABLES);
    await green.exec(migrateTo511(dialect.name, "5.7.0"));
  });
  afterAll(async () => {
    for (const database of [blue, green]) await dropUser(userName("run", database), [database]);
    await pair.close();
  });

  test("is told, before it has them, that the target is not prepared", async () => {
    await configure(blue, asUser(green));
    const { code, stderr } = await syncTool("prepare");
    expect({ code, stderr }).toEqual(TOLD[dialect.name] ?? TOLD.mysql);
  });

  test("finds all that it needs in scripts that were written before the restore", async () => {
    const early = await openCliPair(dialect);
    try {
      await early.blue.exec(createTables(dialect.name, "5.7.0"));
      await writeConfigFiles(early.folder, {
        ...{ source: early.blue, target: early.green, sourceVersion: "5.7.0", syncTables: TABLES },
      });
      expect((await runCli(["prepare", "--generate-ddl"], early.folder)).code).toBe(0);
      const path = (name: string) => join(early.folder, "dbscripts/sync-tool", `identity_${name}.sql`);
      expect(await readFile(path("target_grants"), "utf8")).toMatch(/GRANT SELECT ON .?IDP\b/i);
      await early.green.exec(createTables(dialect.name, "5.11.0"));
      expect((await runScript(early.blue, path("source"))).code).toBe(0);
      expect((await runScript(early.green, path("target"))).code).toBe(0);
      const { stdout } = await runCli(["doctor", "--json"], early.folder);
      expect(stdout).toMatch(/"target\.checkpoints"[^}]*"status": ?"ok"/);
    } finally {
      await early.close();
    }
  });

  test("runs, tells the status and purges", async () => {
    // The owner makes the scripts; the grants are for the user of the run.
    await configure(blue, green);
    expect((await syncTool("prepare", "--generate-ddl")).code).toBe(0);
    for (const [database, side] of [
      [blue, "source"],
      [green, "target"],
    ] as const) {
      expect((await runScript(database, script(side))).code).toBe(0);
      const text = await readFile(script(`${side}_grants`), "utf8");
      await writeFile(
        script(`${side}_grants`),
        text.replaceAll(database.settings.user, userName("run", database)),
      );
      expect(await runScript(database, script(`${side}_grants`), database.adminSettings)).toEqual({
        code: 0,
        output: "",
      });
    }
    await configure(asUser(blue), asUser(green));
    await runTraffic(blue, { transactions: 20 });
    const run = await syncTool("run", "--until-drained");
    expect(run.code).toBe(0);
    for (const table of TABLES) {
      const count = `SELECT COUNT(*) AS N FROM ${table}`;
      expect(await green.query(count)).toEqual(await blue.query(count));
    }
    expect(await green.query("SELECT 1 AS X FROM IDN_OAUTH2_ACCESS_TOKEN WHERE IDP_ID < 1")).toEqual([]);
    const status = await syncTool("status", "--json");
    expect(JSON.parse(status.stdout)).toMatchObject({ safeToSwitch: true });
    expect((await syncTool("purge", "--yes")).code).toBe(0);
  });
});
