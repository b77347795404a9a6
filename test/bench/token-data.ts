import { randomBytes, randomUUID } from "node:crypto";
import type { ConnectionSettings } from "../../src/config/sync-config.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { type Lab, SCOPES, TOKENS } from "./lab.ts";

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

const ROWS_PER_STATEMENT = 100_000;

/** Statements by which a server makes tokens and their scopes itself, equal ones each time but for what is random in all of them. */
export function inserts(
  type: TestDatabase["settings"]["type"],
  { tokens, scopesEach = 0 }: { readonly tokens: number; readonly scopesEach?: number },
  isLater: boolean,
): string[] {
  const isPostgres = type === "postgres";
  const n = isPostgres ? "g.n" : "g.seq";
  const text = isPostgres ? `${n}::text` : n;
  const one = tokenValues("ID", 0, isLater)
    .slice(1, -1)
    .replace("'ID'", `md5(concat('there', ${text}))`)
    .replace(/'[0-9a-f-]{36}'/, `md5(concat('token', ${text}))`)
    .replace(/'[0-9a-f-]{36}'/, `md5(concat('refresh', ${text}))`)
    .replace(/'\{"hash":"[0-9a-f]+/g, `concat('{"hash":"', md5(${text}), md5(concat('x', ${text})), '`)
    .replace(/SHA-256"\}'/g, `$&)`)
    .replaceAll("'user0'", `concat('there', ${text})`)
    .replace("'scope0'", `md5(${text})`);
  const statements: string[] = [];
  for (let from = 1; from <= tokens; from += ROWS_PER_STATEMENT) {
    const to = Math.min(tokens, from + ROWS_PER_STATEMENT - 1);
    const series = isPostgres ? `generate_series(${from}, ${to}) AS g(n)` : `seq_${from}_to_${to} AS g`;
    statements.push(`INSERT INTO ${TOKENS} (${tokenColumns(isLater)}) SELECT ${one} FROM ${series}`);
    for (let scope = 0; scope < scopesEach; scope++)
      statements.push(
        `INSERT INTO ${SCOPES} (TOKEN_ID, TOKEN_SCOPE) SELECT md5(concat('there', ${text})), 'scope${scope}' FROM ${series}`,
      );
  }
  return statements;
}

/** Fills source tables of a release before 5.10.0 with rows that no journal tells of: the triggers pass over marked sessions. */
export async function fillUnseen(
  { test, dialect }: Lab["source"],
  counts: { readonly tokens: number; readonly scopesEach?: number },
): Promise<void> {
  const db = await dialect.connect(test.settings as ConnectionSettings, { marked: true });
  try {
    for (const sql of inserts(test.settings.type, counts, false)) await db.execute(sql);
  } finally {
    await db.close();
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
