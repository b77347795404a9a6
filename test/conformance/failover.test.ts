import { afterAll, beforeAll, expect, test } from "vitest";
import { describeDialects } from "../support/dialects.ts";
import { type FaultLab, openFaultLab } from "../support/fault-lab.ts";
import type { TestDatabase, TestSession } from "../support/servers/test-server.ts";
import { waitFor } from "../support/wait-for.ts";

describeDialects("A target with two hosts", (dialect) => {
  const { startPrivate, name } = dialect;
  if (startPrivate === undefined) {
    test.skip("skipped: the server comes by URL and must not be harmed", () => undefined);
    return;
  }
  let lab: FaultLab;
  let copy: TestDatabase;

  beforeAll(async () => {
    lab = await openFaultLab(dialect, startPrivate);
  });
  afterAll(() => lab.close());

  test("is followed to its second host, from where that one stands", async () => {
    const { target } = lab.pair;
    await lab.pair.source.test.exec("INSERT INTO F (ID, N) VALUES ('old', 'x')");
    await lab.pair.run();
    // The second host stands where the first one stood at this moment.
    copy = await lab.sourceServer.createDatabase(target.test.name);
    await copyTables(target.test, copy, name === "postgres" ? ["f", "f_sv"] : ["F", "F_SV"]);
    await copyDeadLetters(lab, copy);
    const run = await lab.start({ hosts: [place(lab.targetProxy), place(lab.sourceServer)] });
    try {
      await run.write("first");
      await run.untilArrived("first");
      await lab.targetServer.kill();
      await run.write("second");
      await run.untilRetrying(/^(target .*|F: the lock on the target was lost)/);
      await run.untilRecovered();
      await waitFor(async () => (await copy.query("SELECT ID FROM F")).length === 3, {
        what: "all rows on the second host",
        facts: () => JSON.stringify(run.troubles()),
      });
      expect(await copy.query("SELECT ID FROM F ORDER BY ID")).toEqual([
        { ID: "first" },
        { ID: "old" },
        { ID: "second" },
      ]);
      await run.stop();
    } finally {
      await run.end();
      await lab.targetServer.restart();
    }
  });

  if (name === "postgres") return;
  test("is not followed to a host that is read-only", async () => {
    const first = await lab.admin();
    const second = await copy.session({ admin: true });
    const readOnly = (session: TestSession, isOn: boolean): Promise<void> =>
      session.exec(`SET GLOBAL read_only = ${isOn ? 1 : 0}`);
    try {
      await readOnly(first, true);
      const db = await lab.pair.target.dialect.connect({
        ...lab.pair.target.test.settings,
        hosts: [place(lab.targetServer), place(lab.sourceServer)],
      });
      const [row] = await db.query("SELECT @@port AS port");
      await db.close();
      expect(String(row?.["port"])).toBe(String(lab.sourceServer.port));
      await readOnly(second, true);
      await expect(
        lab.pair.target.dialect.connect({
          ...lab.pair.target.test.settings,
          hosts: [place(lab.targetServer), place(lab.sourceServer)],
        }),
      ).rejects.toMatchObject({ code: "SYNC_STANDBY" });
    } finally {
      await readOnly(first, false);
      await readOnly(second, false);
      await first.close();
      await second.close();
    }
  });
});

const place = ({ host, port }: { host: string; port: number }): { host: string; port: number } => ({
  host,
  port,
});

/** The tables as they are, rows and all. */
async function copyTables(from: TestDatabase, to: TestDatabase, tables: readonly string[]): Promise<void> {
  for (const table of tables) {
    const isPostgres = from.settings.type === "postgres";
    const rows = await from.query(`SELECT * FROM ${table}`);
    const names = Object.keys(rows[0] ?? {});
    await to.exec(isPostgres ? await postgresShape(from, table) : await mysqlShape(from, table));
    for (const row of rows) {
      const values = names.map((column) => {
        const value = row[column] ?? null;
        return value === null ? "NULL" : `'${String(value)}'`;
      });
      await to.exec(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${values.join(", ")})`);
    }
  }
}

async function mysqlShape(from: TestDatabase, table: string): Promise<string> {
  return String((await from.query(`SHOW CREATE TABLE ${table}`))[0]?.["CREATE TABLE"]);
}

async function postgresShape(from: TestDatabase, table: string): Promise<string> {
  const columns = await from.query(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = '${table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
  );
  const [first] = columns;
  return `CREATE TABLE ${table} (${columns.map(({ NAME, TYPE }) => `${NAME} ${TYPE}`).join(", ")}, PRIMARY KEY (${first?.["NAME"]}))`;
}

async function copyDeadLetters(lab: FaultLab, to: TestDatabase): Promise<void> {
  const { dialect } = lab.pair.target;
  const { sql } = dialect.ddl.deadLetters(
    dialect.name === "postgres" ? "sync_dead_letters" : "SYNC_DEAD_LETTERS",
  );
  await to.exec(sql);
}
