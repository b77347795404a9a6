import { afterEach, expect, test } from "vitest";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import { rowSources } from "../../src/run/row-sources.ts";
import { verify } from "../../src/verify/verify.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects, type TestDialect } from "../support/dialects.ts";
import type { TestServer } from "../support/servers/test-server.ts";

/** What a hoster or an earlier administrator may have left on a role; each of these changed or ended something of ours. */
const ROLE = [
  "transaction_timeout = '300ms'",
  "statement_timeout = '300ms'",
  "idle_session_timeout = '1s'",
  "idle_in_transaction_session_timeout = '300ms'",
  "array_nulls = off",
  "exit_on_error = on",
  "intervalstyle = 'sql_standard'",
  "datestyle = 'SQL, DMY'",
  "bytea_output = 'escape'",
  "extra_float_digits = -5",
  "transform_null_equals = on",
  "xmloption = document",
  "quote_all_identifiers = on",
  "standard_conforming_strings = off",
  "timezone = 'Asia/Kolkata'",
  "client_encoding = 'LATIN1'",
  "default_transaction_isolation = 'serializable'",
  "enable_indexscan = off",
];

/** The same for all sessions of a server, by init_connect; those of one product alone behind the others. */
const COMMON = [
  "sql_select_limit = 2",
  "max_join_size = 1",
  "sql_big_selects = 0",
  "sql_safe_updates = 1",
  "sql_auto_is_null = 1",
  "max_sort_length = 4",
  "completion_type = 2",
  "group_concat_max_len = 4",
  "div_precision_increment = 0",
  "sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH'",
  "time_zone = '+05:30'",
  "character_set_results = latin1",
  "character_set_client = latin1",
  "collation_connection = latin1_bin",
  "default_storage_engine = MyISAM",
  "timestamp = 1",
  "foreign_key_checks = 0",
  "autocommit = 0",
  "big_tables = 1",
];
const OWN = {
  mariadb: [
    "max_statement_time = 0.3",
    "idle_transaction_timeout = 1",
    "in_predicate_conversion_threshold = 2",
    "system_versioning_asof = '2020-01-01 00:00:00'",
    "check_constraint_checks = 0",
    "optimizer_max_sel_args = 3",
  ],
  mysql: [
    "max_execution_time = 300",
    "range_optimizer_max_mem_size = 1000",
    "show_gipk_in_create_table_and_information_schema = OFF",
    "default_collation_for_utf8mb4 = utf8mb4_general_ci",
  ],
};

describeDialects(
  "Sessions of a role or server with odd defaults",
  (dialect) => {
    let pair: BlueGreen | undefined;
    let server: TestServer | undefined;
    afterEach(async () => {
      await pair?.close();
      await server?.stop();
    });

    test.runIf(dialect.startPrivate !== undefined)("work as ever", { timeout: 240_000 }, async () => {
      const isPostgres = dialect.name === "postgres";
      server = isPostgres ? undefined : await odd(dialect);
      const schema = isPostgres
        ? [
            'CREATE TABLE parent (id varchar(400) COLLATE "C" PRIMARY KEY, span interval, price money, doc xml, body bytea, at timestamptz, f float8, note text)',
            "CREATE TABLE child (id integer PRIMARY KEY, p varchar(400) REFERENCES parent (id), body text)",
          ]
        : [
            "CREATE TABLE PARENT (ID VARCHAR(400) PRIMARY KEY, AT DATETIME(6), BODY BLOB, F DOUBLE, NOTE VARCHAR(40), N INT) ENGINE=InnoDB CHARACTER SET utf8mb4",
            "CREATE TABLE CHILD (ID INT PRIMARY KEY, P VARCHAR(400), BODY LONGTEXT, FOREIGN KEY (P) REFERENCES PARENT (ID)) ENGINE=InnoDB CHARACTER SET utf8mb4",
          ];
      const own = server;
      pair = await openBlueGreen({
        source: own === undefined ? dialect : { ...dialect, server: async () => own },
        sourceVersion: "5.11.0",
        sourceSchema: schema,
        targetSchema: schema,
        tables: ["PARENT", "CHILD"],
      });
      if (isPostgres) await oddRoles(pair);
      await pair.prepare();
      // Keys that differ behind the place where a sort may look no further.
      const key = "k".repeat(300);
      const values = isPostgres
        ? "'-1 day 02:03:04', '-1234.56', '<a/><b/>', '\\x00ff', '2021-03-28 02:30:00.5+00', 0.1, NULL"
        : "'2021-03-28 02:30:00.5', X'00FF', 0.1, NULL, NULL";
      const application = await pair.source.test.session({ admin: true });
      for (let i = 0; i < 40; i++)
        await application.exec([
          `INSERT INTO ${isPostgres ? "parent" : "PARENT"} VALUES ('${key}${(i * 7) % 40}', ${values})`,
          `INSERT INTO ${isPostgres ? "child" : "CHILD"} VALUES (${i}, '${key}${(i * 7) % 40}', ${isPostgres ? "repeat('x', 400000)" : "REPEAT('x', 400000)"})`,
        ]);
      await application.close();
      await pair.run({ batchSize: 1_000 });
      for (const table of isPostgres ? ["parent", "child"] : ["PARENT", "CHILD"]) {
        const rows = async (side: "source" | "target") => {
          const session = await pair?.[side].test.session({ admin: true });
          const found = await session?.query(`SELECT * FROM ${table} ORDER BY ID`);
          await session?.close();
          return found;
        };
        expect(await rows("target")).toHaveLength(40);
        expect(await rows("target")).toEqual(await rows("source"));
      }
      const plan = await pair.plan();
      const differences: unknown[] = [];
      const report = await verify({
        plan,
        source: pair.source,
        target: pair.target,
        pageSize: 3,
        rowsFor: rowSources(plan, pair),
        signal: new AbortController().signal,
        onDifference: (difference) => differences.push(difference),
      });
      expect(differences).toEqual([]);
      expect(report.tables.map(({ sourceRows, targetRows }) => [sourceRows, targetRows])).toEqual([
        [40, 40],
        [40, 40],
      ]);
    });
  },
  ["postgres", "mariadb", "mysql"],
);

/** A server of its own, whose users meet these settings in each session; administrators do not. */
async function odd(dialect: TestDialect): Promise<TestServer> {
  if (dialect.startPrivate === undefined) throw new Error("no server of its own");
  const settings = [...COMMON, ...OWN[dialect.name as keyof typeof OWN]];
  return await dialect.startPrivate({ args: [`--init-connect=SET SESSION ${settings.join(", ")}`] });
}

/** Connects anew as roles that have these settings. */
async function oddRoles(pair: BlueGreen): Promise<void> {
  for (const side of [pair.source, pair.target]) {
    const admin = await side.test.session({ admin: true });
    for (const setting of ROLE) await admin.exec(`ALTER ROLE ${side.test.name} SET ${setting}`);
    await admin.close();
    await side.db.close();
    Object.assign(side, { db: await side.dialect.connect(side.test.settings as ConnectionSettings) });
  }
}
