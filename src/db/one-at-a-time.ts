import { createTurns } from "../util/turns.ts";
import type { Database } from "./database.ts";

export interface OneAtATime {
  readonly db: Database;
  /** Waits for the statement that is under way. */
  settled(): Promise<void>;
}

/**
 * The same database for work that is to leave the pool's other connections to others: one statement of its own at a time, and
 * none any more once the signal is aborted. A pool that is closed while it is asked for more would wait for a connection.
 */
export function oneAtATime(db: Database, signal: AbortSignal): OneAtATime {
  const turns = createTurns(1);
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const end = await turns.take();
    try {
      signal.throwIfAborted();
      return await work();
    } finally {
      end();
    }
  };
  return {
    db: {
      ...db,
      query: (sql, params, options) => inTurn(() => db.query(sql, params, options)),
      execute: (sql, params) => inTurn(() => db.execute(sql, params)),
    },
    async settled() {
      const end = await turns.take();
      end();
    },
  };
}
