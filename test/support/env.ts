/** The environment variables that the tests read, in one place. An empty variable counts as one that is not set. */

export const DIALECT_NAMES = ["postgres", "mariadb", "mysql", "mssql", "oracle"] as const;
export type TestDialectName = (typeof DIALECT_NAMES)[number];

const text = (name: string): string | undefined => process.env[name] || undefined;

function dialectList(name: string): readonly TestDialectName[] | undefined {
  const words = text(name)
    ?.split(/[\s,]+/)
    .filter(Boolean);
  const unknown = words?.find((word) => !DIALECT_NAMES.includes(word as TestDialectName));
  if (unknown !== undefined) {
    throw new Error(`${name} names "${unknown}"; known are ${DIALECT_NAMES.join(", ")}`);
  }
  return words as readonly TestDialectName[] | undefined;
}

export const testEnv = {
  /**
   * `SYNC_TEST_DIALECTS=postgres,mysql`: only these dialects run; the others are not even listed. SQL Server and
   * Oracle are listed when they are named here or have a URL.
   */
  dialects: () =>
    dialectList("SYNC_TEST_DIALECTS") ??
    DIALECT_NAMES.filter(
      (name) => (name !== "mssql" && name !== "oracle") || testEnv.url(name) !== undefined,
    ),
  /** `SYNC_TEST_REQUIRE=postgres,mariadb`: a missing server of these is a failure, not a skip. */
  required: () => dialectList("SYNC_TEST_REQUIRE") ?? [],
  /** `SYNC_TEST_REQUIRE_PROGRAMS=nginx,haproxy`: a missing program of these is a failure, not a skip. */
  requiredPrograms: () =>
    text("SYNC_TEST_REQUIRE_PROGRAMS")
      ?.split(/[\s,]+/)
      .filter(Boolean) ?? [],
  /** `SYNC_TEST_MYSQL_URL=mysql://root:password@host:3306`, one per dialect: use that server, start none. */
  url: (dialect: TestDialectName) => text(`SYNC_TEST_${dialect.toUpperCase()}_URL`),
  /** `SYNC_TEST_MYSQL_CHROOT`: a root file system with a real MySQL in it, run by `chroot`. */
  mysqlChroot: () => text("SYNC_TEST_MYSQL_CHROOT") ?? "/var/cache/sync-tool-tests/mysql-chroot",
  /** `SYNC_TEST_BARE_HOST`: a root file system of Debian without Node (install-bare-host.sh). */
  bareHost: () => text("SYNC_TEST_BARE_HOST") ?? "/var/cache/sync-tool-tests/bare-host",
  /** `SYNC_TEST_MYSQLD`: the path of a real mysqld outside any chroot. */
  mysqld: () => text("SYNC_TEST_MYSQLD"),
  /** `SYNC_TEST_SEED`: the seed that a failed property printed. */
  seed: () => (text("SYNC_TEST_SEED") === undefined ? undefined : Number(text("SYNC_TEST_SEED"))),
  /** `SYNC_TEST_HISTORIES`: how many generated histories are played on each database. Default 80. */
  histories: () => Number(text("SYNC_TEST_HISTORIES") ?? 80),
  /** `SYNC_TEST_CRASHES`: how many lives with crashes are played on each database. Default 11. */
  crashes: () => Number(text("SYNC_TEST_CRASHES") ?? 11),
  /** `SYNC_TEST_CHAINS`: how many lives of runners over chains of tables are played on each database. Default 6. */
  chains: () => Number(text("SYNC_TEST_CHAINS") ?? 6),
  /** `SYNC_TEST_SWITCHES`: how often the serving side changes in a life with a way back. Default 6. */
  switches: () => Number(text("SYNC_TEST_SWITCHES") ?? 6),
  /** `SYNC_TEST_GATE_ANSWERS`: how many answers of the gate are put to the test on each database. Default 25. */
  gateAnswers: () => Number(text("SYNC_TEST_GATE_ANSWERS") ?? 25),
  /** `SYNC_TEST_CHAOS_FAULTS`: how many faults each database meets in the chaos suite. Default 40. */
  chaosFaults: () => Number(text("SYNC_TEST_CHAOS_FAULTS") ?? 40),
  /** `SYNC_TEST_CHARSETS=all`: every character set and collation is played; default: some of each kind. */
  allCharsets: () => text("SYNC_TEST_CHARSETS") === "all",
  /** `SYNC_TEST_SCREENSHOTS`: a folder for pictures of the page, to be looked at. */
  screenshots: () => text("SYNC_TEST_SCREENSHOTS"),
  /** `SYNC_TEST_LONG=yes`: tests that wait for minutes are run too. */
  long: () => text("SYNC_TEST_LONG") !== undefined,
  /** `SYNC_TEST_GROUPS=30,100`: how many groups of tables one runner has in a test of its connections. Default 30. */
  groups: () => (text("SYNC_TEST_GROUPS") ?? "30").split(",").map(Number),
  /** `SYNC_TEST_PREPARE_KILLS`: after how many of its statements `prepare` is killed, at most all. Default 4. */
  prepareKills: () => Number(text("SYNC_TEST_PREPARE_KILLS") ?? 4),
  /** `SYNC_TEST_RUN_DIR`: where started servers are recorded; set by the global set-up of the test run. */
  runDir: () => text("SYNC_TEST_RUN_DIR"),
  /** `SYNC_TEST_VERIFY=100000x1000`: rows and damages of the test that finds every damage; small by default. */
  verifySize: () => {
    const [, rows, damages] = /^(\d+)x(\d+)$/.exec(text("SYNC_TEST_VERIFY") ?? "8000x120") ?? [];
    return { rows: Number(rows), damages: Number(damages) };
  },
} as const;
