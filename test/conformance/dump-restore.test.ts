import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installCapture } from "../../src/capture/install.ts";
import { prepareTarget } from "../../src/capture/prepare-target.ts";
import { planTables } from "../../src/contract/sync-plan.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { databaseObjects } from "../support/database-objects.ts";
import { describeDialects } from "../support/dialects.ts";
import { copyByBackup } from "../support/mssql-backup.ts";
import { copyByDataPump } from "../support/oracle-data-pump.ts";
import { findProgram } from "../support/servers/find-program.ts";
import { waitFor } from "../support/wait-for.ts";

const SCHEMA = [
  "CREATE TABLE PARENT (ID INT PRIMARY KEY, V VARCHAR(20))",
  "CREATE TABLE CHILD (ID INT PRIMARY KEY, P INT, FOREIGN KEY (P) REFERENCES PARENT (ID) ON DELETE CASCADE)",
];
const TABLES = ["PARENT", "CHILD"];
const exec = promisify(execFile);
/** Data Pump starts processes of its own for each job. */
const SLOW_MS = 300_000;

/** What the restored dump holds besides the tables. */
const COPIES = [
  "everything",
  "triggers without journals",
  "journals without triggers",
  "nothing of ours",
] as const;
type Copies = (typeof COPIES)[number];

