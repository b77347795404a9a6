import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli, startCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { describeDialects } from "../support/dialects.ts";
import { waitFor } from "../support/wait-for.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const put = (name: string) =>
  `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (-1234, '${name}', 'k', 'v')`;

describeDialects("Capture that is broken for a while", (dialect) => {
  const drop = `DROP TRIGGER ${TABLE}_IT${dialect.name === "postgres" ? ` ON ${TABLE}` : ""}`;
  let pair: CliPair;
  const syncTool = async (...args: readonly string[]) => await runCli(args, pair.folder);

  beforeAll(async () => {
    pair = await openMigrationPair(dialect, [TABLE]);
    expect((await syncTool("prepare")).code).toBe(0);
  });
  afterAll(() => pair?.close());

  test("ends a run with 7 and has drain say no, until prepare has mended it and verify finds all rows", async () => {
    const runner = startCli(["run"], pair.folder);
    await waitFor(() => runner.output().stderr.includes("No data to sync"), { what: "the run to be idle" });
    await pair.blue.exec([drop, put("lost")]);
    const { code, stderr } = await runner.ended;
    expect(code).toBe(7);
    expect(stderr).toMatch(
      /error: Capture on the source is no longer .*trigger \S+_it is missing.*\[CAPTURE_LOST\]/is,
    );
    expect(stderr).toMatch(
      /^next: Give `sync-tool prepare`, then `sync-tool run` again, then `sync-tool verify`/m,
    );

    const mended = await syncTool("prepare");
    expect(mended).toMatchObject({ code: 0, stderr: expect.stringMatching(/changes may be missing since/) });
    expect((await syncTool("run", "--once")).code).toBe(0);
    const no = await syncTool("drain", "--json");
    expect(no.code).not.toBe(0);
    expect(JSON.parse(no.stdout).reasons).toMatchObject([{ kind: "gap" }]);
    expect((await syncTool("verify")).code).toBe(6);
    expect((await syncTool("drain")).code).not.toBe(0);
    expect((await syncTool("verify", "--repair")).code).toBe(0);
    expect(await pair.green.query(`SELECT USER_NAME FROM ${TABLE}`)).toEqual([{ USER_NAME: "lost" }]);
    expect((await syncTool("drain")).code).toBe(0);
  });

  test("is given up by the operator, who knows better", async () => {
    await pair.blue.exec(drop);
    expect((await syncTool("prepare")).code).toBe(0);
    expect((await syncTool("drain")).code).not.toBe(0);
    expect((await syncTool("prepare", "--accept-gap")).code).toBe(0);
    expect((await syncTool("drain")).code).toBe(0);
  });

  test("is prevented where two commands would change capture at a time", async () => {
    await pair.blue.exec(drop);
    const both = await Promise.all([syncTool("prepare"), syncTool("cleanup", "--yes"), syncTool("prepare")]);
    for (const { code, stderr } of both)
      expect({ code, stderr }).toMatchObject(
        code === 0 ? { code: 0 } : { code: 5, stderr: expect.stringMatching(/SOURCE_BUSY|CHANGES_PENDING/) },
      );
    // Whatever came first, no write fails: triggers have their journals.
    await pair.blue.exec(put("after"));
  });
});
