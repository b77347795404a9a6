import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import { stateName } from "../../src/contract/object-names.ts";
import { runChecks } from "../../src/doctor/doctor.ts";
import { openDoctor } from "../../src/doctor/doctor-context.ts";
import { throttleChecks } from "../../src/doctor/throttle-check.ts";
import { forgetPause, notePause, pauseIn } from "../../src/state/pause.ts";
import { readState } from "../../src/state/state.ts";
import { answerIn } from "../../src/throttle/throttle.ts";
import type { BlueGreen } from "../support/blue-green.ts";
import { describeDialects } from "../support/dialects.ts";
import { insertToken, openTokenPair, TOKEN_TABLES, tokenIds } from "../support/token-rows.ts";

const README = readFileSync(join(import.meta.dirname, "../../config/README.md"), "utf8");
const [AT] = TOKEN_TABLES;
const TITLES: Readonly<Record<string, string>> = {
  postgres: "PostgreSQL",
  mysql: "MySQL",
  mariadb: "MariaDB",
};
/** What is open on the server of the sessions that write to it, of this database alone. */
const OPEN: Readonly<Record<string, string>> = {
  postgres:
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in%'",
  mysql:
    "SELECT 1 FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id WHERE p.DB = DATABASE() AND p.ID <> CONNECTION_ID()",
};

describeDialects("Throttle and pause", (dialect) => {
  let pair: BlueGreen;
  beforeAll(async () => {
    pair = await openTokenPair(dialect, [AT]);
  });
  afterAll(() => pair.close());

  test("the ready queries of config/README.md give a number", async () => {
    const row = README.split("\n").find(
      (line) => line.startsWith(`| ${TITLES[dialect.name]} `) && line.includes("`SELECT"),
    );
    const queries = [...(row ?? "").matchAll(/`(SELECT [^`]+)`/g)].map(([, sql]) => sql ?? "");
    expect(queries).toHaveLength(2);
    const admin = await pair.source.test.session({ admin: true });
    for (const sql of queries)
      expect(answerIn(await admin.query(sql))).toEqual({ value: expect.any(Number) });
  });

  test("doctor tries the configured queries", async () => {
    const { source, target } = pair;
    const doctor = openDoctor({
      schema: "identity",
      sourceVersion: "5.11.0",
      targetVersion: "5.11.0",
      tables: [AT],
      source: source.test.settings as ConnectionSettings,
      target: target.test.settings as ConnectionSettings,
      parallelism: 1,
      throttleQuery: { source: "SELECT 2", target: "SELECT N FROM X_NOT_THERE" },
      opened: { source: source.db, target: target.db },
    });
    const found = await runChecks(doctor, throttleChecks);
    expect(found.map(({ id, status }) => [id, status])).toEqual([
      ["source.throttle-query", "warn"],
      ["target.throttle-query", "fail"],
    ]);
    expect(found.map(({ mend }) => mend.length)).toEqual([0, 1]);
  });

  test("a pause is kept with its reason, without what could redraw a terminal, until it is forgotten", async () => {
    const { db } = pair.target;
    const state = { dialect: pair.target.dialect, name: stateName((await pair.table(AT)).target.name) };
    await notePause(db, state, "backup\u001b[2J of blue’s disk");
    expect(pauseIn(await readState(db, state))).toMatchObject({
      reason: "backup [2J of blue’s disk",
      since: expect.stringMatching(/Z$/),
    });
    await forgetPause(db, state);
    expect(pauseIn(await readState(db, state))).toBeUndefined();
  });

  test("a run takes no more at once than a second may have, and waits without a transaction", async () => {
    for (let i = 0; i < 25; i++) await pair.source.test.exec(insertToken(`t${i}`));
    const sessions = [
      await pair.source.test.session({ admin: true }),
      await pair.target.test.session({ admin: true }),
    ];
    const asked: number[] = [];
    const written: number[] = [];
    const open: unknown[] = [];
    await pair.run({
      pace: {
        mostRows: 10,
        async spend(rows) {
          if (rows > 0) asked.push(rows);
          const sql = OPEN[dialect.name === "mariadb" ? "mysql" : dialect.name] ?? "";
          for (const side of sessions) open.push(...(await side.query(sql)));
        },
      },
      events: { batch: ({ changes }) => void written.push(changes) },
    });
    expect([asked, written]).toEqual([
      [10, 10, 5],
      [10, 10, 5],
    ]);
    expect(open).toEqual([]);
    expect(await tokenIds(pair, "target")).toHaveLength(25);
  });
});