describeDialects("A target restored from a dump", (dialect) => {
  const isPostgres = dialect.name === "postgres";
  const dumper = findProgram("mariadb-dump", "mysqldump");
  const client = findProgram("mariadb", "mysql");
  const isMssql = dialect.name === "mssql";
  const isOracle = dialect.name === "oracle";
  const hasSequences = isMssql || isOracle;
  const canDump = isPostgres || hasSequences || (dumper !== undefined && client !== undefined);
  const timeout = isOracle ? SLOW_MS : undefined;
  let pair: BlueGreen;

  beforeEach(async () => {
    pair = await openBlueGreen({
      source: dialect,
      sourceVersion: "5.11.0",
      sourceSchema: SCHEMA,
      targetSchema: SCHEMA,
      tables: TABLES,
    });
  });
  afterEach(() => pair.close());

  const prepareSource = async () => {
    const tables = planTables(await pair.plan());
    const { journals } = await installCapture(pair.source.db, pair.source.dialect, tables);
    return { tables, journals };
  };

  /** Replaces the target by a copy of the source, as its administrator does; then takes away what was left out. */
  async function restore(copies: Copies): Promise<void> {
    if (isPostgres) await copyWithTemplate();
    else if (isMssql) await copyByBackup(pair.source.test, pair.target.test);
    else if (isOracle) await copyByDataPump(await dialect.server(), pair.source.test, pair.target.test);
    else await copyWithDump();
    const drops = (kinds: readonly string[]): string[] =>
      kinds.flatMap((kind) => TABLES.map((table) => `${table}_${kind}`));
    const triggers = isPostgres
      ? drops(["IT", "UT", "DT"]).map((name) => `DROP FUNCTION ${name} CASCADE`)
      : [...drops(["IT", "UT", "DT"]), ...(hasSequences ? [] : ["CHILD_FK1"])].map(
          (name) => `DROP TRIGGER ${name}`,
        );
    const journals = [
      ...drops(["S"]).map((name) => `DROP TABLE ${name}`),
      ...(hasSequences ? drops(["Q"]).map((name) => `DROP SEQUENCE ${name}`) : []),
    ];
    const session = await pair.target.test.session({ admin: true });
    if (copies === "triggers without journals" || copies === "nothing of ours") await session.exec(journals);
    if (copies === "journals without triggers" || copies === "nothing of ours") await session.exec(triggers);
    await session.close();
  }

  /** PostgreSQL copies a whole database, with triggers, functions, comments and journals; the new owner gets them. */
  async function copyWithTemplate(): Promise<void> {
    const [from, to] = [pair.source.test.name, pair.target.test.name];
    const helper = await (await dialect.server()).createDatabase();
    const admin = await helper.session({ admin: true });
    const sessions = `FROM pg_stat_activity WHERE datname IN ('${from}', '${to}')`;
    await admin.exec(`SELECT pg_terminate_backend(pid) ${sessions}`);
    await waitFor(async () => (await admin.query(`SELECT pid ${sessions}`)).length === 0, {
      what: "the databases to be left alone",
    });
    await admin.exec([`DROP DATABASE ${to}`, `CREATE DATABASE ${to} TEMPLATE ${from} OWNER ${to}`]);
    const owner = await pair.target.test.session({ admin: true });
    await owner.exec([`REASSIGN OWNED BY ${from} TO ${to}`, `ALTER DATABASE ${from} OWNER TO ${from}`]);
    await owner.close();
    await admin.close();
    await helper.drop();
  }

  async function copyWithDump(): Promise<void> {
    const { source, target } = pair;
    const admin = source.test.adminSettings;
    const { host, port } = admin.hosts[0] ?? { host: "", port: 0 };
    const login = [
      "-h",
      host,
      "-P",
      String(port),
      "-u",
      admin.user,
      "--ssl",
      "--skip-ssl-verify-server-cert",
    ];
    const env = { ...process.env, MYSQL_PWD: admin.password };
    const dump = await exec(
      dumper ?? "",
      [
        ...login,
        "--single-transaction",
        "--triggers",
        "--skip-lock-tables",
        "--no-tablespaces",
        source.test.name,
      ],
      { env, maxBuffer: 64 << 20 },
    );
    const restoring = exec(client ?? "", [...login, target.test.name], { env });
    restoring.child.stdin?.end(dump.stdout);
    await restoring;
  }

  const rows = async (side: "source" | "target") => [
    await pair.rows(side, "PARENT"),
    await pair.rows(side, "CHILD"),
  ];
  const OUR_TABLES = [
    ...["CHILD_SV", "PARENT_SV", "SYNC_DEAD_LETTERS", "SYNC_STATE"],
    ...(isOracle ? ["SYNC_LOCKS"] : []),
  ].map((name) => `table ${name}`);

  test.runIf(canDump).each(COPIES)(
    "with %s works for green once it is prepared, and nothing is lost",
    async (copies) => {
      const { tables, journals } = await prepareSource();
      const { source, target } = pair;
      await source.test.exec([
        "INSERT INTO PARENT VALUES (1, 'dumped'), (2, 'dumped'), (3, 'dumped')",
        "INSERT INTO CHILD VALUES (1, 1), (2, 2)",
        "DELETE FROM PARENT WHERE ID = 2",
      ]);
      await restore(copies);
      await source.test.exec([
        "INSERT INTO PARENT VALUES (4, 'after')",
        "UPDATE PARENT SET V = 'after' WHERE ID = 1",
      ]);

      await prepareTarget(target.db, target.dialect, tables, journals);
      expect(await databaseObjects(target.test)).toEqual(
        [...OUR_TABLES, "table CHILD", "table PARENT"].sort(),
      );
      await target.test.exec([
        "INSERT INTO PARENT VALUES (50, 'green')",
        "INSERT INTO CHILD VALUES (50, 50)",
        "UPDATE PARENT SET V = 'greener' WHERE ID = 50",
        "DELETE FROM PARENT WHERE ID = 50",
      ]);
      await pair.run({ batchSize: 2 });
      expect(await rows("target")).toEqual([
        [
          { ID: "1", V: "after" },
          { ID: "3", V: "dumped" },
          { ID: "4", V: "after" },
        ],
        [{ ID: "1", P: "1" }],
      ]);
      expect(await rows("target")).toEqual(await rows("source"));
      const again = await prepareTarget(target.db, target.dialect, tables, journals);
      expect(again).toMatchObject({ created: [], removed: [], started: [] });
    },
    timeout,
  );

  test("that dropped the checkpoints is refused by run, and put right by prepare", async () => {
    await pair.prepare();
    await pair.source.test.exec("INSERT INTO PARENT VALUES (1, 'x')");
    await pair.run();
    await pair.target.test.exec(["DROP TABLE PARENT_SV", "DROP TABLE CHILD_SV"]);
    await pair.source.test.exec("DELETE FROM PARENT");
    await expect(pair.run()).rejects.toMatchObject({ code: "NOT_PREPARED", exitCode: 5 });
    await pair.prepare();
    await pair.run();
    expect(await rows("target")).toEqual([[], []]);
  });

  test.runIf(canDump)(
    "from a dump older than the present capture is refused, and nothing is destroyed",
    async () => {
      await prepareSource();
      await restore("everything");
      const { source, target } = pair;
      for (const step of planTables(await pair.plan())
        .flatMap((table) => source.dialect.ddl.capture(table))
        .reverse())
        for (const sql of source.dialect.ddl.drop(step.object)) await source.db.execute(sql);
      const { tables, journals } = await prepareSource();
      const before = await databaseObjects(target.test);
      await expect(prepareTarget(target.db, target.dialect, tables, journals)).rejects.toMatchObject({
        code: "TARGET_LEFTOVERS",
        exitCode: 5,
        message: expect.stringMatching(/copy of another journal/),
      });
      expect(await databaseObjects(target.test)).toEqual(before);
    },
    timeout,
  );

  test("that is the source itself, since the configuration has them swapped, is refused and keeps its capture", async () => {
    const { tables } = await prepareSource();
    const { source } = pair;
    await source.test.exec("INSERT INTO PARENT VALUES (1, 'x')");
    const before = await databaseObjects(source.test);
    await expect(prepareTarget(source.db, source.dialect, tables, new Map())).rejects.toMatchObject({
      code: "TARGET_LEFTOVERS",
      exitCode: 5,
      next: expect.stringMatching(/swapped/),
    });
    expect(await databaseObjects(source.test)).toEqual(before);
    expect(await source.test.query("SELECT ID FROM PARENT_S WHERE SYNC_ID > 0")).toEqual([{ ID: "1" }]);
  });

  test.runIf(canDump)(
    "is cleared of copies although green has a transaction open on them",
    async () => {
      const { tables, journals } = await prepareSource();
      await restore("everything");
      const { target } = pair;
      const green = await target.test.session({ admin: true });
      // SQL Server keeps no lock of what was only read, Oracle takes none.
      await green.exec([
        "BEGIN",
        hasSequences ? "INSERT INTO PARENT VALUES (50, 'green')" : "SELECT * FROM PARENT",
      ]);
      await expect(
        prepareTarget(target.db, target.dialect, tables, journals, { patienceMs: 1 }),
      ).rejects.toMatchObject({ code: "LOCK_TIMEOUT", exitCode: 5 });
      let attempts = 0;
      await prepareTarget(target.db, target.dialect, tables, journals, {
        onBusy: () => {
          attempts += 1;
          if (attempts === 1) void green.exec("COMMIT");
        },
      });
      expect(attempts).toBeGreaterThan(0);
      await green.close();
      expect(await databaseObjects(target.test)).toEqual(
        [...OUR_TABLES, "table CHILD", "table PARENT"].sort(),
      );
    },
    timeout,
  );
});
