/** Users of a source of 5.9.0 who never stop: logins, refreshes, logouts, changed data; many think better of it. */

import { setTimeout as delay } from "node:timers/promises";
import type { TestDatabase, TestSession } from "../support/servers/test-server.ts";
import { createRandom, type Random } from "./random.ts";

export interface Workload {
  /** Transactions that were committed. */
  readonly committed: () => number;
  /** Lets every transaction under way end, and closes the connections. */
  stop(): Promise<void>;
}

const WRITERS = 8;
const APPS = [1, 2, 3] as const;
const SHARED_TOKENS = 12;
const AT = "IDN_OAUTH2_ACCESS_TOKEN";
const ATS = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const UD = "IDN_IDENTITY_USER_DATA";

export const insertApps: readonly string[] = APPS.map(insertApp);

function insertApp(app: number): string {
  return `INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (${app}, 'app-${app}', -1234)`;
}

/** Eight connections that work, and come back whenever the server was gone. */
export function startWorkload(source: TestDatabase, seed: number): Workload {
  let isStopped = false;
  let committed = 0;
  const writer = async (index: number): Promise<void> => {
    const random = createRandom(seed + index);
    let session: TestSession | undefined;
    for (let turn = 0; !isStopped; turn++) {
      try {
        session ??= await source.session();
        if (await transaction(session, random, `w${index}`, turn)) committed += 1;
      } catch {
        // Refused by a constraint, a deadlock's victim, or the server is gone: all of that belongs to the work.
        const isUsable = await session?.exec("ROLLBACK").then(
          () => true,
          () => false,
        );
        if (isUsable !== true) {
          void session?.close().catch(() => undefined);
          session = undefined;
          await delay(50);
        }
      }
      await delay(random.below(120));
    }
    await session?.close().catch(() => undefined);
  };
  const writers = Array.from({ length: WRITERS }, (_, index) => writer(index));
  return {
    committed: () => committed,
    async stop() {
      isStopped = true;
      await Promise.all(writers);
    },
  };
}

/** Gives whether it was committed. */
async function transaction(
  session: TestSession,
  random: Random,
  writer: string,
  turn: number,
): Promise<boolean> {
  await session.exec("BEGIN");
  const pieces = 1 + random.below(4);
  for (let piece = 0; piece < pieces; piece++) {
    const takesBack = random.chance(0.1);
    if (takesBack) await session.exec("SAVEPOINT chaos");
    for (const sql of work(random, writer, turn, piece)) await session.exec(sql);
    if (takesBack) await session.exec("ROLLBACK TO SAVEPOINT chaos");
  }
  // Others commit meanwhile what has higher positions.
  if (random.chance(0.05)) await delay(300 + random.below(2_000));
  const commits = random.chance(0.8);
  await session.exec(commits ? "COMMIT" : "ROLLBACK");
  return commits;
}

function work(random: Random, writer: string, turn: number, piece: number): readonly string[] {
  const id = `${writer}-${turn}-${piece}`;
  const stamp = `${id} 😀`;
  const slot = `${writer}-${random.below(4)}`;
  const app = random.pick(APPS);
  const token = random.chance(0.3)
    ? `shared-${random.below(SHARED_TOKENS)}`
    : `${writer}-${Math.max(0, turn - 1 - random.below(12))}-0`;
  const user = `user-${random.below(40)}`;
  switch (random.below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return [insertToken(id, app, `${slot}-${turn}`, stamp), insertScopes(id, random)];
    case 4:
    case 5:
      // A refresh: the new token takes over the unique key of the old one.
      return [
        `UPDATE ${AT} SET TOKEN_STATE = 'INACTIVE', TOKEN_STATE_ID = '${id}' WHERE TOKEN_SCOPE_HASH = '${slot}' AND TOKEN_STATE = 'ACTIVE'`,
        insertToken(id, 1, slot, stamp),
        insertScopes(id, random),
      ];
    case 6:
      return [insertToken(token, app, `${slot}-${turn}`, stamp)];
    case 7:
    case 8:
    case 9:
      return [`UPDATE ${AT} SET REFRESH_TOKEN = 'touched ${stamp}' WHERE TOKEN_ID = '${token}'`];
    case 10:
    case 11:
      return [`DELETE FROM ${AT} WHERE TOKEN_ID = '${token}'`];
    case 12:
      return [`DELETE FROM ${ATS} WHERE TOKEN_ID = '${token}'`, insertScopes(token, random)];
    case 13:
      return [`UPDATE ${AT} SET TOKEN_ID = '${id}' WHERE TOKEN_ID = '${token}'`];
    case 14:
    case 15:
      return [`INSERT INTO ${UD} VALUES (-1234, '${user}', 'key', '${stamp}')`];
    case 16:
    case 17:
      return [`UPDATE ${UD} SET DATA_VALUE = '${stamp}' WHERE USER_NAME = '${user}'`];
    case 18:
      return [`DELETE FROM ${UD} WHERE USER_NAME = '${user}'`];
    default:
      // An application goes, and with it, by cascade, all its tokens and their scopes.
      return random.chance(0.15)
        ? [`DELETE FROM IDN_OAUTH_CONSUMER_APPS WHERE ID = ${app}`, insertApp(app)]
        : [`UPDATE ${UD} SET USER_NAME = 'user-${random.below(40)}' WHERE USER_NAME = '${user}'`];
  }
}

function insertToken(id: string, app: number, slot: string, stamp: string): string {
  return (
    `INSERT INTO ${AT} (TOKEN_ID, ACCESS_TOKEN, REFRESH_TOKEN, CONSUMER_KEY_ID, AUTHZ_USER, TENANT_ID, USER_DOMAIN, ` +
    "USER_TYPE, TIME_CREATED, REFRESH_TOKEN_TIME_CREATED, VALIDITY_PERIOD, TOKEN_SCOPE_HASH, TOKEN_STATE, IDP_ID) " +
    `VALUES ('${id}', 'at ${stamp}', 'rt ${stamp}', ${app}, 'ann', -1234, 'PRIMARY', 'APPLICATION_USER', ` +
    `'2021-03-04 05:06:07', '2021-03-04 05:06:07', 3600, '${slot}', 'ACTIVE', 1)`
  );
}

function insertScopes(id: string, random: Random): string {
  const scopes = ["openid", "email", "Profile", "roles"].slice(0, 1 + random.below(4));
  return `INSERT INTO ${ATS} (TOKEN_ID, TOKEN_SCOPE, TENANT_ID) VALUES ${scopes
    .map((scope) => `('${id}', '${scope}', -1234)`)
    .join(", ")}`;
}
