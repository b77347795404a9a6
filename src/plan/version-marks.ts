/**
 * The columns and tables that tell one release's database from another's.
 *
 * Sources: WSO2's scripts for fresh databases of each release (carbon-identity-framework, features/identity-core,
 * dbscripts) and those of its migration client (identity-migration-resources, migration-resources/<version>/dbscripts). A mark
 * is one that both leave, so that upgraded databases have it as fresh ones do. Order of columns, widths, defaults and keys
 * differ between the two, or are changed by hand, and are no marks.
 */
import type { IsVersion } from "../config/versions.ts";

export interface VersionMark {
  readonly table: string;
  /** Absent: the table itself is the mark. */
  readonly column?: string;
  /** The first release that has it: a database without it is older. */
  readonly since: IsVersion;
  /** The oldest release that may have it by an update, where that is older than `since`. */
  readonly updatesSince?: IsVersion;
}

export const VERSION_MARKS: readonly VersionMark[] = [
  { table: "IDN_OAUTH2_ACCESS_TOKEN", column: "TOKEN_ID", since: "5.1.0" },
  { table: "IDN_OAUTH2_AUTHORIZATION_CODE", column: "CODE_ID", since: "5.1.0" },
  { table: "IDN_OAUTH_CONSUMER_APPS", column: "USER_DOMAIN", since: "5.1.0" },
  // The servers look at run time whether these are there: an update brought PKCE to 5.1.0.
  {
    table: "IDN_OAUTH2_AUTHORIZATION_CODE",
    column: "PKCE_CODE_CHALLENGE",
    since: "5.2.0",
    updatesSince: "5.1.0",
  },
  { table: "IDN_OAUTH_CONSUMER_APPS", column: "PKCE_MANDATORY", since: "5.2.0", updatesSince: "5.1.0" },
  { table: "IDN_OAUTH_CONSUMER_APPS", column: "APP_STATE", since: "5.3.0" },
  { table: "IDN_OAUTH_CONSUMER_APPS", column: "USER_ACCESS_TOKEN_EXPIRE_TIME", since: "5.4.0" },
  // The client adds these "if missing", and removes a CONSUMER_SECRET_HASH that no release has: an update of 5.4 had them.
  { table: "IDN_OAUTH2_ACCESS_TOKEN", column: "ACCESS_TOKEN_HASH", since: "5.5.0", updatesSince: "5.4.0" },
  {
    table: "IDN_OAUTH2_AUTHORIZATION_CODE",
    column: "AUTHORIZATION_CODE_HASH",
    since: "5.5.0",
    updatesSince: "5.4.0",
  },
  { table: "IDN_OAUTH_CONSUMER_APPS", column: "ID_TOKEN_EXPIRE_TIME", since: "5.6.0" },
  { table: "IDN_OAUTH2_ACCESS_TOKEN_AUDIT", since: "5.7.0", updatesSince: "5.4.0" },
  // Updates brought IDP_ID to older releases: the scripts ask whether it is there, and so do the servers.
  { table: "IDN_OAUTH2_ACCESS_TOKEN", column: "IDP_ID", since: "5.8.0", updatesSince: "5.1.0" },
  { table: "IDN_OAUTH2_AUTHORIZATION_CODE", column: "IDP_ID", since: "5.8.0", updatesSince: "5.1.0" },
  { table: "IDN_SAML2_ASSERTION_STORE", column: "ASSERTION", since: "5.8.0", updatesSince: "5.7.0" },
  { table: "IDN_FUNCTION_LIBRARY", since: "5.9.0", updatesSince: "5.8.0" },
  { table: "IDN_OAUTH2_ACCESS_TOKEN", column: "TOKEN_BINDING_REF", since: "5.10.0" },
  { table: "IDP", column: "UUID", since: "5.10.0" },
  { table: "UM_USER", column: "UM_USER_ID", since: "5.10.0" },
  // Older releases have it where configuration management was set up by hand.
  { table: "IDN_CONFIG_TYPE", since: "5.11.0", updatesSince: "5.4.0" },
  { table: "UM_HYBRID_GROUP_ROLE", since: "5.11.0" },
];

/** Columns that a table has in every release. One that lacks any of them is no release's, and its marks tell nothing. */
export const ALWAYS_THERE: Readonly<Record<string, readonly string[]>> = {
  IDN_OAUTH2_ACCESS_TOKEN: ["ACCESS_TOKEN", "REFRESH_TOKEN", "USER_TYPE", "VALIDITY_PERIOD"],
  IDN_OAUTH2_AUTHORIZATION_CODE: ["AUTHORIZATION_CODE", "CALLBACK_URL", "SCOPE", "VALIDITY_PERIOD"],
  IDN_OAUTH_CONSUMER_APPS: ["CONSUMER_KEY", "CONSUMER_SECRET", "APP_NAME", "GRANT_TYPES"],
};

/**
 * Tables that every release has, by the kind of table that they stand for. MySQL and MariaDB hide from a user what it has no
 * right on; one who sees these, of which nobody asks for rights singly, sees all of the schema.
 */
export const WHOLE_SCHEMA: readonly { readonly witness: string; readonly marks: RegExp }[] = [
  { witness: "IDN_BASE_TABLE", marks: /^IDN_/ },
  { witness: "UM_HYBRID_USER_ROLE", marks: /^UM_/ },
];
