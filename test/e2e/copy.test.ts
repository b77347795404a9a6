import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli, startCli } from "../support/cli.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { createTables } from "../support/wso2-tables.ts";

const DATA = "IDN_IDENTITY_USER_DATA";
const put = (names: readonly string[]): string =>
  `INSERT INTO ${DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES ${names
    .map((name) => `(-1234, '${name}', 'k', 'v')`)
    .join(", ")}`;
/** More than the first page holds. */
const NAMES = Array.from({ length: 250 }, (_, n) => `user${1000 + n}`);

describeDialects("copy, as it is typed,", (dialect) => {
  let pair: CliPair;

  beforeAll(async () => {
    pair = await openCliPair(dialect);
    await pair.blue.exec([...createTables(dialect.name, "5.9.0", [DATA]), put(NAMES)]);
    await pair.green.exec(createTables(dialect.name, "5.11.0", [DATA]));
    await configure("1");
  });
  afterAll(() => pair.close());
  const configure = (parallelism: string): Promise<string> =>
    writeConfigFiles(pair.folder, {
      source: pair.blue,
      target: pair.green,
      sourceVersion: "5.9.0",
      syncTables: [DATA],
      properties: { parallelism },
    });
  const syncTool = (...args: readonly string[]) => runCli(args, pair.folder);

  test("is refused before prepare, and for a table that is not synced", async () => {
    const early = await syncTool("copy");
    expect(early.code).toBe(5);
    expect(early.stderr).toMatch(/\[NOT_PREPARED\]/);
    expect((await syncTool("prepare")).code).toBe(0);
    const unknown = await syncTool("copy", "--table", "IDN_OTHER");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain(`Give one of ${DATA}`);
  });

  const killedAt = async (place: string): Promise<string> => {
    expect((await startCli(["copy"], pair.folder, place).ended).signal).toBe("SIGKILL");
    const [found] = await pair.green.query(`SELECT COUNT(*) AS N FROM ${DATA}`);
    return String(found?.["N"]);
  };

  test("killed between two pages is nowhere taken for a loss or for the end, and goes on", async () => {
    expect(await killedAt("copy-page-written")).toBe("100");
    const verified = await syncTool("verify");
    expect(verified.code).toBe(8);
    expect(verified.stdout).toContain(`the copy of ${DATA} is not finished, 150 rows are not there yet`);
    expect(verified.stdout).not.toMatch(/^missing/m);
    const status = await syncTool("status");
    expect(status.stdout).toContain("safe to switch: no");
    // How many there are is told where the server's statistics know it by now.
    expect(status.stdout).toMatch(/its copy is not finished: 100 (of about [\d,]+ )?rows read, 100 written/);
    const [table] = JSON.parse((await syncTool("status", "--json")).stdout).tables;
    expect(table.copy).toMatchObject({ rows: 100, written: 100, refused: 0 });
    expect((await syncTool("drain")).code).not.toBe(0);
    // Nothing of a page is there before its place is kept.
    for (const place of ["copy-page-read", "copy-page-uncommitted"])
      expect(await killedAt(place)).toBe("100");

    const rest = await syncTool("copy", "--json");
    expect(rest.code).toBe(0);
    expect(rest.stderr).toContain("no run works on this target");
    expect(JSON.parse(rest.stdout)).toMatchObject({
      complete: true,
      tables: [{ table: DATA, rows: 250, written: 250, refused: 0, isDone: true }],
    });
    expect((await syncTool("verify")).code).toBe(0);
    expect((await syncTool("run", "--until-drained")).code).toBe(0);
    expect((await syncTool("status")).stdout).toContain("safe to switch: yes");
  });

  test("names each row that green refuses, and exits with 8", async () => {
    await pair.green.exec([
      `DELETE FROM ${DATA}`,
      `ALTER TABLE ${DATA} ADD CONSTRAINT NOT_THIS CHECK (USER_NAME <> 'user1007')`,
    ]);
    await configure("2");
    // Pages side by side: what was through is there, and what was refused is known.
    expect(await killedAt("copy-table-end")).toBe("249");
    const { code, stdout, stderr } = await syncTool("copy", "--table", DATA.toLowerCase());
    expect(code).toBe(8);
    expect(stdout).toMatch(
      new RegExp(`^refused ${DATA} TENANT_ID=-1234 USER_NAME=user1007 DATA_KEY=k - `, "m"),
    );
    expect(stderr).toMatch(/still lacks rows that it refused: IDN_IDENTITY_USER_DATA 1 \[COPY_LEFT_ROWS\]/);
    const [letter] = JSON.parse((await syncTool("dead-letters", "list", "--json")).stdout).deadLetters;
    expect(letter).toMatchObject({ table: DATA, position: "0", code: expect.any(String) });
    expect((await syncTool("status")).stdout).toContain("safe to switch: no");
  });
});
