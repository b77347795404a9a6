import { afterAll, beforeAll, expect, test } from "vitest";
import { readOnlyTables } from "../../src/capture/emit.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import type { CheckResult } from "../../src/doctor/check.ts";
import { cheapChecks } from "../../src/doctor/doctor.ts";
import type { BlueGreen, Side } from "../support/blue-green.ts";
import { createUser, dropUser, granteeOf, userName } from "../support/database-users.ts";
import { describeDialects } from "../support/dialects.ts";
import { type ExamineOptions, examinePair, openFreshPair } from "../support/examine-pair.ts";
import { faultWords } from "../support/fault-words.ts";
import { createTables } from "../support/wso2-tables.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const CODES = "IDN_OAUTH2_AUTHORIZATION_CODE";
const USER_DATA = "IDN_IDENTITY_USER_DATA";
const TABLES = [TOKENS, SCOPES, CODES, USER_DATA];

describeDialects("Doctor", (dialect) => {
  let pair: BlueGreen;
  const isPostgres = dialect.name === "postgres";

  beforeAll(async () => {
    pair = await openFreshPair(dialect, TABLES);
    await pair.prepare();
  });
  afterAll(() => pair.close());

  const examined = (options?: ExamineOptions): Promise<readonly CheckResult[]> =>
    examinePair(pair.source.test, pair.target.test, TABLES, options);
  const failed = (results: readonly CheckResult[]): readonly string[] =>
    results.filter(({ status }) => status === "fail").map(({ id }) => id);

  /** Runs the statements of every failed check as a DBA does, each side's on one connection. */
  async function mend(results: readonly CheckResult[]): Promise<void> {
    for (const side of ["source", "target"] as const) {
      const session = await pair[side].test.session({ admin: true });
      if (isPostgres) await session.exec(`SET ROLE ${pair[side].test.settings.user}`);
      for (const result of results.filter(({ status }) => status === "fail"))
        for (const { on, text } of result.mend) if (on === side) await session.exec(text);
      await session.close();
    }
  }

  const asAdmin = async (side: Side, statements: readonly string[]): Promise<void> => {
    const session = await side.test.session({ admin: true });
    await session.exec(statements);
    await session.close();
  };

  test("a healthy pair passes every check, and each check answers", async () => {
    const results = await examined();
    expect(failed(results)).toEqual([]);
    expect(new Set(results.map(({ id }) => id)).size).toBe(results.length);
    expect(results.filter(({ status }) => status === "unknown").map(({ id }) => id)).toEqual(
      {
        postgres: ["source.old-transactions"],
        mysql: ["source.old-transactions"],
        mariadb: ["source.old-transactions"],
        mssql: [
          ...["source.tls", "source.log-space", "source.disk", "source.old-transactions"],
          ...["target.tls", "target.log-space", "target.disk"],
        ],
        oracle: [],
      }[dialect.name as string],
    );
    expect(results.find(({ id }) => id === "pair.clocks")?.status).toBe("ok");
  });

  test.runIf(isPostgres)(
    "a database whose commits do not survive a crash is warned of, and the statement mends it",
    async () => {
      const { name, settings } = pair.source.test;
      const found = async (): Promise<CheckResult | undefined> =>
        (await examined()).find(({ id }) => id === "source.durability");
      await asAdmin(pair.source, [`ALTER DATABASE "${settings.database}" SET synchronous_commit = off`]);
      const unsafe = await found();
      // The servers of the tests run without fsync themselves.
      expect(unsafe).toMatchObject({ status: "warn", found: "fsync = off, synchronous_commit = off" });
      expect(unsafe?.mend.map(({ text }) => text)).toContain("ALTER SYSTEM SET fsync = on");
      const statements = unsafe?.mend.filter(({ on, text }) => on === "source" && text.includes(name)) ?? [];
      await asAdmin(
        pair.source,
        statements.map(({ text }) => text),
      );
      expect((await found())?.found).toBe("fsync = off");
    },
  );

  test.runIf(isPostgres)(
    "a trigger that fires before capture is warned of, one behind it is not",
    async () => {
      const found = async (): Promise<CheckResult | undefined> =>
        (await examined()).find(({ id }) => id === "source.other-triggers");
      const trigger = (name: string, when: string) =>
        `CREATE TRIGGER ${name} ${when} ON ${TOKENS} FOR EACH ROW EXECUTE FUNCTION nothing()`;
      await pair.source.test.exec([
        "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        trigger("a_before", "BEFORE INSERT"),
        trigger("a_deleted", "AFTER DELETE"),
        trigger("z_after", "AFTER INSERT OR UPDATE"),
      ]);
      expect(await found()).toMatchObject({ status: "ok" });
      await pair.source.test.exec([trigger("a_after", "AFTER UPDATE")]);
      expect(await found()).toMatchObject({ status: "warn", found: `a_after on ${TOKENS.toLowerCase()}` });
      await pair.source.test.exec(["DROP FUNCTION nothing CASCADE"]);
    },
  );

  test("users with exactly the grants that prepare writes for them may run", async () => {
    const tables = planTables(await pair.plan());
    const sides = ["source", "target"] as const;
    const userOf = (side: (typeof sides)[number]) => userName("run", pair[side].test);
    for (const side of sides) {
      const { test, dialect: own } = pair[side];
      await createUser(userOf(side), [test]);
      const lookups = side === "target" ? [isPostgres ? "idp" : "IDP"] : [];
      const readOnly = readOnlyTables(side, tables, lookups);
      await asAdmin(pair[side], own.ddl.grants(side, tables, readOnly, { name: userOf(side) }));
    }
    try {
      const results = await examined({
        source: { user: userOf("source") },
        target: { user: userOf("target") },
      });
      expect(failed(results)).toEqual([]);
      expect(results.find(({ id }) => id === "source.grants-run")?.found).toBe("all are granted");
      // What an administrator may grant by choice: what is not seen without it.
      const unseen = ["source.holders", "source.replication"].filter(
        (name) => results.find(({ id }) => id === name)?.status === "warn",
      );
      const chosen = { mysql: ["source.holders", "source.replication"], mariadb: ["source.holders"] };
      if (dialect.name === "mysql" || dialect.name === "mariadb")
        expect(unseen).toEqual(chosen[dialect.name]);
    } finally {
      for (const side of sides) await dropUser(userOf(side), [pair[side].test]);
    }
  });

  test("every fault of a broken set-up is reported at once, and the statements given mend them all", async () => {
    const tokens = await pair.table(TOKENS);
    const codes = await pair.table(CODES);
    const limited = { user: userName("limited", pair.target.test) };
    const grantee = granteeOf(pair.target.test, limited.user);
    const words = faultWords(dialect.name);
    await createUser(limited.user, [pair.target.test]);
    await asAdmin(
      pair.target,
      [...TABLES, "IDP", codes.targetNames.checkpoint, tokens.targetNames.checkpoint].map(
        (table) => `GRANT SELECT, INSERT, UPDATE ON ${table} TO ${grantee}`,
      ),
    );
    const drop = (name: string, table: string) =>
      pair.source.dialect.ddl.drop({ kind: "trigger", name, table });
    await pair.source.test.exec([
      // A dropped trigger, one that does not fire (where triggers can be disabled), and a column that came later.
      ...drop(tokens.names.deleteTrigger, tokens.source.name),
      ...[words.disableTrigger?.(codes.names.updateTrigger, CODES) ?? []].flat(),
      `ALTER TABLE ${SCOPES} ADD ADDED_LATER VARCHAR(10)`,
    ]);
    // On the target: no checkpoint, no key, the copy of a trigger with its journal.
    const journal = pair.source.dialect.ddl.capture(codes);
    const copies = journal.filter(
      ({ object }) =>
        object.kind === "journal" || object.name.toUpperCase() === codes.names.insertTrigger.toUpperCase(),
    );
    await pair.target.test.exec([
      `DROP TABLE ${tokens.targetNames.checkpoint}`,
      `DELETE FROM ${codes.targetNames.checkpoint}`,
      words.dropPrimaryKey(USER_DATA),
      ...copies.flatMap(({ sql }) => sql),
      await copiedIdentity(codes.names.journal),
    ]);
    // What a user may not touch, some servers do not show.
    await asAdmin(pair.target, words.showCopies(codes.names.journal, CODES, grantee));
    try {
      const broken = await examined({ target: limited });
      expect([...failed(broken)].sort()).toEqual([
        "source.capture",
        "tables.keys",
        "tables.match",
        "target.checkpoints",
        "target.grants-run",
        "target.leftovers",
      ]);
      for (const id of ["source.capture", "target.checkpoints", "target.leftovers"]) {
        const texts = broken.find((result) => result.id === id)?.mend.map(({ text }) => text) ?? [];
        expect(texts).toContainEqual(expect.stringContaining("Or run `sync-tool prepare`"));
        // The triggers of one table are locked and let go one after the other.
        if (id !== "source.capture") expect(texts).toEqual([...new Set(texts)]);
      }
      const text = JSON.stringify(broken);
      for (const fault of [
        tokens.names.deleteTrigger,
        "ADDED_LATER",
        USER_DATA,
        tokens.targetNames.checkpoint,
      ])
        expect(text.toUpperCase()).toContain(fault.toUpperCase());
      if (words.disableTrigger !== undefined) expect(text).toContain("is disabled");

      // The statements for one fault may bring the next to light: a table without a key is in no plan.
      await mend(broken);
      await mend(await examined({ target: limited }));
      expect(failed(await examined({ target: limited }))).toEqual([]);
    } finally {
      await dropUser(limited.user, [pair.target.test]);
    }
    await pair.source.test.exec(
      `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY) VALUES (1, 'mended', 'k')`,
    );
    // The command writes the row that is missing in a checkpoint, and so do the words of `prepare`.
    await pair.prepare();
    await pair.run();
    expect(await pair.rows("target", USER_DATA)).toHaveLength(1);
  });

  /** Gives the target's journal the identity of the source's, as a dump would. */
  async function copiedIdentity(journal: string): Promise<string> {
    const found = await pair.source.dialect.introspector.objects(pair.source.db, [journal]);
    const { journalId, journalHome } = found.find(({ kind }) => kind === "journal") ?? {};
    return faultWords(dialect.name).copyIdentity(journal, String(journalId), String(journalHome));
  }

  test("a server that refuses the login leaves the other's checks as they are", async () => {
    const results = await examined({ target: { password: "wrong-1" } });
    expect(failed(results)).toEqual(["target.reachable"]);
    expect(results.find(({ id }) => id === "source.version")?.status).toBe("ok");
    expect(results.find(({ id }) => id === "target.checkpoints")?.status).toBe("unknown");
    expect(results.find(({ id }) => id === "source.time-zone")?.status).toBe("ok");
    expect(JSON.stringify(results)).not.toContain("wrong-1");
  });

  test("the cheap checks find one database named twice", async () => {
    const same = { ...pair.source.test.settings };
    expect(failed(await examined({ target: same, chosen: cheapChecks }))).toContain("pair.two-databases");
  });
});

