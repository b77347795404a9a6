import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../support/cli.ts";
import { type CliPair, openMigrationPair } from "../support/cli-pair.ts";
import { describeDialects } from "../support/dialects.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";

describeDialects(
  "A column that was widened after prepare",
  (dialect) => {
    let pair: CliPair;
    const widen = (table: string): string =>
      dialect.name === "postgres"
        ? `ALTER TABLE ${table} ALTER COLUMN DATA_VALUE TYPE VARCHAR(400)`
        : `ALTER TABLE ${table} MODIFY DATA_VALUE VARCHAR(400)`;
    const syncTool = (...args: readonly string[]) => runCli(args, pair.folder);

    beforeAll(async () => {
      pair = await openMigrationPair(dialect, [TABLE]);
    });
    afterAll(() => pair.close());

    test("is told by prepare, which cannot widen the journal's, until a DBA has", async () => {
      expect((await syncTool("prepare")).code).toBe(0);
      await pair.blue.exec([widen(TABLE)]);
      const { code, stderr } = await syncTool("prepare");
      expect({ code, stderr }).toEqual({
        code: 5,
        stderr: expect.stringMatching(
          /column data_value is [\s\S]*\[CAPTURE_DRIFT\]\nnext: Have a DBA give the journal's column the type/i,
        ),
      });
      // Each command tells the one way, and its statement is right.
      const [, statement = ""] = /^ {2}(ALTER TABLE .*);$/m.exec(stderr) ?? [];
      const run = await syncTool("run", "--once");
      expect({ code: run.code, stderr: run.stderr }).toEqual({
        code: 5,
        stderr: expect.stringContaining(`  ${statement};\n`),
      });
      expect((await syncTool("doctor")).stdout).toContain(`on the source: ${statement};\n`);
      await pair.blue.exec([statement]);
      expect((await syncTool("prepare")).code).toBe(0);
    });
  },
  ["postgres", "mysql", "mariadb"],
);
