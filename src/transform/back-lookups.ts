/** What the way back looks up: both sides number applications, providers and users on their own, so rows meet by name. */
import type { Row } from "../row.ts";

/** A user as green numbers it, and what blue calls it. */
export interface BackUser {
  /** UM_ID of blue's user of the same tenant and name; undefined for one that blue does not have. */
  readonly blueId: string | undefined;
  /** Green has another user of this tenant and name: 5.11.0 allows it, older releases do not. */
  readonly isTwice: boolean;
}

export interface BackLookups {
  /** IDN_OAUTH_CONSUMER_APPS: green's ID -> blue's, by CONSUMER_KEY. */
  readonly apps: ReadonlyMap<string, string>;
  /** IDP: green's ID -> blue's, by (TENANT_ID, NAME). */
  readonly idps: ReadonlyMap<string, string>;
  /** IDP of blue: ID -> NAME. */
  readonly idpNames: ReadonlyMap<string, string>;
  /** TOKEN_ID -> scopes of green, of the batch's rows. */
  readonly tokenScopes: ReadonlyMap<string, readonly string[]>;
  /** CODE_ID -> scopes of green, of the batch's rows. */
  readonly codeScopes: ReadonlyMap<string, readonly string[]>;
  /** `<UM_ID>/<UM_TENANT_ID>` of green -> the user on blue, of the batch's rows. */
  readonly users: ReadonlyMap<string, BackUser>;
  /** {@link attributeKey} of blue's attributes -> UM_ID, of the users of the batch's rows. */
  readonly attributes: ReadonlyMap<string, string>;
}

export const NO_BACK_LOOKUPS: BackLookups = {
  apps: new Map(),
  idps: new Map(),
  idpNames: new Map(),
  tokenScopes: new Map(),
  codeScopes: new Map(),
  users: new Map(),
  attributes: new Map(),
};

/** Where applications stand on both sides. */
export const APPS = {
  table: "IDN_OAUTH_CONSUMER_APPS",
  columns: ["ID", "CONSUMER_KEY", "TENANT_ID"],
} as const;

/** Where 5.11.0 keeps the scopes of tokens and codes. */
export const SCOPES = {
  token: { table: "IDN_OAUTH2_ACCESS_TOKEN_SCOPE", key: "TOKEN_ID", column: "TOKEN_SCOPE" },
  code: { table: "IDN_OAUTH2_AUTHZ_CODE_SCOPE", key: "CODE_ID", column: "SCOPE" },
} as const;

/** Which look-ups a table's inverse needs; each is a statement or two for a batch. */
export type BackNeed = keyof BackLookups;

const PORTAL = { green: "MY_ACCOUNT", blue: "USER_PORTAL", tenant: "-1234" } as const;

/** From rows of IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) of both sides. */
export function appIds(green: Iterable<Row>, blue: Iterable<Row>): BackLookups["apps"] {
  const blueIds = new Map([...blue].map((row) => [row["CONSUMER_KEY"], row["ID"]]));
  return new Map(
    [...green].flatMap((row): [string, string][] => {
      const { CONSUMER_KEY: key = null, TENANT_ID: tenant } = row;
      // The migration to 5.11.0 renamed the user portal of 5.10.0; older releases have none.
      const isPortal = key === PORTAL.green && tenant === PORTAL.tenant;
      const id = blueIds.get(key) ?? (isPortal ? blueIds.get(PORTAL.blue) : undefined);
      return typeof id === "string" ? [[String(row["ID"]), id]] : [];
    }),
  );
}

/** From rows of IDP (ID, TENANT_ID, NAME) of both sides. */
export function idpIds(green: Iterable<Row>, blue: Iterable<Row>): BackLookups["idps"] {
  const keyOf = (row: Row): string => JSON.stringify([row["TENANT_ID"], row["NAME"]]);
  const blueIds = new Map([...blue].map((row) => [keyOf(row), row["ID"]]));
  return new Map(
    [...green].flatMap((row) => {
      const id = blueIds.get(keyOf(row));
      return typeof id === "string" ? [[String(row["ID"]), id] as const] : [];
    }),
  );
}

/** From rows of blue's IDP (ID, NAME). */
export function idpNames(blue: Iterable<Row>): BackLookups["idpNames"] {
  return new Map([...blue].map((row) => [String(row["ID"]), String(row["NAME"])]));
}

/** From rows of green's scope tables: `key` is TOKEN_ID or CODE_ID, `column` TOKEN_SCOPE or SCOPE. Sorted, as servers hash them. */
export function scopesBy(
  rows: Iterable<Row>,
  key: string,
  column: string,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const row of rows) {
    const scopes = found.get(String(row[key])) ?? [];
    scopes.push(String(row[column]));
    found.set(String(row[key]), scopes);
  }
  return new Map([...found].map(([id, scopes]) => [id, scopes.sort()]));
}

/** From rows of UM_USER (UM_ID, UM_TENANT_ID, UM_USER_NAME) of both sides: green's of the names in question, all of them. */
export function backUsers(green: Iterable<Row>, blue: Iterable<Row>): BackLookups["users"] {
  const keyOf = (row: Row): string => JSON.stringify([row["UM_TENANT_ID"], row["UM_USER_NAME"]]);
  const blueIds = new Map([...blue].map((row) => [keyOf(row), row["UM_ID"]]));
  const rows = [...green];
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return new Map(
    rows.map((row) => {
      const blueId = blueIds.get(keyOf(row));
      const user = {
        blueId: typeof blueId === "string" ? blueId : undefined,
        isTwice: (counts.get(keyOf(row)) ?? 0) > 1,
      };
      return [userKey(row["UM_ID"], row["UM_TENANT_ID"]), user];
    }),
  );
}

export const userKey = (id: unknown, tenant: unknown): string => `${id}/${tenant}`;

/** What tells attributes of users apart, but for their numbers. */
export function attributeKey(row: Row): string {
  return JSON.stringify(
    ["UM_USER_ID", "UM_TENANT_ID", "UM_PROFILE_ID", "UM_ATTR_NAME"].map((name) => row[name] ?? null),
  );
}
