/** Users at work on a source database of 5.1.0 or later: logins, refreshes, logouts, changed data, rollbacks. */

import type { TestDatabase, TestSession } from "./servers/test-server.ts";

export interface TrafficOptions {
  /** Connections that work at the same time. Default 4. */
  readonly writers?: number;
  /** Transactions of each connection. Default 100. */
  readonly transactions?: number;
  /** Distinguishes the rows of several calls. Default `t`. */
  readonly name?: string;
}

const SUPER_TENANT = -1234;

/** What traffic needs: the LOCAL identity providers of two tenants and one application. */
export const TRAFFIC_PARENTS: readonly string[] = [
  "INSERT INTO IDP (ID, TENANT_ID, NAME) VALUES (1, -1234, 'LOCAL'), (2, 1, 'LOCAL')",
  "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (1, 'pickup-dispatch', -1234)",
];

function login(id: string, tenant: number): string[] {
  return [
    "INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, ACCESS_TOKEN, REFRESH_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, " +
      "TENANT_ID, USER_DOMAIN, USER_TYPE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, " +
      "REFRESH_TOKEN_VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE) " +
      `VALUES ('${id}', 'at-${id}', 'rt-${id}', 1, '😀 ${id}', ${tenant}, 'PRIMARY', 'APPLICATION_USER', ` +
      "CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 3600000, 86400000, 'hash', 'ACTIVE')",
    `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE, TENANT_ID) VALUES ('${id}', 'openid', ${tenant}), ('${id}', 'email', ${tenant})`,
  ];
}

/** The statements of one transaction; each kind of change comes up in turn. */
function work(name: string, turn: number): string[] {
  const id = `${name}-${turn}`;
  const earlier = `${name}-${turn - (turn % 7 === 3 ? 3 : 1)}`;
  const tenant = turn % 3 === 0 ? 1 : SUPER_TENANT;
  switch (turn % 7) {
    case 3:
      return [
        `UPDATE IDN_OAUTH2_ACCESS_TOKEN SET TOKEN_STATE = 'INACTIVE', TOKEN_STATE_ID = '${id}' WHERE TOKEN_ID = '${earlier}'`,
        ...login(id, tenant),
      ];
    case 4:
      return [`DELETE FROM IDN_OAUTH2_ACCESS_TOKEN WHERE TOKEN_ID = '${earlier}'`];
    case 5:
      return [
        "INSERT INTO IDN_IDENTITY_USER_DATA (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) " +
          `VALUES (${tenant}, '${id}', 'http://wso2.org/claims/identity/lastLogonTime', '${turn}')`,
      ];
    case 6:
      return [`UPDATE IDN_IDENTITY_USER_DATA SET DATA_VALUE = NULL WHERE USER_NAME = '${earlier}'`];
    default:
      return login(id, tenant);
  }
}

async function write(session: TestSession, name: string, transactions: number): Promise<void> {
  for (let turn = 0; turn < transactions; turn++) {
    await session.exec("BEGIN");
    await session.exec(work(name, turn));
    // A login that is rolled back leaves a hole in the journal's positions.
    await session.exec(turn % 7 === 2 ? "ROLLBACK" : "COMMIT");
  }
}

/** Runs the traffic to its end. Rolled-back transactions are part of it. */
export async function runTraffic(source: TestDatabase, options: TrafficOptions = {}): Promise<void> {
  const { writers = 4, transactions = 100, name = "t" } = options;
  const sessions = await Promise.all(Array.from({ length: writers }, () => source.session()));
  try {
    await Promise.all(sessions.map((session, index) => write(session, `${name}${index}`, transactions)));
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
}
