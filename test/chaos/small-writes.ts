/** Transactions over many tables that have nothing to do with each other; many think better of it. */

import { setTimeout as delay } from "node:timers/promises";
import type { TestDatabase, TestSession } from "../support/servers/test-server.ts";
import { createRandom, type Random } from "./random.ts";
import type { Workload } from "./workload.ts";

const WRITERS = 4;
const KEYS = 30;

/** Each writer has keys of its own, so that none waits for another. Tables have the columns ID and N. */
export function startSmallWrites(source: TestDatabase, tables: readonly string[], seed: number): Workload {
  let isStopped = false;
  let committed = 0;
  const writer = async (index: number): Promise<void> => {
    const random = createRandom(seed + index);
    const session = await source.session();
    while (!isStopped) {
      // A deadlock's victim begins anew: on MySQL two may wait for gaps between their keys.
      if (await transaction(session, random, tables, `w${index}`).catch(() => false)) committed += 1;
      else await session.exec("ROLLBACK");
      await delay(random.below(100));
    }
    await session.close();
  };
  const writers = Array.from({ length: WRITERS }, (_, index) => writer(index));
  return {
    committed: () => committed,
    async stop() {
      isStopped = true;
      await Promise.all(writers);
    },
  };
}

/** False when it thought better of it. */
async function transaction(
  session: TestSession,
  random: Random,
  tables: readonly string[],
  writer: string,
): Promise<boolean> {
  await session.exec("BEGIN");
  for (let piece = 0; piece <= random.below(4); piece++)
    await session.exec(write(random, random.pick(tables), writer));
  if (random.chance(0.05)) await delay(random.below(1_500));
  if (!random.chance(0.85)) return false;
  await session.exec("COMMIT");
  return true;
}

function write(random: Random, table: string, writer: string): string {
  const id = `${writer}-${random.below(KEYS)}`;
  const value = `${random.below(1_000_000)} é 😀`;
  switch (random.below(4)) {
    case 0:
      return `DELETE FROM ${table} WHERE ID = '${id}'`;
    case 1:
      return `UPDATE ${table} SET N = '${value}' WHERE ID = '${id}'`;
    default:
      return `INSERT INTO ${table} (ID, N) SELECT '${id}', '${value}' FROM (SELECT 1 AS one) AS x WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE ID = '${id}')`;
  }
}
