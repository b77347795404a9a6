import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { describeDialects, type TestDialect } from "../support/dialects.ts";
import { startFaultRun } from "../support/fault-run.ts";
import { missingGalera, startGalera } from "../support/servers/galera.ts";
import type { TestServer } from "../support/servers/test-server.ts";
import { waitFor } from "../support/wait-for.ts";

const TABLE = "CREATE TABLE F (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(50))";

describeDialects(
  "A Galera cluster as the target",
  (dialect) => {
    const missing = missingGalera();
    if (missing !== undefined) {
      test.skip(`skipped: ${missing}`, () => undefined);
      return;
    }
    let nodes: readonly TestServer[] = [];
    let pair: BlueGreen;

    beforeAll(async () => {
      nodes = await startGalera(3);
      const cluster: TestDialect = { ...dialect, server: () => Promise.resolve(nodes[0] as TestServer) };
      pair = await openBlueGreen({
        source: dialect,
        target: cluster,
        sourceVersion: "5.11.0",
        sourceSchema: [TABLE],
        targetSchema: [TABLE],
        tables: ["F"],
      });
      await pair.prepare();
    });
    afterAll(async () => {
      await pair.source.db.close();
      await pair.target.db.close();
      await pair.source.test.drop();
      await Promise.all(nodes.map((node) => node.stop()));
    });

    const connect = (hosts: readonly TestServer[]): Promise<Database> =>
      pair.target.dialect.connect({
        ...pair.target.test.settings,
        hosts: hosts.map(({ host, port }) => ({ host, port })),
        socketTimeoutMs: 20_000,
      });

    test("loses a node during a run, which goes on at another one without losing anything", async () => {
      const [first, second] = nodes;
      if (first === undefined || second === undefined) throw new Error("the cluster has no nodes");
      const size =
        "SELECT VARIABLE_VALUE AS n FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'wsrep_cluster_size'";
      const targetDb = await connect(nodes);
      const other = await connect([second]);
      expect(await other.query(size)).toEqual([{ n: "3" }]);
      const run = startFaultRun(pair, { targetDb });
      const written: string[] = [];
      let isWriting = true;
      const writing = (async () => {
        const session = await pair.source.test.session();
        for (let i = 0; isWriting; i++) {
          await session.exec(`INSERT INTO F VALUES ('row-${i}', 'first')`);
          await session.exec(`UPDATE F SET N = 'second' WHERE ID = 'row-${i}'`);
          written.push(`row-${i}`);
        }
        await session.close();
      })();
      const arrived = async (): Promise<number> => (await other.query("SELECT ID FROM F")).length;
      try {
        await waitFor(async () => (await arrived()) > 200, { what: "the first rows", timeoutMs: 30_000 });
        await first.kill();
        await run.untilRetrying(/./);
        await run.untilRecovered();
        const before = await arrived();
        await waitFor(async () => (await arrived()) > before + 200, {
          what: "rows by way of another node",
          timeoutMs: 30_000,
          facts: () => JSON.stringify(run.troubles()),
        });
      } finally {
        isWriting = false;
        await writing;
      }
      await waitFor(async () => (await arrived()) === written.length, {
        what: "the last row",
        timeoutMs: 30_000,
      });
      await run.stop();
      expect(await other.query("SELECT ID, N FROM F ORDER BY ID")).toEqual(
        await pair.source.db.query("SELECT ID, N FROM F ORDER BY ID"),
      );
      expect(await other.query(size)).toEqual([{ n: "2" }]);
      await targetDb.close();
      await other.close();
    });
  },
  ["mariadb"],
);
