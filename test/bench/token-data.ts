import { randomBytes, randomUUID } from "node:crypto";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { SCOPES, TOKENS } from "./lab.ts";

const COMMON =
  "TOKEN_ID, ACCESS_TOKEN, REFRESH_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, USER_TYPE, GRANT_TYPE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, REFRESH_TOKEN_VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE, TOKEN_STATE_ID, SUBJECT_IDENTIFIER";
const LATER = ", ACCESS_TOKEN_HASH, REFRESH_TOKEN_HASH, IDP_ID, TOKEN_BINDING_REF";

/** Hashes differ as real ones do: the target has indexes on them. */
const hash = (): string => `'{"hash":"${randomBytes(32).toString("hex")}","algorithm":"SHA-256"}'`;

/** A token's row as SQL; tokens of 5.10.0 and later have hashes, an identity provider and a binding. */
export function tokenValues(id: string, n: number, isLater: boolean): string {
  const later = isLater ? `, ${hash()}, ${hash()}, 1, 'NONE'` : "";
  return `('${id}', '${randomUUID()}', '${randomUUID()}', 1, 'user${n % 5000}', -1234, 'PRIMARY', 'APPLICATION_USER', 'password', '2021-03-04 05:06:07', '2021-03-04 05:06:07', 3600, 86400, 'scope${n}', 'ACTIVE', 'NONE', 'user${n}'${later})`;
}

export const tokenColumns = (isLater: boolean): string => `${COMMON}${isLater ? LATER : ""}`;

/** Fills source tables, and with them the journals: tokens, scopes for each, then updates of every token. */
export async function fill(
  source: TestDatabase,
  counts: { readonly tokens: number; readonly scopesEach?: number; readonly updatesEach?: number },
  isLater: boolean,
): Promise<void> {
  const { tokens, scopesEach = 0, updatesEach = 0 } = counts;
  const size = 500;
  for (let from = 0; from < tokens; from += size) {
    const ids = Array.from({ length: Math.min(size, tokens - from) }, () => randomUUID());
    const statements = [
      `INSERT INTO ${TOKENS} (${tokenColumns(isLater)}) VALUES ${ids.map((id, i) => tokenValues(id, from + i, isLater)).join(",")}`,
    ];
    if (scopesEach > 0) {
      const scopes = ids.flatMap((id) =>
        Array.from({ length: scopesEach }, (_, i) => `('${id}', 'scope${i}')`),
      );
      statements.push(`INSERT INTO ${SCOPES} (TOKEN_ID, TOKEN_SCOPE) VALUES ${scopes.join(",")}`);
    }
    const list = ids.map((id) => `'${id}'`).join(",");
    for (let i = 1; i <= updatesEach; i++)
      statements.push(`UPDATE ${TOKENS} SET VALIDITY_PERIOD = ${3600 + i} WHERE TOKEN_ID IN (${list})`);
    await source.exec(statements);
  }
}

export const USER_DATA = "IDN_IDENTITY_USER_DATA";

/** One statement that inserts so many rows of user data. */
export function userDataInserts(dialect: TestDatabase["settings"]["type"], rows: number): string {
  const isPostgres = dialect === "postgres";
  const name = isPostgres ? "concat('user', n)" : "CONCAT('user', seq)";
  const numbers = isPostgres ? `generate_series(1, ${rows}) AS g(n)` : `seq_1_to_${rows}`;
  return `INSERT INTO ${USER_DATA} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) SELECT -1234, ${name}, 'failedAttempts', '0' FROM ${numbers}`;
}
