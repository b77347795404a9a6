import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { SCOPES, TOKENS } from "./lab.ts";
import { percentile } from "./stats.ts";
import { tokenColumns, tokenValues } from "./token-data.ts";

const WRITERS = 8;

/** A token with two scopes, as a login stores it. */
export function tokenInserts(id: string, n: number): string {
  const token = tokenValues(id, n, false).replace(`'scope${n}'`, `'${scopeHash(id)}'`);
  return `INSERT INTO ${TOKENS} (${tokenColumns(false)}) VALUES ${token}; INSERT INTO ${SCOPES} (TOKEN_ID, TOKEN_SCOPE) VALUES ('${id}', 'openid'), ('${id}', 'email')`;
}

const scopeHash = (id: string): string => id.slice(0, 32);

/**
 * What Identity Server asks and writes for a token that replaces the user's last one: the application, the token that is
 * still active, its scopes; then that one's state, the new token and its scopes. One round trip for all of it: the
 * server is measured, not this program.
 */
function loginScript(id: string, n: number, last: { readonly id: string; readonly n: number }): string {
  return [
    "BEGIN",
    "SELECT ID, CONSUMER_KEY, CONSUMER_SECRET, APP_NAME FROM IDN_OAUTH_CONSUMER_APPS WHERE CONSUMER_KEY = 'app'",
    `SELECT ACCESS_TOKEN, REFRESH_TOKEN, TOKEN_ID, TIME_CREATED, VALIDITY_PERIOD FROM ${TOKENS} WHERE CONSUMER_KEY_ID = (SELECT ID FROM IDN_OAUTH_CONSUMER_APPS WHERE CONSUMER_KEY = 'app') AND AUTHZ_USER = 'user${last.n % 5000}' AND TENANT_ID = -1234 AND USER_DOMAIN = 'PRIMARY' AND TOKEN_SCOPE_HASH = '${scopeHash(last.id)}' AND TOKEN_STATE = 'ACTIVE' ORDER BY TIME_CREATED DESC LIMIT 1`,
    `SELECT TOKEN_SCOPE FROM ${SCOPES} WHERE TOKEN_ID = '${last.id}'`,
    `UPDATE ${TOKENS} SET TOKEN_STATE = 'INACTIVE', TOKEN_STATE_ID = '${id}' WHERE TOKEN_ID = '${last.id}'`,
    tokenInserts(id, n),
    "COMMIT",
  ].join("; ");
}

export interface Logins {
  readonly count: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const pause = async (ms: number): Promise<void> => {
  if (ms > 0) await delay(ms);
};

export interface LoginsWanted {
  readonly forMs?: number;
  readonly perSecond?: number;
  readonly signal?: AbortSignal;
}

/** Eight connections that log users in; kept open, as a server's pool keeps them: what a new one has to load is no login. */
export interface Writers {
  /** Each logs in, one transaction after the other, for that long or until the signal; no more than so many per second. */
  logIn(how: LoginsWanted): Promise<Logins>;
  close(): Promise<void>;
}

export async function openWriters(blue: TestDatabase): Promise<Writers> {
  const writers = await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const session = await blue.session();
      const id: string = randomUUID();
      await session.exec(tokenInserts(id, 0));
      return { session, last: { id, n: 0 } };
    }),
  );
  return {
    async logIn({ forMs = Number.POSITIVE_INFINITY, perSecond = Number.POSITIVE_INFINITY, signal }) {
      const times: number[] = [];
      const begin = performance.now();
      const write = async (writer: (typeof writers)[number]): Promise<void> => {
        for (let n = writer.last.n + 1; performance.now() < begin + forMs && signal?.aborted !== true; n++) {
          const id = randomUUID();
          const started = performance.now();
          await writer.session.exec(loginScript(id, n, writer.last));
          times.push(performance.now() - started);
          writer.last = { id, n };
          await pause(started + (1_000 * WRITERS) / perSecond - performance.now());
        }
      };
      await Promise.all(writers.map(write));
      const seconds = (performance.now() - begin) / 1000;
      return {
        count: times.length,
        perSecond: times.length / seconds,
        p50Ms: percentile(times, 0.5),
        p99Ms: percentile(times, 0.99),
      };
    },
    async close() {
      await Promise.all(writers.map(({ session }) => session.close()));
    },
  };
}
