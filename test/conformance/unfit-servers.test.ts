/** Servers that let us in and are yet not to be worked with: rows would be missed, and everything would seem to be well. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { Dialect } from "../../src/contract/dialect.ts";
import { POOLED, REPLICA, STANDBY } from "../../src/db/unusable.ts";
import { acquireLock } from "../../src/dialect/acquire-lock.ts";
import { loadDialect } from "../../src/dialect/registry.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { findPgbouncer, startPgbouncer } from "../support/servers/pgbouncer.ts";
import type { TestDatabase, TestServer, TestSession } from "../support/servers/test-server.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

describeDialects("A replica", (dialect) => {
  const { startPrivate, name } = dialect;
  if (startPrivate === undefined) {
    test.skip("skipped: the server comes by URL and must not be harmed", () => undefined);
    return;
  }
  let server: TestServer;
  let standby: TestServer | undefined;
  let database: TestDatabase;
  let proxy: TcpProxy;
  let admin: TestSession | undefined;
  let dialectOf: Dialect;
  const through = (): ConnectionSettings => ({
    ...database.settings,
    hosts: [{ host: proxy.host, port: proxy.port }],
  });

  beforeAll(async () => {
    server = await startPrivate(name === "postgres" ? undefined : { args: ["--server-id=7"] });
    database = await server.createDatabase();
    proxy = await startTcpProxy(server);
    dialectOf = await loadDialect(name);
    if (name === "postgres") {
      standby = await startPrivate();
      await standby.createDatabase(database.name);
      await writeFile(join(standby.dataDir, "data", "standby.signal"), "");
      await standby.restart();
    } else admin = await database.session({ admin: true });
  });
  afterAll(async () => {
    await admin?.close();
    await proxy.close();
    await standby?.stop();
    await server.stop();
  });

  /** What the address leads to from now on. */
  const become = async (role: "standby" | "primary"): Promise<void> => {
    if (standby !== undefined) proxy.redirect(role === "standby" ? standby : server);
    else await admin?.exec(`SET GLOBAL read_only = ${role === "standby" ? 1 : 0}`);
    proxy.cut();
  };

  test("is refused by the first connection, and by one that is made anew to the same name", async () => {
    const db = await dialectOf.connect(through());
    try {
      await become("standby");
      await expect(dialectOf.connect(through())).rejects.toMatchObject({ code: STANDBY });
      const error = await db
        .query("SELECT 1")
        .catch(() => db.query("SELECT 1"))
        .catch((one: unknown) => one);
      expect(dialectOf.classifyError(error)).toMatchObject({ class: "connection", code: STANDBY });
      await become("primary");
      expect(await db.query("SELECT 1 AS one")).toHaveLength(1);
    } finally {
      await become("primary");
      await db.close();
    }
  });

  if (name === "postgres") return;
  test("that can be written is refused, unless the operator knows it", async () => {
    const [start, stop] =
      name === "mysql"
        ? [
            [
              "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=1, SOURCE_USER='x'",
              "START REPLICA SQL_THREAD",
            ],
            ["STOP REPLICA", "RESET REPLICA ALL"],
          ]
        : [
            [
              "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='x'",
              "START SLAVE SQL_THREAD",
            ],
            ["STOP SLAVE", "RESET SLAVE ALL"],
          ];
    await admin?.exec(start);
    try {
      const settings = name === "mysql" ? { ...through(), ...credentials(database) } : through();
      await expect(dialectOf.connect(settings)).rejects.toMatchObject({ code: REPLICA });
      await (await dialectOf.connect({ ...settings, acceptReplica: true })).close();
    } finally {
      await admin?.exec(stop);
    }
    await (await dialectOf.connect(through())).close();
  });
});

/** MySQL tells only who has REPLICATION CLIENT. */
const credentials = ({ adminSettings: { user, password } }: TestDatabase) => ({ user, password });

describeDialects(
  "PgBouncer",
  (dialect) => {
    if (findPgbouncer() === undefined && testEnv.required().includes("postgres")) {
      test("is there", () => {
        throw new Error("SYNC_TEST_REQUIRE names postgres, but pgbouncer is not installed");
      });
      return;
    }
    describe.skipIf(findPgbouncer() === undefined)("before the server", () => {
      let database: TestDatabase;
      let server: TestServer;
      beforeAll(async () => {
        server = await dialect.server();
        database = await server.createDatabase();
      });
      afterAll(() => database.drop());

      test.each(["transaction", "statement", "session"] as const)("pool_mode=%s", async (mode) => {
        const bouncer = await startPgbouncer(server, mode, [database.settings]);
        const postgres = await loadDialect("postgres");
        const settings = { ...database.settings, hosts: [{ host: bouncer.host, port: bouncer.port }] };
        try {
          if (mode !== "session") {
            for (let attempt = 0; attempt < 5; attempt++)
              await expect(postgres.connect(settings)).rejects.toMatchObject({ code: POOLED });
          } else {
            const db = await postgres.connect(settings);
            const lock = await acquireLock(postgres, db, "a");
            expect(await lock?.isHeld()).toBe(true);
            await lock?.release();
            await db.close();
          }
          expect(
            await database.query(
              "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            ),
          ).toEqual([]);
        } finally {
          await bouncer.stop();
        }
      });
    });
  },
  ["postgres"],
);
