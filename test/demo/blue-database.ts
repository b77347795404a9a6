/** The database of a WSO2 Identity Server 5.7.0 that has been in use for a while. */

import type { TestDatabase } from "../support/servers/test-server.ts";
import { createTables } from "../support/wso2-tables.ts";

export const SOURCE_VERSION = "5.7.0";

export const SYNCED = [
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
] as const;

export const USERS = 600;
const TOKENS_PER_USER = 5;

/** From 5.7.0 on the server looks a token up by this. */
const hashOf = (token: string): string =>
  `'{"hash":"' || encode(sha256(convert_to(${token}, 'UTF8')), 'hex') || '","algorithm":"SHA-256"}'`;

/** Two tenants with an application each, most users with one ACTIVE token, and older tokens. */
export async function fillBlue(blue: TestDatabase): Promise<void> {
  await blue.exec([
    ...createTables("postgres", SOURCE_VERSION),
    "INSERT INTO IDP (ID, TENANT_ID, NAME) VALUES (1, -1234, 'LOCAL'), (2, 1, 'LOCAL')",
    `INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES
      (1, 'pickup-dispatch', -1234), (2, 'pickup-manager', 1)`,
    `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN (TOKEN_ID, ACCESS_TOKEN, REFRESH_TOKEN, ACCESS_TOKEN_HASH, REFRESH_TOKEN_HASH,
        CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, USER_TYPE, GRANT_TYPE, TIME_CREATED,
        REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, REFRESH_TOKEN_VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE,
        TOKEN_STATE_ID)
      SELECT id, 'at-' || id, 'rt-' || id, ${hashOf("'at-' || id")}, ${hashOf("'rt-' || id")},
        1 + u % 2, 'user' || u, CASE u % 2 WHEN 0 THEN -1234 ELSE 1 END, 'PRIMARY', 'APPLICATION_USER',
        'authorization_code', now() - make_interval(hours => 24 * n + u % 24), now() - make_interval(hours => 24 * n),
        3600000, 86400000, md5('email openid'), CASE WHEN isActive THEN 'ACTIVE' ELSE 'INACTIVE' END,
        CASE WHEN isActive THEN 'NONE' ELSE id END
      FROM generate_series(0, ${USERS - 1}) u, generate_series(0, ${TOKENS_PER_USER - 1}) n,
        LATERAL (SELECT 'old-' || u || '-' || n AS id, n = 0 AND u % 5 <> 0 AS isActive) i`,
    `INSERT INTO IDN_OAUTH2_ACCESS_TOKEN_SCOPE (TOKEN_ID, TOKEN_SCOPE, TENANT_ID)
      SELECT TOKEN_ID, scope, TENANT_ID FROM IDN_OAUTH2_ACCESS_TOKEN, unnest(ARRAY['openid', 'email']) scope`,
    `INSERT INTO IDN_IDENTITY_USER_DATA (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE)
      SELECT CASE u % 2 WHEN 0 THEN -1234 ELSE 1 END, 'user' || u, 'http://wso2.org/claims/identity/' || claim, '0'
      FROM generate_series(0, ${USERS - 1}) u, unnest(ARRAY['lastLogonTime', 'failedLoginAttempts']) claim`,
  ]);
}

/** Rows of each synced table. */
export async function countRows(database: TestDatabase): Promise<readonly (readonly [string, number])[]> {
  return await Promise.all(
    SYNCED.map(async (table) => {
      const [row] = await database.query(`SELECT count(*) AS n FROM ${table}`);
      return [table, Number(row?.["N"])] as const;
    }),
  );
}