describeDialects(
  "Doctor and the binary log",
  (dialect) => {
    test("a statement-based log, triggers that only SUPER may make and commits that a crash takes back are told, and the statements mend them", async ({
      skip,
    }) => {
      if (dialect.startPrivate === undefined) return skip("the server comes by URL");
      const server = await dialect.startPrivate({ binaryLog: true, trustFunctionCreators: false });
      try {
        const source = await server.createDatabase();
        const target = await server.createDatabase();
        for (const side of [source, target]) await side.exec(createTables(dialect.name, "5.11.0"));
        const admin = await source.session({ admin: true });
        const hasFormat = await admin.exec("SET GLOBAL binlog_format = 'STATEMENT'").then(
          () => true,
          () => false,
        );
        const examined = (): Promise<readonly CheckResult[]> => examinePair(source, target, [USER_DATA]);
        const faults = (await examined()).filter(({ status }) => status === "fail");
        expect(faults.map(({ id }) => id)).toEqual([
          "source.capture",
          "target.checkpoints",
          "source.trust-function-creators",
          ...(hasFormat ? ["target.binlog-format"] : []),
        ]);
        for (const { id, mend } of faults) {
          if (!/trust|binlog/.test(id)) continue;
          for (const { on, text } of mend) if (on !== "elsewhere") await admin.exec(text);
        }
        expect((await examined()).filter(({ status }) => status === "fail").map(({ id }) => id)).toEqual([
          "source.capture",
          "target.checkpoints",
        ]);
        await admin.exec(["SET GLOBAL innodb_flush_log_at_trx_commit = 2", "SET GLOBAL sync_binlog = 0"]);
        const durability = async (): Promise<CheckResult | undefined> =>
          (await examined()).find(({ id }) => id === "source.durability");
        const unsafe = await durability();
        expect(unsafe).toMatchObject({
          status: "warn",
          found: "innodb_flush_log_at_trx_commit = 2, sync_binlog = 0",
        });
        for (const { on, text } of unsafe?.mend ?? []) if (on === "source") await admin.exec(text);
        expect((await durability())?.status).toBe("ok");
        await admin.close();
        await source.drop();
        await target.drop();
      } finally {
        await server.stop();
      }
    });
  },
  ["mysql", "mariadb"],
);
