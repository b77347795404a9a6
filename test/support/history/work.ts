/** What users do in a generated history, one statement list each, and the rows that are involved. */

/** `T0` is `t0` in another case: one row for a case-insensitive collation, two for the others. */
export const TOKENS = ["t0", "t1", "t2", "t3", "T0"] as const;
export const SCOPES = ["openid", "email", "Email"] as const;
export const USERS = ["ann", "Ann", "bob", "😀"] as const;
/** Values of the column that the tests vary in the unique key CON_APP_KEY. */
export const SLOTS = ["s0", "s1", "s2"] as const;
export const APPS = [1, 2] as const;

type Token = (typeof TOKENS)[number];
type Scope = (typeof SCOPES)[number];
type User = (typeof USERS)[number];
type Slot = (typeof SLOTS)[number];
type App = (typeof APPS)[number];

export type Work =
  | { readonly do: "login"; readonly token: Token; readonly app: App | null; readonly slot: Slot }
  /** A refresh: the old token gives its unique key to the new one. */
  | {
      readonly do: "refresh";
      readonly token: Token;
      readonly to: Token;
      readonly app: App;
      readonly slot: Slot;
    }
  /** Deletes a token and makes it again, with a scope, in one go. */
  | {
      readonly do: "renew";
      readonly token: Token;
      readonly app: App | null;
      readonly slot: Slot;
      readonly scope: Scope;
    }
  | { readonly do: "touch"; readonly token: Token }
  | { readonly do: "touchAll" }
  | { readonly do: "setSlot"; readonly token: Token; readonly slot: Slot }
  /** Two tokens exchange their unique keys over a third value. */
  | { readonly do: "swap"; readonly a: Token; readonly b: Token; readonly slotA: Slot; readonly slotB: Slot }
  | { readonly do: "rekey"; readonly token: Token; readonly to: Token }
  | { readonly do: "logout"; readonly token: Token }
  | { readonly do: "logoutAll"; readonly app: App }
  | { readonly do: "scope"; readonly token: Token; readonly scope: Scope }
  | { readonly do: "scopes"; readonly token: Token }
  | { readonly do: "rescope"; readonly token: Token; readonly scope: Scope; readonly to: Scope }
  | { readonly do: "unscope"; readonly token: Token; readonly scope: Scope }
  | { readonly do: "makeApp"; readonly app: App }
  | { readonly do: "dropApp"; readonly app: App }
  | { readonly do: "dropApps" }
  | { readonly do: "data"; readonly user: User }
  | { readonly do: "setData"; readonly user: User }
  | { readonly do: "clearData" }
  | { readonly do: "renameData"; readonly user: User; readonly to: User }
  | { readonly do: "dropData"; readonly user: User };

const AT = "IDN_OAUTH2_ACCESS_TOKEN";
const ATS = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const UD = "IDN_IDENTITY_USER_DATA";

export const insertApp = (app: App): string =>
  `INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (${app}, 'app-${app}', -1234)`;

/** A token of 5.9.0. Tokens without an application have no identity provider either: 5.10.0 makes -1 of that. */
function insertToken(token: string, app: App | null, slot: string, n: number): string {
  return (
    `INSERT INTO ${AT} (TOKEN_ID, ACCESS_TOKEN, REFRESH_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, ` +
    "USER_TYPE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE, IDP_ID) " +
    `VALUES ('${token}', 'at-${n}', 'rt 😀 ${n}', ${app ?? "NULL"}, 'ann', -1234, 'PRIMARY', 'APPLICATION_USER', ` +
    `'2021-03-04 05:06:07', '2021-03-04 05:06:07', ${n}, '${slot}', 'ACTIVE', ${app === null ? "NULL" : 1})`
  );
}

const insertScope = (token: string, scope: string): string =>
  `INSERT INTO ${ATS} (TOKEN_ID, TOKEN_SCOPE, TENANT_ID) VALUES ('${token}', '${scope}', -1234)`;

const setSlot = (token: string, slot: string): string =>
  `UPDATE ${AT} SET TOKEN_SCOPE_HASH = '${slot}' WHERE TOKEN_ID = '${token}'`;

/** The statements of a piece of work; `n` is different for each piece, so that no two images are alike. */
export function statements(work: Work, n: number): readonly string[] {
  switch (work.do) {
    case "login":
      return [insertToken(work.token, work.app, work.slot, n)];
    case "refresh":
      return [
        `UPDATE ${AT} SET TOKEN_STATE = 'INACTIVE', TOKEN_STATE_ID = 'old-${n}' WHERE TOKEN_ID = '${work.token}'`,
        insertToken(work.to, work.app, work.slot, n),
      ];
    case "renew":
      return [
        `DELETE FROM ${AT} WHERE TOKEN_ID = '${work.token}'`,
        insertToken(work.token, work.app, work.slot, n),
        insertScope(work.token, work.scope),
      ];
    case "touch":
      return [`UPDATE ${AT} SET REFRESH_TOKEN = 'touched ${n}' WHERE TOKEN_ID = '${work.token}'`];
    case "touchAll":
      return [`UPDATE ${AT} SET GRANT_TYPE = 'all ${n}'`];
    case "setSlot":
      return [setSlot(work.token, work.slot)];
    case "swap":
      return [setSlot(work.a, `x${n}`), setSlot(work.b, work.slotA), setSlot(work.a, work.slotB)];
    case "rekey":
      return [`UPDATE ${AT} SET TOKEN_ID = '${work.to}' WHERE TOKEN_ID = '${work.token}'`];
    case "logout":
      return [`DELETE FROM ${AT} WHERE TOKEN_ID = '${work.token}'`];
    case "logoutAll":
      return [`DELETE FROM ${AT} WHERE CONSUMER_KEY_ID = ${work.app}`];
    case "scope":
      return [insertScope(work.token, work.scope)];
    case "scopes":
      return [`${insertScope(work.token, "profile")}, ('${work.token}', 'roles', NULL)`];
    case "rescope":
      return [
        `UPDATE ${ATS} SET TOKEN_SCOPE = '${work.to}', TENANT_ID = ${n} WHERE TOKEN_ID = '${work.token}' AND TOKEN_SCOPE = '${work.scope}'`,
      ];
    case "unscope":
      return [`DELETE FROM ${ATS} WHERE TOKEN_ID = '${work.token}' AND TOKEN_SCOPE = '${work.scope}'`];
    case "makeApp":
      return [insertApp(work.app)];
    case "dropApp":
      return [`DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE ID = ${work.app}`];
    case "dropApps":
      return ["DELETE FROM IDN_OAUTH_CONSUMER_APPS"];
    case "data":
      return [`INSERT INTO ${UD} VALUES (-1234, '${work.user}', 'key', 'value ${n}')`];
    case "setData":
      return [`UPDATE ${UD} SET DATA_VALUE = 'set ${n}' WHERE USER_NAME = '${work.user}'`];
    case "clearData":
      return [`UPDATE ${UD} SET DATA_VALUE = NULL`];
    case "renameData":
      return [`UPDATE ${UD} SET USER_NAME = '${work.to}' WHERE USER_NAME = '${work.user}'`];
    case "dropData":
      return [`DELETE FROM ${UD} WHERE USER_NAME = '${work.user}'`];
  }
}
