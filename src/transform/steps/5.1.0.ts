import { createHash } from "node:crypto";
import type { Row, Value } from "../../row.ts";
import type { Lookups } from "../lookups.ts";
import type { Step, TableStep, Transformed } from "../step.ts";
import { splitUser, type UserNameRules } from "../user-name.ts";

/** What a refresh token lives when the row does not say: the server's default at that release, in milliseconds. */
const REFRESH_VALIDITY = "84600000";

const USER_COLUMNS = ["CONSUMER_KEY_ID", "TENANT_ID", "USER_DOMAIN", "SUBJECT_IDENTIFIER"];

const tokenStep = (rules: UserNameRules): TableStep => ({
  needsAccounts: true,
  adds: [...USER_COLUMNS, "REFRESH_TOKEN_TIME_CREATED", "REFRESH_TOKEN_VALIDITY_PERIOD", "TOKEN_SCOPE_HASH"],
  transform: ({ TOKEN_SCOPE: scope = null, ...row }, lookups) =>
    withAccount(row, lookups, rules, {
      REFRESH_TOKEN_TIME_CREATED: row["TIME_CREATED"] ?? null,
      REFRESH_TOKEN_VALIDITY_PERIOD: REFRESH_VALIDITY,
      TOKEN_SCOPE_HASH: typeof scope === "string" ? md5(scope) : null,
    }),
});

const codeStep = (rules: UserNameRules): TableStep => ({
  needsAccounts: true,
  adds: USER_COLUMNS,
  transform: (row, lookups) => withAccount(row, lookups, rules, {}),
});

/**
 * 5.1.0 gave tokens and codes ids of their own (found before a row is transformed, see `resolve-keys.ts`), refers to
 * applications by number, splits the user name and keeps scopes in a table (written beside the tokens). The hash of
 * the scopes is made of their text as stored, unsorted; SUBJECT_IDENTIFIER keeps the whole old user name.
 */
export const step: Step = {
  version: "5.1.0",
  title: "ids of tokens, split user names, scopes in a table",
  forTable: (table, context) => {
    if (table === "IDN_OAUTH2_ACCESS_TOKEN") return tokenStep(context);
    return table === "IDN_OAUTH2_AUTHORIZATION_CODE" ? codeStep(context) : undefined;
  },
};

function withAccount(
  { CONSUMER_KEY: consumerKey = null, ...row }: Row,
  { appIdByConsumerKey, tenantIdByDomain }: Lookups,
  rules: UserNameRules,
  more: Row,
): Transformed {
  const appId = consumerKey === null ? null : found(appIdByConsumerKey, consumerKey);
  if (appId === undefined) return { failure: "CONSUMER_KEY: the target has no application of this key" };
  const { AUTHZ_USER: user = null } = row;
  if (typeof user !== "string") {
    const nobody = { TENANT_ID: null, USER_DOMAIN: null, SUBJECT_IDENTIFIER: null };
    return { row: { ...row, CONSUMER_KEY_ID: appId, ...nobody, ...more } };
  }
  const { name, domain, tenant } = splitUser(user, rules);
  const tenantId = found(tenantIdByDomain, tenant);
  if (tenantId === undefined) {
    return {
      failure:
        "AUTHZ_USER: the target knows no tenant of this domain (UM_TENANT of identitySchema or umSchema); where the source's user names are e-mail addresses, set source.emailUserNames=true",
    };
  }
  return {
    row: {
      ...row,
      CONSUMER_KEY_ID: appId,
      AUTHZ_USER: name,
      TENANT_ID: tenantId,
      USER_DOMAIN: domain,
      SUBJECT_IDENTIFIER: user,
      ...more,
    },
  };
}

function found(ids: ReadonlyMap<string, string> | undefined, key: Value): string | undefined {
  return typeof key === "string" ? ids?.get(key) : undefined;
}

function md5(text: string): string {
  return createHash("md5").update(text, "utf8").digest("hex");
}
