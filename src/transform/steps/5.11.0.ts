import type { Row, Value } from "../../row.ts";
import { hashJson, isJsonHash } from "../crypto/token-hash.ts";
import { stableId } from "../resolve-keys.ts";
import type { Step, TableStep } from "../step.ts";
import { overValues, type StoredValue, VALUE_COLUMNS } from "../stored-value.ts";

const SUPER_TENANT_ID = "-1234";

/** The user portal of the super tenant became "My Account" (migration-resources, 5.11.0, step4); `changes` for its row. */
const myAccount = (isPortal: (row: Row) => boolean, changes: (row: Row) => Row): TableStep["transform"] => {
  return (row) => ({
    row: row["TENANT_ID"] === SUPER_TENANT_ID && isPortal(row) ? { ...row, ...changes(row) } : row,
  });
};

const replaced = (value: Value | undefined, from: string, to: string): Value =>
  typeof value === "string" ? value.replaceAll(from, to) : (value ?? null);

const TABLES: ReadonlyMap<string, TableStep> = new Map<string, TableStep>([
  [
    "IDN_OAUTH_CONSUMER_APPS",
    {
      transform: myAccount(
        (row) => row["CONSUMER_KEY"] === "USER_PORTAL",
        (row) => ({
          CONSUMER_KEY: "MY_ACCOUNT",
          CALLBACK_URL: replaced(row["CALLBACK_URL"], "user-portal/login", "myaccount/login"),
          APP_NAME: "My Account",
        }),
      ),
    },
  ],
  [
    "SP_APP",
    {
      transform: myAccount(
        (row) => row["APP_NAME"] === "User Portal",
        () => ({
          APP_NAME: "My Account",
          IS_SAAS_APP: "1",
          DESCRIPTION: "This is the my account application.",
        }),
      ),
    },
  ],
  [
    "SP_INBOUND_AUTH",
    {
      transform: myAccount(
        (row) => row["INBOUND_AUTH_KEY"] === "USER_PORTAL",
        () => ({ INBOUND_AUTH_KEY: "MY_ACCOUNT" }),
      ),
    },
  ],
  [
    "UM_TENANT",
    {
      adds: ["UM_TENANT_UUID"],
      keepOnUpdate: ["UM_TENANT_UUID"],
      transform: (row) =>
        typeof row["UM_TENANT_UUID"] === "string"
          ? { row }
          : { row: { ...row, UM_TENANT_UUID: stableId(`UM_TENANT ${row["UM_ID"]}`) } },
    },
  ],
]);

/**
 * 5.11.0 encrypts with a symmetric key. Plain tokens stay as they are; the step is here to have stored
 * tokens and secrets read, and those that 5.11.0 could not decrypt refused or encrypted anew by the reader. It also
 * renamed the user portal's application and gave tenants a UUID; the rows that it removed are left out (`left-out.ts`).
 */
export const step: Step = {
  version: "5.11.0",
  title: "stored tokens and secrets readable by 5.11.0, the user portal's new name",
  forTable: (table) => {
    const own = TABLES.get(table);
    if (!VALUE_COLUMNS.has(table)) return own;
    return { transform: (row) => ({ row }), ...own, readsValues: true };
  },
  // Green's tokens and secrets are read and written as blue's server does it; a hash that names another algorithm than
  // blue's is made anew of the token.
  back: (table, { hashAlgorithm }) =>
    VALUE_COLUMNS.has(table)
      ? {
          readsValues: true,
          transform: overValues(table, { token: (stored) => hashedAs(stored, hashAlgorithm) }),
        }
      : undefined,
};

function hashedAs(stored: StoredValue, algorithm: string): StoredValue {
  const { value, hash } = stored;
  if (value === null || value === "" || hash === null || isHashOf(hash, algorithm)) return stored;
  return isJsonHash(hash) && !isJsonHash(value) ? { value, hash: hashJson(value, algorithm) } : stored;
}

const isHashOf = (hash: string, algorithm: string): boolean =>
  hash.endsWith(`"algorithm":${JSON.stringify(algorithm)}}`);
