/** Users at work on one side, each connection with its own users, until stopped. */

import { createHash } from "node:crypto";
import type { TestDatabase, TestSession } from "../support/servers/test-server.ts";
import { USERS } from "./blue-database.ts";

export interface Totals {
  logins: number;
  refreshes: number;
  logouts: number;
  failedLogins: number;
  /** Old tokens deleted, as the server's token cleanup does; their scopes go by cascade. */
  deletions: number;
  rollbacks: number;
  /** Transactions that were held open while others came and went. */
  slow: number;
}

export interface Traffic {
  readonly totals: Totals;
  /** Lets every connection finish its transaction. */
  stop(): Promise<void>;
}

export const CONNECTIONS = 6;
const PAUSE_MS = 12;
const SLOW_MS = 400;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts the users of a side; `name` distinguishes their tokens from those of an earlier call. */
export async function startTraffic(
  database: TestDatabase,
  name: string,
  side: "blue" | "green" = "blue",
): Promise<Traffic> {
  const totals: Totals = {
    logins: 0,
    refreshes: 0,
    logouts: 0,
    failedLogins: 0,
    deletions: 0,
    rollbacks: 0,
    slow: 0,
  };
  let isStopped = false;
  const active = await database.query(
    "SELECT TOKEN_ID, AUTHZ_USER FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_STATE = 'ACTIVE'",
  );
  const tokens = new Map(active.map((row) => [String(row["AUTHZ_USER"]), String(row["TOKEN_ID"])]));

  async function connection(index: number): Promise<void> {
    const session = await database.session();
    for (let turn = 0; !isStopped; turn++) {
      const user = index + CONNECTIONS * ((turn * 7) % Math.floor(USERS / CONNECTIONS));
      await act(session, tokens, totals, { user, turn, id: `${name}-${index}-${turn}`, side });
      await pause(PAUSE_MS);
    }
    await session.close();
  }
  const work = Promise.all(Array.from({ length: CONNECTIONS }, (_, index) => connection(index)));
  // Whoever stops the traffic learns of a failure.
  work.catch(() => undefined);
  return {
    totals,
    async stop() {
      isStopped = true;
      await work;
    },
  };
}

interface Turn {
  readonly user: number;
  readonly turn: number;
  /** Of the token that a login or refresh makes. */
  readonly id: string;
  readonly side: "blue" | "green";
}

/** What 5.11.0 writes more of a row than 5.7.0: the identity provider of the tenant. */
const idpOf = ({ user, side }: Turn): { readonly column: string; readonly value: string } =>
  side === "blue" ? { column: "", value: "" } : { column: ", IDP_ID", value: `, ${user % 2 === 0 ? 1 : 2}` };

/** One transaction of one user. */
async function act(
  session: TestSession,
  tokens: Map<string, string>,
  totals: Totals,
  now: Turn,
): Promise<void> {
  const user = `user${now.user}`;
  const current = tokens.get(user);
  const isSlow = now.turn % 40 === 17;
  const commit = async (sql: readonly string[]): Promise<void> => {
    await session.exec(["BEGIN", ...sql]);
    if (isSlow) await pause(SLOW_MS);
    await session.exec("COMMIT");
    if (isSlow) totals.slow += 1;
  };
  if (now.turn % 9 === 4) {
    await commit([setClaim(now.user, "failedLoginAttempts", String(now.turn))]);
    totals.failedLogins += 1;
  } else if (now.turn % 11 === 5) {
    await commit([
      `DELETE FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID = 'old-${now.user}-${1 + (now.turn % 4)}'`,
    ]);
    totals.deletions += 1;
  } else if (current === undefined) {
    await commit(logIn(now));
    tokens.set(user, now.id);
    totals.logins += 1;
  } else if (now.turn % 5 === 3) {
    await commit([retire(current, "REVOKED")]);
    tokens.delete(user);
    totals.logouts += 1;
  } else if (now.turn % 7 === 2) {
    // The positions that its changes have taken stay empty for ever.
    await session.exec(["BEGIN", retire(current, "INACTIVE"), ...newToken(now), "ROLLBACK"]);
    totals.rollbacks += 1;
  } else {
    await commit([retire(current, "INACTIVE"), ...newToken(now)]);
    tokens.set(user, now.id);
    totals.refreshes += 1;
  }
}

const tenantOf = (user: number): number => (user % 2 === 0 ? -1234 : 1);

const hashOf = (value: string): string =>
  JSON.stringify({ hash: createHash("sha256").update(value).digest("hex"), algorithm: "SHA-256" });

function newToken(now: Turn): readonly string[] {
  const { user, id } = now;
  const idp = idpOf(now);
  return [
    `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, ACCESS_TOKEN, REFRESH_TOKEN, ACCESS_TOKEN_HASH, REFRESH_TOKEN_HASH,
        CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, USER_TYPE, GRANT_TYPE, TIME_CREATED,
        REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, REFRESH_TOKEN_VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE${idp.column})
      VALUES ('${id}', 'at-${id}', 'rt-${id}', '${hashOf(`at-${id}`)}', '${hashOf(`rt-${id}`)}', ${1 + (user % 2)},
        'user${user}', ${tenantOf(user)}, 'PRIMARY', 'APPLICATION_USER', 'refresh_token', clock_timestamp(),
        clock_timestamp(), 3600000, 86400000, md5('email openid'), 'ACTIVE'${idp.value})`,
    `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE, TENANT_ID)
      VALUES ('${id}', 'openid', ${tenantOf(user)}), ('${id}', 'email', ${tenantOf(user)})`,
  ];
}

function logIn(now: Turn): readonly string[] {
  const { user, id } = now;
  const idp = idpOf(now);
  return [
    `INSERT INTO IDN_OAUTH2_AUTHORIZATION_CODE (CODE_ID, AUTHORIZATION_CODE, AUTHORIZATION_CODE_HASH, CONSUMER_KEY_ID,
        AUTHZ_USER, TENANT_ID, USER_DOMAIN, TIME_CREATED, VALIDITY_PERIOD, STATE${idp.column})
      VALUES ('${id}', 'code-${id}', '${hashOf(`code-${id}`)}', ${1 + (user % 2)}, 'user${user}', ${tenantOf(user)},
        'PRIMARY', clock_timestamp(), 300000, 'ACTIVE'${idp.value})`,
    ...newToken(now),
    `UPDATE IDN_OAUTH2_AUTHORIZATION_CODE SET STATE = 'INACTIVE', TOKEN_ID = '${id}' WHERE CODE_ID = '${id}'`,
    setClaim(user, "lastLogonTime", String(Date.now())),
  ];
}

const retire = (token: string, state: string): string =>
  `UPDATE IDN_OAUTH2_ACCESS_TOKEN SET TOKEN_STATE = '${state}', TOKEN_STATE_ID = '${token}' WHERE TOKEN_ID = '${token}'`;

const setClaim = (user: number, claim: string, value: string): string =>
  `INSERT INTO IDN_IDENTITY_USER_DATA (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE)
    VALUES (${tenantOf(user)}, 'user${user}', 'http://wso2.org/claims/identity/${claim}', '${value}')
    ON CONFLICT (TENANT_ID, USER_NAME, DATA_KEY) DO UPDATE SET DATA_VALUE = excluded.DATA_VALUE`;
