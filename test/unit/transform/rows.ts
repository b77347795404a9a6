/** Source rows of each release, as the journals hold them, for the transformation tests. */
import type { Row } from "../../../src/row.ts";

export const ACCESS_TOKEN = "IDN_OAUTH2_ACCESS_TOKEN";
export const SCOPE = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
export const CODE = "IDN_OAUTH2_AUTHORIZATION_CODE";
export const USER_DATA = "IDN_IDENTITY_USER_DATA";

export const VERSIONS = [
  "5.1.0",
  "5.2.0",
  "5.3.0",
  "5.4.0",
  "5.4.1",
  "5.5.0",
  "5.6.0",
  "5.7.0",
  "5.8.0",
  "5.9.0",
  "5.10.0",
] as const;
export type Version = (typeof VERSIONS)[number];

// Every digest was worked out with sha256sum: printf %s plain-token-1 | sha256sum
export const ACCESS_HEX = "de004c6a755605e3548aa430a34d7daca471e8d5494b58e2406b96b7f2367d5b";
export const REFRESH_HEX = "bd473e5dcdce2510c2df4f0c5a54a605fa3647fe74afae20a8cdb8b91b1a1f63";
export const CODE_HEX = "51bd6639fed7c0b4826af6c06bfe4f4cce3aa7a8db3653978cd4d88ad0a18a8a";
export const ACCESS_JSON =
  '{"hash":"de004c6a755605e3548aa430a34d7daca471e8d5494b58e2406b96b7f2367d5b","algorithm":"SHA-256"}';
export const REFRESH_JSON =
  '{"hash":"bd473e5dcdce2510c2df4f0c5a54a605fa3647fe74afae20a8cdb8b91b1a1f63","algorithm":"SHA-256"}';
export const CODE_JSON =
  '{"hash":"51bd6639fed7c0b4826af6c06bfe4f4cce3aa7a8db3653978cd4d88ad0a18a8a","algorithm":"SHA-256"}';

/** A token row with the columns that every release from 5.1.0 on has. */
export const tokenRow: Row = {
  TOKEN_ID: "tid-1",
  ACCESS_TOKEN: "plain-token-1",
  REFRESH_TOKEN: "refresh-1",
  CONSUMER_KEY_ID: "3",
  AUTHZ_USER: "ann",
  TENANT_ID: "-1234",
  USER_DOMAIN: "PRIMARY",
  USER_TYPE: "APPLICATION_USER",
  GRANT_TYPE: "authorization_code",
  TIME_CREATED: "2021-03-28 02:30:00.123456",
  REFRESH_TOKEN_TIME_CREATED: "2021-03-28 02:30:00.123456",
  VALIDITY_PERIOD: "3600000",
  REFRESH_TOKEN_VALIDITY_PERIOD: "84600000",
  TOKEN_SCOPE_HASH: "5d1f6ecd4ce3ba3ec5d65ee8b51b6b32",
  TOKEN_STATE: "ACTIVE",
  TOKEN_STATE_ID: "NONE",
  SUBJECT_IDENTIFIER: "ann@carbon.super",
};

/** A code row with the columns that every release from 5.1.0 on has. */
export const codeRow: Row = {
  CODE_ID: "cid-1",
  AUTHORIZATION_CODE: "code-1",
  CONSUMER_KEY_ID: "3",
  CALLBACK_URL: "https://app.example/cb",
  SCOPE: "openid",
  AUTHZ_USER: "ann",
  TENANT_ID: "7",
  USER_DOMAIN: "LDAP",
  TIME_CREATED: "2021-03-28 02:30:00",
  VALIDITY_PERIOD: "300000",
  STATE: "ACTIVE",
  TOKEN_ID: null,
  SUBJECT_IDENTIFIER: "ann@wso2.example",
};

export const scopeRow: Row = { TOKEN_ID: "tid-1", TOKEN_SCOPE: "openid", TENANT_ID: "-1234" };

export const userDataRow: Row = {
  TENANT_ID: "-1234",
  USER_NAME: "ann",
  DATA_KEY: "http://wso2.org/claims/identity/accountLocked",
  DATA_VALUE: "false",
};

/** What a release adds to a token row, for a token whose hashes are in order and whose provider is number 42. */
export function tokenColumnsOf(version: Version): Row {
  switch (version) {
    case "5.1.0":
    case "5.2.0":
    case "5.3.0":
    case "5.4.0":
    case "5.4.1":
      return {};
    case "5.5.0":
    case "5.6.0":
      return { ACCESS_TOKEN_HASH: ACCESS_HEX, REFRESH_TOKEN_HASH: REFRESH_HEX };
    case "5.7.0":
      return { ACCESS_TOKEN_HASH: ACCESS_JSON, REFRESH_TOKEN_HASH: REFRESH_JSON };
    case "5.8.0":
    case "5.9.0":
      return { ACCESS_TOKEN_HASH: ACCESS_JSON, REFRESH_TOKEN_HASH: REFRESH_JSON, IDP_ID: "42" };
    case "5.10.0":
      return {
        ACCESS_TOKEN_HASH: ACCESS_JSON,
        REFRESH_TOKEN_HASH: REFRESH_JSON,
        IDP_ID: "42",
        TOKEN_BINDING_REF: "NONE",
      };
  }
}

/** The same for a code row. */
export function codeColumnsOf(version: Version): Row {
  const pkce: Row = version === "5.1.0" ? {} : { PKCE_CODE_CHALLENGE: "", PKCE_CODE_CHALLENGE_METHOD: null };
  switch (version) {
    case "5.1.0":
    case "5.2.0":
    case "5.3.0":
    case "5.4.0":
    case "5.4.1":
      return pkce;
    case "5.5.0":
    case "5.6.0":
      return { ...pkce, AUTHORIZATION_CODE_HASH: CODE_HEX };
    case "5.7.0":
      return { ...pkce, AUTHORIZATION_CODE_HASH: CODE_JSON };
    case "5.8.0":
    case "5.9.0":
    case "5.10.0":
      return { ...pkce, AUTHORIZATION_CODE_HASH: CODE_JSON, IDP_ID: "42" };
  }
}
