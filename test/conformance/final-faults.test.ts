import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { SyncError } from "../../src/errors.ts";
import { describeDialects } from "../support/dialects.ts";
import { type FaultLab, type LabRun, openFaultLab } from "../support/fault-lab.ts";
import { TEST_PASSWORD } from "../support/servers/database.ts";

const TITLES: Readonly<Record<string, string>> = {
  postgres: "PostgreSQL",
  mariadb: "MariaDB",
  mysql: "MySQL",
};

describeDialects("A run that cannot go on", (dialect) => {
  const { startPrivate, name } = dialect;
  if (startPrivate === undefined) {
    test.skip("skipped: the server comes by URL and must not be harmed", () => undefined);
    return;
  }
  const title = TITLES[name] ?? name;
  const isPostgres = name === "postgres";
  let lab: FaultLab;
  let run: LabRun | undefined;

  beforeAll(async () => {
    lab = await openFaultLab(dialect, startPrivate);
  });
  afterAll(() => lab.close());
  beforeEach(() => lab.reset());
  afterEach(async () => {
    await run?.end();
    run = undefined;
  });

  /** Does harm to a run at work, and gives the error that it stops with. */
  async function stopsAfter(doHarm: () => Promise<void>): Promise<SyncError> {
    const running = await lab.start();
    run = running;
    await running.write("before");
    await running.untilArrived("before");
    await doHarm();
    await running.write("during").catch(() => undefined);
    const error = await running.untilStopped();
    // The log's last word is the error's.
    expect(running.troubles().at(-1)).toMatchObject({
      message: "the group has stopped",
      fields: { group: "F", code: error.code, reason: error.message },
    });
    return error;
  }

  const asAdmin = async (...statements: readonly string[]): Promise<void> => {
    const session = await lab.admin();
    await session.exec(statements);
    await session.close();
  };
  const { journal, checkpoint } = isPostgres
    ? { journal: "f_s", checkpoint: "f_sv" }
    : { journal: "F_S", checkpoint: "F_SV" };

  test("says that the login is refused once the password has been changed, and goes on with the right one", async () => {
    const user = lab.pair.target.test.name;
    const setPassword = (password: string): Promise<void> =>
      asAdmin(
        isPostgres
          ? `ALTER ROLE ${user} PASSWORD '${password}'`
          : `ALTER USER '${user}'@'%' IDENTIFIED BY '${password}'`,
      );
    let error: unknown;
    try {
      error = await stopsAfter(async () => {
        await setPassword("another-one");
        lab.targetProxy.cut();
      });
    } finally {
      await setPassword(TEST_PASSWORD);
    }
    expect(error).toMatchObject({
      code: "DATABASE_UNREACHABLE",
      exitCode: 4,
      message: `F: the target refused a statement: the server refuses the login: the password is wrong or was changed (${title} ${isPostgres ? "28P01" : "1045"})`,
    });
    await lab.pair.run();
    expect(await lab.pair.rows("target", "F")).toHaveLength(2);
  });

  test("names the grant that was taken away", async () => {
    const { name: user } = lab.pair.target.test;
    let error: unknown;
    try {
      error = await stopsAfter(async () => {
        await asAdmin(
          isPostgres
            ? `REVOKE INSERT ON f FROM ${user}`
            : `REVOKE INSERT ON \`${user.replaceAll("_", "\\_")}\`.* FROM '${user}'@'%'`,
        );
        lab.targetProxy.cut();
      });
    } finally {
      if (!isPostgres) await asAdmin(`GRANT INSERT ON \`${user.replaceAll("_", "\\_")}\`.* TO '${user}'@'%'`);
    }
    expect(error).toMatchObject({
      code: "GRANT_MISSING",
      exitCode: 5,
      message: `F: the target refused a statement: the user lacks a privilege (${title} ${isPostgres ? "42501" : "1142"})`,
    });
  });

  test("stops when the target's table loses a column, and goes on when it is back", async () => {
    const error = await stopsAfter(() => lab.pair.target.test.exec("ALTER TABLE F DROP COLUMN N"));
    expect(error).toMatchObject({
      code: "SCHEMA_CHANGED",
      exitCode: 7,
      message: `F: the target refused a statement: a column does not exist (${title} ${isPostgres ? "42703" : "1054"})`,
    });
    await lab.pair.target.test.exec("ALTER TABLE F ADD COLUMN N VARCHAR(4000)");
    await lab.pair.run();
    expect(await lab.pair.rows("target", "F")).toContainEqual({ ID: "during", N: "x" });
  });

  test.each([
    ["target", "table", "F"],
    ["target", "checkpoint", checkpoint],
  ])("stops when the %s's %s is dropped", async (_side, _what, table) => {
    const error = await stopsAfter(() => lab.pair.target.test.exec(`DROP TABLE ${table}`));
    expect(error).toMatchObject({
      code: "SCHEMA_CHANGED",
      exitCode: 7,
      message: `F: the target refused a statement: a table does not exist (${title} ${isPostgres ? "42P01" : "1146"})`,
    });
  });

  test.runIf(isPostgres)(
    "takes a table that is dropped under a running statement for a passing failure",
    async () => {
      const { db, dialect: own } = lab.pair.source;
      // No relation has this number, as none has that of a table which was dropped a moment ago.
      const error = await db.query("SELECT pg_sequence_last_value(4294967294::regclass)").catch((one) => one);
      expect(own.classifyError(error)).toMatchObject({ class: "transient", code: "XX000" });
    },
  );

  test("stops when the journal is dropped, and says that changes may be missing once it is made anew", async () => {
    const error = await stopsAfter(() => lab.pair.source.test.exec(`DROP TABLE ${journal}`));
    expect(error).toMatchObject({
      code: "SCHEMA_CHANGED",
      exitCode: 7,
      message: `F: the source refused a statement: a table does not exist (${title} ${isPostgres ? "42P01" : "1146"})`,
    });
    await expect(lab.pair.prepare()).rejects.toMatchObject({ code: "JOURNAL_REPLACED", exitCode: 5 });
    await lab.pair.target.test.exec(`DELETE FROM ${checkpoint}`);
    await lab.pair.prepare();
  });

  test("stops when applied changes vanish from the journal", async () => {
    const error = await stopsAfter(() => lab.pair.source.test.exec(`DELETE FROM ${journal}`));
    expect(error).toMatchObject({ code: "JOURNAL_REPLACED", exitCode: 5 });
    expect(error.message).toMatch(/^F: the (change at the checkpoint is gone|journal ends before)/);
  });
});
