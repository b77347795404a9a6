import type pg from "pg";
import { POOLED, unusable } from "../../db/unusable.ts";

/**
 * Throws when a proxy stands before the server that gives a session of the server to whoever begins a transaction (PgBouncer
 * with pool_mode=transaction or statement, and its like). There the settings that each connection makes are another's later
 * on, and an advisory lock stays with a session that nobody of ours has any more. `pid`: the backend that answered.
 *
 * A server tells its client the process number of the backend at the start (BackendKeyData); a proxy has to make one up, for
 * it cannot know yet who will answer. Where the two differ, a second connection must not be answered by a backend that the
 * first one has.
 */
export async function refusePooledTransactions(
  connection: pg.Client,
  pid: string,
  openAnother: () => Promise<pg.Client>,
): Promise<void> {
  const told = (connection as unknown as { processID?: number | null }).processID;
  if (told === undefined || told === null || String(told) === pid) return;
  const other = await openAnother();
  try {
    // The proxy's other clients may take the backend in between.
    for (let look = 0; look < LOOKS; look++) {
      if ((await backend(other)) === pid || (await backend(connection)) !== pid) throw unusable(POOLED);
    }
  } finally {
    await other.end().catch(() => undefined);
  }
}

const LOOKS = 3;

async function backend(connection: pg.Client): Promise<string> {
  const { rows } = await connection.query<{ pid: string }>("SELECT pg_backend_pid() AS pid");
  return String(rows[0]?.pid);
}
