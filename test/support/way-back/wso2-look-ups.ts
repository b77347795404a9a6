/**
 * What a server of blue's release asks for when somebody shows it a token, a refresh token or an authorization code: the same
 * tables, joins and conditions, of the columns those that tell whose it is.
 *
 * Facts: class SQLQueries of org.wso2.carbon.identity.oauth, in public states of its repository:
 * - 5.1.0: wso2-attic/carbon-identity at 011948d;
 * - 5.2.0 to 5.4.0: identity-inbound-auth-oauth before hash columns, e.g. Pushpalanka's fork at c5969e6;
 * - 5.5.0 to 5.7.0: with hash columns, e.g. Akila94's fork at 02cf70c;
 * - 5.8.0 to 5.10.0: the queries ..._IDP_NAME, which the server takes where the column IDP_ID is there: at 007d6b7 of
 *   wso2-extensions/identity-inbound-auth-oauth (a later state, which selects more columns).
 *
 * Each: RETRIEVE_ACTIVE_ACCESS_TOKEN, RETRIEVE_ACCESS_TOKEN_VALIDATION_DATA, VALIDATE_AUTHZ_CODE.
 */
import { compareVersions, type IsVersion } from "../../../src/config/versions.ts";

export interface Wso2LookUps {
  /** By the token. */
  readonly accessToken: string;
  /** By the application's key and the refresh token. */
  readonly refreshToken: string;
  /** By the application's key and the code. */
  readonly code: string;
}

const APP = "(SELECT ID FROM IDN_OAUTH_CONSUMER_APPS WHERE CONSUMER_KEY = ?)";
const SCOPES = "LEFT JOIN IDN_OAUTH2_ACCESS_TOKEN_SCOPE S ON T.TOKEN_ID = S.TOKEN_ID";

/** `column` has the suffix _HASH where tokens are found by their hashes; `idp` joins the provider where the release does. */
const lookUps = (
  suffix: "" | "_HASH",
  idp: { name: string; ofToken: string; ofCode: string },
): Wso2LookUps => ({
  accessToken:
    `SELECT T.TOKEN_ID, A.CONSUMER_KEY, T.AUTHZ_USER, T.USER_DOMAIN, S.TOKEN_SCOPE${idp.name} FROM ` +
    `(SELECT * FROM IDN_OAUTH2_ACCESS_TOKEN WHERE ACCESS_TOKEN${suffix} = ? AND TOKEN_STATE = 'ACTIVE') T ` +
    `JOIN IDN_OAUTH_CONSUMER_APPS A ON T.CONSUMER_KEY_ID = A.ID ${SCOPES}${idp.ofToken}`,
  refreshToken:
    `SELECT T.TOKEN_ID, T.AUTHZ_USER, T.USER_DOMAIN, T.TOKEN_STATE, S.TOKEN_SCOPE${idp.name} FROM ` +
    `(SELECT * FROM IDN_OAUTH2_ACCESS_TOKEN WHERE CONSUMER_KEY_ID = ${APP} AND REFRESH_TOKEN${suffix} = ? ` +
    `ORDER BY TIME_CREATED DESC LIMIT 1) T ${SCOPES}${idp.ofToken}`,
  code:
    `SELECT C.CODE_ID, C.AUTHZ_USER, C.USER_DOMAIN, C.STATE${idp.name} FROM IDN_OAUTH2_AUTHORIZATION_CODE C` +
    `${idp.ofCode} WHERE C.CONSUMER_KEY_ID = ${APP} AND C.AUTHORIZATION_CODE${suffix} = ?`,
});

const NO_IDP = { name: "", ofToken: "", ofCode: "" };
const IDP = {
  name: ", IDP.NAME",
  ofToken: " JOIN IDP ON T.IDP_ID = IDP.ID",
  ofCode: " JOIN IDP ON C.IDP_ID = IDP.ID AND C.TENANT_ID = IDP.TENANT_ID",
};

/** By the release from which on they are asked. */
const LOOK_UPS: readonly (readonly [IsVersion, Wso2LookUps])[] = [
  ["5.8.0", lookUps("_HASH", IDP)],
  ["5.5.0", lookUps("_HASH", NO_IDP)],
  ["5.1.0", lookUps("", NO_IDP)],
];

export function wso2LookUps(release: IsVersion): Wso2LookUps {
  const found = LOOK_UPS.find(([since]) => compareVersions(release, since) >= 0);
  if (found === undefined) throw new Error(`no queries of ${release} are known`);
  return found[1];
}
