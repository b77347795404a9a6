import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/database.ts";
import { type BlueGreen, openBlueGreen } from "../support/blue-green.ts";
import { countConnections } from "../support/count-connections.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import { waitFor } from "../support/wait-for.ts";

const nameOf = (n: number): string => `G${n}`;
const create = (n: number): string =>
  `CREATE TABLE ${nameOf(n)} (ID VARCHAR(20) NOT NULL PRIMARY KEY, N VARCHAR(20))`;

describeDialects("Tables without foreign keys", (dialect) => {
  describe.each(testEnv.groups())("%i of them", (count) => {
    const numbers = Array.from({ length: count }, (_, n) => n);
    let pair: BlueGreen;
    const opened: Database[] = [];
    beforeAll(async () => {
      pair = await openBlueGreen({
        source: dialect,
        sourceVersion: "5.11.0",
        sourceSchema: numbers.map(create),
        targetSchema: numbers.map(create),
        tables: numbers.map(nameOf),
      });
      await pair.prepare();
    });
    afterEach(async () => {
      for (const db of opened.splice(0)) await db.close();
    });
    afterAll(() => pair.close());

    const connect = async (side: "source" | "target", max: number): Promise<Database> => {
      const { dialect: product, test: database } = pair[side];
      const db = await product.connect({
        ...database.settings,
        // A wait for a connection that others of ours have is no failure, however short this is.
        pool: { max, acquireTimeoutMs: 2_000 },
      });
      opened.push(db);
      return db;
    };

    test("share the fewest connections that a run can have, and every row arrives", async () => {
      expect((await pair.plan()).groups).toHaveLength(count);
      for (const n of numbers)
        await pair.source.test.exec(`INSERT INTO ${nameOf(n)} (ID, N) VALUES ('a', 'x'), ('b', 'y')`);
      const [sourceDb, targetDb] = [await connect("source", 3), await connect("target", 3)];
      const connections = async (): Promise<readonly number[]> => [
        await countConnections(pair.source.test),
        await countConnections(pair.target.test),
      ];
      const before = await connections();
      const stop = new AbortController();
      const failures: string[] = [];
      let most: readonly number[] = [0, 0];
      const running = pair.run({
        sourceDb,
        targetDb,
        until: "stopped",
        signal: stop.signal,
        events: { retrying: (_group, reason) => failures.push(reason) },
      });
      try {
        const missing = new Set(numbers);
        await waitFor(
          async () => {
            const now = await connections();
            most = most.map((n, side) => Math.max(n, (now[side] ?? 0) - (before[side] ?? 0)));
            for (const n of missing)
              if ((await pair.rows("target", nameOf(n))).length === 2) missing.delete(n);
              else break;
            return missing.size === 0;
          },
          { what: "every row on the target", timeoutMs: 90_000, facts: () => failures.join("\n") },
        );
      } finally {
        stop.abort();
        await running;
      }
      expect(failures).toEqual([]);
      expect(most[0]).toBeLessThanOrEqual(3);
      expect(most[1]).toBeLessThanOrEqual(3);
    });

    test("stand by together, and Node has nothing to warn of", async () => {
      const stop = new AbortController();
      const warnings: string[] = [];
      const warned = (warning: Error): void => void warnings.push(warning.name);
      process.on("warning", warned);
      const idle = new Set<string>();
      const standing = new Set<string>();
      const run = (events: Parameters<BlueGreen["run"]>[0]) =>
        pair.run({ ...events, until: "stopped", signal: stop.signal });
      const first = run({ events: { idle: (table) => idle.add(table) } });
      const runs = [first];
      try {
        await waitFor(() => idle.size === count, { what: "the first runner to work", timeoutMs: 60_000 });
        runs.push(run({ events: { standby: (group) => standing.add(group) } }));
        await waitFor(() => standing.size === count, {
          what: "the second one to stand by",
          timeoutMs: 60_000,
        });
      } finally {
        stop.abort();
        await Promise.all(runs);
        process.off("warning", warned);
      }
      expect(warnings).toEqual([]);
    });
  });
});
