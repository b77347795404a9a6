import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { doctor } from "../../src/cli/commands/doctor.ts";
import { drain } from "../../src/cli/commands/drain.ts";
import { run } from "../../src/cli/commands/run.ts";
import { verify } from "../../src/cli/commands/verify.ts";
import { readState, stateTable } from "../../src/state/state.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { createTables } from "../support/wso2-tables.ts";

const USER_DATA = "IDN_IDENTITY_USER_DATA";
const insert = (name: string): string =>
  `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, '${name}', 'k', 'value-of-${name}')`;

describeDialects("verify, doctor and drain as commands", (dialect) => {
  let pair: BlueGreen;
  let folder: string;
  let flags: { config: string; define: readonly string[]; logDir: string };
  const never = new AbortController().signal;

  beforeAll(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: createTables(dialect.name, "5.11.0"),
      targetSchema: createTables(dialect.name, "5.11.0"),
      tables: [USER_DATA],
    });
    await pair.prepare();
    folder = await mkdtemp(join(tmpdir(), "sync-tool-proof-"));
    const config = await writeConfigFiles(folder, {
      source: pair.source.test,
      target: pair.target.test,
      sourceVersion: "5.11.0",
      syncTables: [USER_DATA],
    });
    flags = { config, define: ["syncInterval=1000"], logDir: join(folder, "logs") };
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(async () => {
    await pair.close();
    await rm(folder, { recursive: true });
  });

  /** Exit code, or the error's, and what went to stdout. */
  async function called(command: () => Promise<number>): Promise<{ code: unknown; out: string }> {
    let out = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      out += String(text);
      return true;
    });
    const code = await command().catch((error: unknown) => (error as { code?: unknown }).code);
    return { code, out };
  }

  test("an equal pair: verify, doctor and drain say yes with exit 0", async () => {
    const verified = await called(() => verify({ ...flags, json: true }, never));
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.out)).toMatchObject({
      complete: true,
      differences: [],
      tables: [{ table: USER_DATA, missing: 0, extra: 0, different: 0 }],
    });
    const examined = await called(() => doctor({ ...flags, json: true }, never));
    expect(examined.code).toBe(0);
    expect(JSON.parse(examined.out).checks[0]).toMatchObject({
      schema: "identity",
      id: "source.reachable",
      group: "connection",
      status: "ok",
    });
    const drained = await called(() => drain({ ...flags, wait: true, timeout: "20", json: true }, never));
    expect(drained.code).toBe(0);
    expect(JSON.parse(drained.out)).toMatchObject({ drained: true, reasons: [] });
  });

  test("rows that differ: exit 6, keys and columns on stdout and no value; repair ends with 0", async () => {
    await pair.source.test.exec([insert("ann"), insert("bob")]);
    await pair.run();
    await pair.target.test.exec([
      `UPDATE ${USER_DATA} SET DATA_VALUE = 'other-value' WHERE USER_NAME = 'ann'`,
      insert("zoe"),
    ]);
    const found = await called(() => verify(flags, never));
    expect(found.code).toBe("VERIFY_MISMATCH");
    expect(found.out).toContain(
      `different ${USER_DATA} TENANT_ID=1 USER_NAME=ann DATA_KEY=k (DATA_VALUE)\n` +
        `extra     ${USER_DATA} TENANT_ID=1 USER_NAME=zoe DATA_KEY=k\n`,
    );
    expect(found.out).not.toMatch(/value-of|other-value/);
    expect((await called(() => verify({ ...flags, repair: true }, never))).code).toBe("VERIFY_MISMATCH");
    const state = join(folder, "verify.state");
    const none = { ...flags, repair: true, deleteExtra: true, state } as const;
    expect((await called(() => verify(none, never))).code).toBe("USAGE_INVALID");
    const repaired = await called(() =>
      verify({ ...flags, repair: true, deleteExtra: true, yes: true, state }, never),
    );
    expect(repaired.code).toBe(0);
    expect(repaired.out).toMatch(/\nequal: 2 rows; 1 row repaired\n$/);
    expect(await readFile(state, "utf8")).toContain(`"name": "${USER_DATA}"`);
    expect(await pair.rows("target", USER_DATA)).toEqual(await pair.rows("source", USER_DATA));

    // The verdict of a finished state is of then.
    await pair.target.test.exec([`DELETE FROM ${USER_DATA} WHERE USER_NAME = 'ann'`, insert("zoe")]);
    const anew = await called(() => verify({ ...none, yes: true }, never));
    expect(anew.code).toBe(0);
    expect(anew.out).toContain(`missing   ${USER_DATA} TENANT_ID=1 USER_NAME=ann DATA_KEY=k repaired\n`);
    expect(await pair.rows("target", USER_DATA)).toEqual(await pair.rows("source", USER_DATA));
  });

  test("the result is remembered on the target, and one that was stopped does not take its place", async () => {
    const remembered = async () => {
      const state = stateTable(pair.target.dialect, [await pair.table(USER_DATA)]);
      return await readState(pair.target.db, state, "verify/");
    };
    expect((await called(() => verify(flags, never))).code).toBe(0);
    const [entry] = await remembered();
    expect(entry).toMatchObject({
      key: "verify/identity",
      value: {
        ...{ result: "equal", tables: 1, rows: 2, found: 0, repaired: 0, pending: 0, onTheirWay: 0 },
        ...{
          sourceVersion: "5.11.0",
          targetVersion: "5.11.0",
          readFrom: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      },
    });
    expect((await called(() => verify(flags, AbortSignal.abort()))).code).toBe(8);
    expect(await remembered()).toEqual([entry]);
    await pair.target.test.exec([insert("zoe")]);
    expect((await called(() => verify(flags, never))).code).toBe("VERIFY_MISMATCH");
    expect(await remembered()).toMatchObject([{ value: { result: "different", found: 1 } }]);
    await pair.target.test.exec([`DELETE FROM ${USER_DATA} WHERE USER_NAME = 'zoe'`]);
  });

  test("a file of --state that is none is refused before anything is opened, and stays as it is", async () => {
    const before = await readFile(flags.config, "utf8");
    const config = join(folder, "not-there.properties");
    expect((await called(() => verify({ ...flags, config, state: flags.config }, never))).code).toBe(
      "USAGE_INVALID",
    );
    expect(await readFile(flags.config, "utf8")).toBe(before);
  });

  test("--json lists ten thousand rows and says how many more there are", async () => {
    const rows = Array.from({ length: 10_010 }, (_, n) => `(2, 'x${n}', 'k', 'v')`);
    for (let from = 0; from < rows.length; from += 1_001)
      await pair.target.test.exec([
        `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES ${rows.slice(from, from + 1_001).join(", ")}`,
      ]);
    const found = await called(() => verify({ ...flags, json: true }, never));
    expect(found.code).toBe("VERIFY_MISMATCH");
    const { tables, differences, differencesOmitted, verdict } = JSON.parse(found.out);
    expect(tables).toMatchObject([{ extra: 10_010, unexplained: 0 }]);
    expect([differences.length, differencesOmitted]).toEqual([10_000, 10]);
    expect(verdict.sentence).toBe("different: 10,010 rows");
    await pair.target.test.exec([`DELETE FROM ${USER_DATA} WHERE TENANT_ID = 2`]);
  });

  test("pending changes: verify ends with 8, drain with a no", async () => {
    await pair.source.test.exec(insert("carl"));
    const drained = await called(() => drain({ ...flags, wait: true, timeout: "10" }, never));
    expect(drained.code).toBe("CHANGES_PENDING");
    expect(drained.out).toContain(`drained: no\n  - ${USER_DATA}: 1 changes are pending`);
    const verified = await called(() => verify({ ...flags, json: true }, never));
    expect(verified.code).toBe(8);
    expect(JSON.parse(verified.out).differences).toEqual([
      {
        table: USER_DATA,
        kind: "pending",
        key: { TENANT_ID: "1", USER_NAME: "carl", DATA_KEY: "k" },
        columns: [],
      },
    ]);
    await pair.run();
  });

  test("a wrong flag is refused before anything is opened", async () => {
    const config = join(folder, "not-there.properties");
    expect((await called(() => verify({ ...flags, config, deleteExtra: true }, never))).code).toBe(
      "USAGE_INVALID",
    );
    expect((await called(() => verify({ ...flags, config, maxRowsPerSecond: "fast" }, never))).code).toBe(
      "USAGE_INVALID",
    );
    expect((await called(() => drain({ ...flags, config, timeout: "-1" }, never))).code).toBe(
      "USAGE_INVALID",
    );
  });

  test("doctor says what is broken, ends with 6, and prints the statements", async () => {
    const table = await pair.table(USER_DATA);
    await pair.target.test.exec(`DROP TABLE ${table.targetNames.checkpoint}`);
    const examined = await called(() => doctor(flags, never));
    expect(examined.code).toBe("DOCTOR_FAILED");
    expect(examined.out).toMatch(/FAIL {4}identity target\.checkpoints: .* is missing\n/);
    expect(examined.out).toMatch(/on the target: CREATE TABLE IF NOT EXISTS/);
    expect(examined.out).toContain("1 failed");
    await pair.prepare();
  });

  test("run does the cheap checks of doctor itself and logs what they find", async () => {
    await pair.target.test.exec(
      `ALTER TABLE ${USER_DATA} ADD CONSTRAINT C_REFUSE CHECK (USER_NAME <> 'refused')`,
    );
    await pair.source.test.exec(insert("refused"));
    const log = async (): Promise<string> => await readFile(join(flags.logDir, "sync.log"), "utf8");
    const once = { ...flags, once: true } as const;
    await called(() => run(once, never));
    expect(await log()).not.toContain("doctor: ");
    await called(() => run(once, never));
    const lines = (await log()).split("\n").filter((line) => line.includes("doctor: "));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("doctor: target.dead-letters warns");
    expect(lines[0]).toContain("sync-tool dead-letters list");
  });
});
