import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { databaseObjects } from "../support/database-objects.ts";
import { describeDialects } from "../support/dialects.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { TRAFFIC_PARENTS } from "../support/traffic.ts";
import { migrateTo511 } from "../support/wso2-migration.ts";
import { createTables } from "../support/wso2-tables.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const LOGIN = `INSERT INTO ${TOKENS} (TOKEN_ID, ACCESS_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED)
  VALUES ('t1', 'at-1', 1, 'ann', -1234, 'PRIMARY', '2021-03-04 05:06:07', '2021-03-04 05:06:07')`;

describeDialects("Commands in the wrong order", (dialect) => {
  let pair: CliPair;
  let folder: string;
  let blue: TestDatabase;
  let green: TestDatabase;
  const syncTool = (...args: readonly string[]) => runCli(args, folder);

  beforeAll(async () => {
    pair = await openCliPair(dialect);
    ({ folder, blue, green } = pair);
    await blue.exec([...createTables(dialect.name, "5.7.0"), ...TRAFFIC_PARENTS]);
    await writeConfigFiles(folder, {
      source: blue,
      target: green,
      sourceVersion: "5.7.0",
      syncTables: [TOKENS, "IDN_OAUTH2_ACCESS_TOKEN_SCOPE"],
      properties: { syncInterval: "50" },
    });
  });
  afterAll(() => pair.close());

  test("before prepare, with an empty green, every command says to prepare first: a dump now would lose changes", async () => {
    for (const args of [["run", "--once"], ["drain"], ["verify"], ["purge", "--yes"]]) {
      const { code, stderr } = await syncTool(...args);
      expect(code).toBe(5);
      expect(stderr).toContain(
        "[PLAN_IMPOSSIBLE]\nnext: Run `sync-tool prepare` first, and begin the dump of the source when it has ended",
      );
    }
    const { code, stdout } = await syncTool("doctor");
    expect(code).toBe(6);
    expect(stdout).toMatch(/^FAIL +identity tables\.match: .*\n.*\n +mend: Run `sync-tool prepare` first/m);
    expect(stdout).toMatch(/^warn +identity source\.dump: .*: not now: capture is not complete for/m);
    // What is asked about the target's tables is asked about none.
    expect(stdout).toMatch(/^unknown identity target\.grants-run: /m);
    expect(stdout).toMatch(/^ok +identity source\.grants-run: /m);
    expect(stdout).not.toContain("disk: free disk space");
  });

  test("prepare before the restore says that it is needed again after it", async () => {
    const { code, stdout } = await syncTool("prepare");
    expect(code).toBe(0);
    expect(stdout).toBe(
      "identity: capture is at work on the source. Begin the dump now, restore it as the target, and give `sync-tool prepare` again right after the restore\n",
    );
  });

  test("run before the restore asks for the restore", async () => {
    const { code, stderr } = await syncTool("run", "--once");
    expect(code).toBe(5);
    expect(stderr).toContain(
      "[PLAN_IMPOSSIBLE]\nnext: Restore a dump of the source that began after `sync-tool prepare` had ended, then",
    );
  });

  test("doctor then tells that the dump may begin, and how large the journals are", async () => {
    const { stdout } = await syncTool("doctor");
    expect(stdout).toMatch(/^ok +identity source\.dump: .*: now, unless/m);
    expect(stdout).toMatch(/^ok +identity source\.journal-size: .*: \d+ MiB/m);
  });

  test("every command before the migration asks for it, and nothing is written", async () => {
    await green.exec([...createTables(dialect.name, "5.7.0"), ...TRAFFIC_PARENTS]);
    const purge = await syncTool("purge", "--yes");
    expect(purge.code).toBe(5);
    expect(purge.stderr).toMatch(
      /^error: Checkpoints on the target are missing: .*_sv.* \[NOT_PREPARED\]$/im,
    );
    expect(await syncTool("prepare")).toMatchObject({
      code: 0,
      stdout:
        "identity: source and target are prepared. Run WSO2's migration client on the target, to 5.11.0, then start `sync-tool run`\n",
    });
    // Nothing is pending: without a look at the target's columns the switch would be safe.
    const notMigrated = `${TOKENS}: the target's table is not migrated to 5.11.0, it has no column IDP_ID, TOKEN_BINDING_REF`;
    expect((await syncTool("status")).stdout).toContain(notMigrated);
    const drain = await syncTool("drain");
    expect(drain.code).toBe(5);
    expect(drain.stdout).toContain(`drained: no\n  - ${notMigrated}\n`);
    await blue.exec(LOGIN);
    for (const command of [["run", "--until-drained"], ["verify"]]) {
      const { code, stderr } = await syncTool(...command);
      expect(code).toBe(5);
      expect(stderr).toContain(
        `error: ${notMigrated} [TRANSFORM_UNAVAILABLE]\n` +
          "next: Run WSO2's migration client on the target, to 5.11.0, then give the command again\n",
      );
    }
    const { code, stderr, stdout } = await syncTool("doctor");
    expect(code).toBe(6);
    expect(stderr).toContain("1 of");
    expect(stdout).toMatch(/^FAIL +identity tables\.match: .*is not migrated to 5\.11\.0/m);
    expect(await green.query(`SELECT TOKEN_ID FROM ${TOKENS}`)).toEqual([]);
  });

  test("after the migration the same run goes on, with the identity provider of the row's tenant", async () => {
    await green.exec(migrateTo511(dialect.name, "5.7.0"));
    expect(await syncTool("run", "--until-drained")).toMatchObject({ code: 0 });
    const rows = await green.query(`SELECT TOKEN_ID, IDP_ID FROM ${TOKENS}`);
    expect(rows.map(({ TOKEN_ID, IDP_ID }) => `${TOKEN_ID} ${IDP_ID}`)).toEqual(["t1 1"]);
  });

  test("prepare with source and target swapped is refused before it installs anything", async () => {
    const before = await databaseObjects(green);
    const { code, stderr } = await syncTool(
      "prepare",
      "-D",
      "identitySchema=jdbc/GreenIdentityDB,jdbc/BlueIdentityDB",
    );
    expect(code).toBe(5);
    expect(stderr).toMatch(
      /swapped: the journal .*_s on the target was made there.*\[SIDES_SWAPPED\]\nnext: .*identitySchema/i,
    );
    expect(await databaseObjects(green)).toEqual(before);
    expect(await syncTool("run", "--until-drained")).toMatchObject({ code: 0 });
    expect(await syncTool("cleanup", "--yes")).toMatchObject({ code: 0 });
  });

  test("a green with the tables of 5.9.0 is known by a column that no row needs", async () => {
    const later = await openCliPair(dialect);
    const laterTool = (...args: readonly string[]) => runCli(args, later.folder);
    try {
      for (const database of [later.blue, later.green])
        await database.exec([...createTables(dialect.name, "5.9.0"), ...TRAFFIC_PARENTS]);
      await writeConfigFiles(later.folder, {
        source: later.blue,
        target: later.green,
        sourceVersion: "5.9.0",
        syncTables: [TOKENS],
      });
      await laterTool("prepare");
      const { code, stdout } = await laterTool("drain");
      expect(code).toBe(5);
      expect(stdout).toContain("is not migrated to 5.11.0, it has no column TOKEN_BINDING_REF\n");
      await later.green.exec(migrateTo511(dialect.name, "5.9.0"));
      expect(await laterTool("drain")).toMatchObject({ code: 0, stdout: "drained: yes\n" });
    } finally {
      await later.close();
    }
  });
});
