import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { databaseObjects } from "../support/database-objects.ts";
import { describeDialects } from "../support/dialects.ts";

const SYNCED = ["IDN_OAUTH2_ACCESS_TOKEN", "IDN_OAUTH2_AUTHORIZATION_CODE"] as const;

describeDialects("A version that the tables contradict", (dialect) => {
  let pair: CliPair;
  beforeAll(async () => {
    pair = await openMigrationPair(dialect, ["IDN_OAUTH_CONSUMER_APPS", ...SYNCED]);
  });
  afterAll(() => pair.close());

  test("is refused by every command that reads rows or writes, and nothing is made", async () => {
    const before = [await databaseObjects(pair.blue), await databaseObjects(pair.green)];
    const wrong = ["-D", `syncTables=${SYNCED.join(",")}`, "-D", "sourceVersion=5.8.0"];
    for (const command of [
      ["prepare"],
      ["prepare", "--generate-ddl"],
      ["run", "--once"],
      ["status"],
      ["drain"],
      ["verify"],
      ["purge", "--yes"],
    ]) {
      const { code, stderr } = await runCli([...command, ...wrong], pair.folder);
      expect(stderr, command.join(" ")).toContain(
        "error: The tables contradict the configuration:\n" +
          "  - sourceVersion is 5.8.0, but the source is of 5.6.0 or 5.7.0: it lacks IDN_OAUTH2_ACCESS_TOKEN.IDP_ID, which came with 5.8.0; " +
          "it lacks IDN_OAUTH2_AUTHORIZATION_CODE.IDP_ID, which came with 5.8.0 [VERSION_CONTRADICTED]\n" +
          "next: Correct sourceVersion or targetVersion in sync.properties;",
      );
      expect(code).toBe(5);
    }
    const doctor = await runCli(["doctor", ...wrong], pair.folder);
    expect(doctor.code).toBe(6);
    expect(doctor.stdout).toMatch(
      /^FAIL +identity tables\.versions: .*sourceVersion and targetVersion: sourceVersion is 5\.8\.0, but the source is of 5\.6\.0 or 5\.7\.0/m,
    );
    expect([await databaseObjects(pair.blue), await databaseObjects(pair.green)]).toEqual(before);
  });

  test("is refused for the target too", async () => {
    const { code, stderr } = await runCli(["run", "--once", "-D", "targetVersion=5.9.0"], pair.folder);
    expect(stderr).toContain(
      "targetVersion is 5.9.0, but the target is of 5.10.0 or 5.11.0: it has IDN_OAUTH2_ACCESS_TOKEN.TOKEN_BINDING_REF",
    );
    expect(code).toBe(5);
  });

  test("is no reason against the removal of our objects", async () => {
    expect((await runCli(["prepare", "-D", `syncTables=${SYNCED.join(",")}`], pair.folder)).code).toBe(0);
    const cleanup = await runCli(
      ["cleanup", "--yes", "-D", `syncTables=${SYNCED.join(",")}`, "-D", "sourceVersion=5.8.0"],
      pair.folder,
    );
    expect(cleanup.stderr).not.toContain("error:");
    expect(cleanup.code).toBe(0);
  });
});
