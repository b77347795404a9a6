/** Rows of a 5.0.0 server, as statements: its tokens and codes are keys, its applications have no number. */

export const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
export const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
export const CODES = "IDN_OAUTH2_AUTHORIZATION_CODE";

/** A token as 5.0.0 writes it. */
export function login(token: string, own: Partial<Record<string, string | null>> = {}): string {
  const row = {
    ACCESS_TOKEN: token,
    CONSUMER_KEY: "app-1",
    AUTHZ_USER: "ann@carbon.super",
    USER_TYPE: "APPLICATION_USER",
    TIME_CREATED: "2015-03-04 05:06:07",
    VALIDITY_PERIOD: "3600000",
    TOKEN_SCOPE: "openid email",
    TOKEN_STATE: "ACTIVE",
    TOKEN_STATE_ID: "NONE",
    ...own,
  };
  return insert(TOKENS, row);
}

export function insert(table: string, row: Readonly<Record<string, string | null | undefined>>): string {
  const text = (value: string | null | undefined): string => (value == null ? "NULL" : `'${value}'`);
  return `INSERT INTO ${table} (${Object.keys(row).join(", ")}) VALUES (${Object.values(row).map(text).join(", ")})`;
}

/** For the target: what transforming the rows of a 5.0.0 server looks up. */
export const TENANTS = [
  "CREATE TABLE UM_TENANT (UM_ID INTEGER NOT NULL, UM_DOMAIN_NAME VARCHAR(255) NOT NULL, PRIMARY KEY (UM_ID))",
  "INSERT INTO UM_TENANT (UM_ID, UM_DOMAIN_NAME) VALUES (1, 'example.com'), (2, 'other.org')",
];
export const PARENTS = [
  "INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (7, -1234, 'LOCAL', 'u7'), (8, 1, 'LOCAL', 'u8')",
  "INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (5, 'app-1', -1234), (6, 'app-2', 1)",
];
