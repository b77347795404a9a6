import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Lab, openLab, TOKENS } from "../lab.ts";
import type { Scenario } from "../scenario.ts";
import { percentile } from "../stats.ts";
import { tokenColumns, tokenValues } from "../token-data.ts";

const PER_SECOND = 300;
const WRITERS = 6;
const SYNC_INTERVAL_MS = 100;

/** From a commit on blue to the row on green, with transactions coming in at a steady rate. */
export const latency: Scenario = {
  name: "latency",
  async run({ server, scale }) {
    const lab = await openLab(server, "5.11.0", [TOKENS]);
    try {
      const found = await latencies(lab, 15_000 / scale);
      return [
        { name: "p50", value: percentile(found, 0.5), unit: "ms", target: { atMost: 120 } },
        { name: "p99", value: percentile(found, 0.99), unit: "ms", target: { atMost: 300 } },
        { name: "transactions", value: found.length, unit: "" },
      ];
    } finally {
      await lab.close();
    }
  },
};

/** Milliseconds of each transaction, a token of 5.11.0, beside a run of its own. */
export async function latencies(lab: Lab, forMs: number): Promise<readonly number[]> {
  const stop = new AbortController();
  const running = lab.drain({ until: "stopped", syncIntervalMs: SYNC_INTERVAL_MS, signal: stop.signal });
  const committedAt = new Map<string, number>();
  const found: number[] = [];
  let isWriting = true;
  const watcher = await lab.target.db.session();
  const watch = async (): Promise<void> => {
    while (isWriting || committedAt.size > 0) {
      const ids = [...committedAt.keys()].slice(0, 400);
      if (ids.length > 0) {
        const rows = await watcher.query(
          `SELECT TOKEN_ID AS id FROM ${TOKENS} WHERE TOKEN_ID IN (${ids.map(() => "?").join(", ")})`,
          ids,
        );
        const now = performance.now();
        for (const row of rows) {
          const id = String(row["id"]);
          found.push(now - (committedAt.get(id) ?? now));
          committedAt.delete(id);
        }
      }
      await delay(5);
    }
  };
  const write = async (until: number): Promise<void> => {
    const session = await lab.source.test.session();
    for (let n = 0; performance.now() < until; n++) {
      const due = performance.now() + (1000 * WRITERS) / PER_SECOND;
      const id = randomUUID();
      await session.exec(
        `INSERT INTO ${TOKENS} (${tokenColumns(true)}) VALUES ${tokenValues(id, n, true).replace("'scope", `'${id.slice(0, 8)}`)}`,
      );
      committedAt.set(id, performance.now());
      await delay(Math.max(0, due - performance.now()));
    }
    await session.close();
  };
  try {
    const until = performance.now() + forMs;
    const watching = watch();
    await Promise.all(Array.from({ length: WRITERS }, () => write(until)));
    isWriting = false;
    await watching;
    return found;
  } finally {
    stop.abort();
    await running;
    await watcher.release();
  }
}
