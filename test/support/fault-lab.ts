/** Two private servers, a source on one and a target on the other, with a proxy before each: for tests that do harm. */

import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { Database } from "../../src/db/database.ts";
import { type BlueGreen, openBlueGreen } from "./blue-green.ts";
import type { TestDialect } from "./dialects.ts";
import { type FaultRun, startFaultRun } from "./fault-run.ts";
import type { TestServer, TestSession } from "./servers/test-server.ts";
import { startTcpProxy, type TcpProxy } from "./tcp-proxy.ts";
import { waitFor } from "./wait-for.ts";

const TABLE = "CREATE TABLE F (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(4000))";

export interface FaultLab {
  readonly pair: BlueGreen;
  readonly sourceServer: TestServer;
  readonly targetServer: TestServer;
  readonly sourceProxy: TcpProxy;
  readonly targetProxy: TcpProxy;
  /** Starts a run through the proxies; its connections count as dead after three seconds of silence. */
  start(target?: Partial<ConnectionSettings>): Promise<LabRun>;
  /** A connection to the target's database as the server's administrator. */
  admin(): Promise<TestSession>;
  /** Makes the target's table and its checkpoint anew and empties the source. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface LabRun extends FaultRun {
  /** Writes a row on the source. */
  write(id: string, text?: string): Promise<void>;
  untilArrived(id: string): Promise<void>;
  /** Ends the run and closes its connections. */
  end(): Promise<void>;
}

const SILENCE_MS = 3_000;

export async function openFaultLab(
  dialect: TestDialect,
  startServer: NonNullable<TestDialect["startPrivate"]>,
): Promise<FaultLab> {
  const [sourceServer, targetServer] = await Promise.all([startServer(), startServer()]);
  const on = (server: TestServer): TestDialect => ({ ...dialect, server: () => Promise.resolve(server) });
  const pair = await openBlueGreen({
    source: on(sourceServer),
    target: on(targetServer),
    sourceVersion: "5.11.0",
    sourceSchema: [TABLE],
    targetSchema: [TABLE],
    tables: ["F"],
  });
  await pair.prepare();
  const [sourceProxy, targetProxy] = await Promise.all([
    startTcpProxy(sourceServer),
    startTcpProxy(targetServer),
  ]);
  const through = (
    settings: ConnectionSettings,
    proxy: TcpProxy,
    more: Partial<ConnectionSettings>,
  ): ConnectionSettings => ({
    ...settings,
    hosts: [{ host: proxy.host, port: proxy.port }],
    connectTimeoutMs: SILENCE_MS,
    socketTimeoutMs: SILENCE_MS,
    ...more,
  });

  async function start(more: Partial<ConnectionSettings> = {}): Promise<LabRun> {
    const opened: Database[] = [];
    const open = async (side: "source" | "target", proxy: TcpProxy): Promise<Database> => {
      const { dialect: product, test } = pair[side];
      const db = await product.connect(through(test.settings, proxy, side === "target" ? more : {}));
      opened.push(db);
      return db;
    };
    const [sourceDb, targetDb] = [await open("source", sourceProxy), await open("target", targetProxy)];
    const run = startFaultRun(pair, { sourceDb, targetDb });
    return {
      ...run,
      write: (id, text = "x") => pair.source.test.exec(`INSERT INTO F (ID, N) VALUES ('${id}', '${text}')`),
      untilArrived: async (id) => {
        await waitFor(
          async () => (await pair.target.test.query(`SELECT ID FROM F WHERE ID = '${id}'`)).length > 0,
          {
            what: `row ${id} on the target`,
            timeoutMs: 60_000,
            facts: () => JSON.stringify(run.troubles(), undefined, 1),
          },
        );
      },
      async end() {
        await run.stop().catch(() => undefined);
        for (const db of opened) await db.close();
      },
    };
  }

  return {
    pair,
    sourceServer,
    targetServer,
    sourceProxy,
    targetProxy,
    start,
    admin: () => pair.target.test.session({ admin: true }),
    async reset() {
      const checkpoint = dialect.name === "postgres" ? "f_sv" : "F_SV";
      await pair.source.test.exec("DELETE FROM F");
      await pair.target.test.exec([`DROP TABLE IF EXISTS ${checkpoint}`, "DROP TABLE IF EXISTS F", TABLE]);
      await pair.prepare();
    },
    async close() {
      await sourceProxy.close();
      await targetProxy.close();
      await pair.source.db.close();
      await pair.target.db.close();
      await Promise.all([sourceServer.stop(), targetServer.stop()]);
    },
  };
}
