/** A pair of two releases whose green carries changes back, and rows as servers of either release write them. */
import { installCapture } from "../../../src/capture/install.ts";
import { prepareTarget } from "../../../src/capture/prepare-target.ts";
import type { ConnectionSettings } from "../../../src/config/sync-config.ts";
import { compareVersions, type IsVersion } from "../../../src/config/versions.ts";
import { planTables, type SyncPlan } from "../../../src/contract/sync-plan.ts";
import type { Database } from "../../../src/db/database.ts";
import { buildPlan } from "../../../src/plan/build-plan.ts";
import { type RowSourcesOptions, rowSources } from "../../../src/run/row-sources.ts";
import { runSync } from "../../../src/run/run-sync.ts";
import { openBlueGreen, SILENT } from "../blue-green.ts";
import type { TestDialect } from "../dialects.ts";
import { createTables } from "../wso2-tables.ts";

export const CARRIED = [
  "IDN_OAUTH2_ACCESS_TOKEN",
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHORIZATION_CODE",
  "IDN_IDENTITY_USER_DATA",
] as const;
const [TOKENS, SCOPES, CODES] = CARRIED;

const TIME = "'2021-03-04 05:06:07'";
const app = (id: number, key: string): string =>
  `INSERT INTO IDN_OAUTH_CONSUMER_APPS (ID, CONSUMER_KEY, TENANT_ID) VALUES (${id}, '${key}', -1234)`;
/** UUID came with 5.10.0. */
const idp = (release: IsVersion, id: number, name: string): string =>
  compareVersions(release, "5.10.0") < 0
    ? `INSERT INTO IDP (ID, TENANT_ID, NAME) VALUES (${id}, -1234, '${name}')`
    : `INSERT INTO IDP (ID, TENANT_ID, NAME, UUID) VALUES (${id}, -1234, '${name}', 'u-${id}')`;

/** Columns as SQL has them, quotes included. */
type Columns = Readonly<Record<string, string>>;
const insert = (table: string, columns: Columns): string =>
  `INSERT INTO ${table} (${Object.keys(columns)}) VALUES (${Object.values(columns)})`;

export const token = (id: string, user: string, appId: number, more: Columns = {}): string =>
  insert(TOKENS, {
    TOKEN_ID: `'${id}'`,
    ACCESS_TOKEN: `'at-${id}'`,
    REFRESH_TOKEN: `'rt-${id}'`,
    CONSUMER_KEY_ID: String(appId),
    AUTHZ_USER: `'${user}'`,
    TENANT_ID: "-1234",
    USER_DOMAIN: "'PRIMARY'",
    USER_TYPE: "'APPLICATION_USER'",
    TIME_CREATED: TIME,
    REFRESH_TOKEN_TIME_CREATED: TIME,
    TOKEN_SCOPE_HASH: "'h'",
    TOKEN_STATE: "'ACTIVE'",
    ...more,
  });
export const code = (id: string, appId: number, more: Columns = {}): string =>
  insert(CODES, {
    CODE_ID: `'${id}'`,
    AUTHORIZATION_CODE: `'ac-${id}'`,
    CONSUMER_KEY_ID: String(appId),
    CALLBACK_URL: "'https://a'",
    SCOPE: "'openid'",
    AUTHZ_USER: "'ann'",
    TENANT_ID: "-1234",
    USER_DOMAIN: "'PRIMARY'",
    TIME_CREATED: TIME,
    STATE: "'ACTIVE'",
    ...more,
  });
export const scope = (id: string, name: string): string =>
  `INSERT INTO ${SCOPES} (TOKEN_ID, TOKEN_SCOPE, TENANT_ID) VALUES ('${id}', '${name}', -1234)`;

export type BackPair = Awaited<ReturnType<typeof openBackPair>>;

/** `blue` and `green` are connected as the commands are; capture of the way forward is installed. */
export async function openBackPair(dialect: TestDialect, sourceVersion: IsVersion) {
  const pair = await openBlueGreen({
    source: dialect,
    sourceVersion,
    sourceSchema: createTables(dialect.name, sourceVersion),
    targetSchema: createTables(dialect.name, "5.11.0"),
    tables: CARRIED,
  });
  const { source, target } = pair;
  const connect = (side: typeof source): Promise<Database> =>
    side.dialect.connect(side.test.settings as ConnectionSettings, { marked: true });
  const blue = { dialect: source.dialect, db: await connect(source) };
  const green = { dialect: target.dialect, db: await connect(target) };
  // Application 5 came with the dump; the later one was made on either side, and has a number of each.
  await source.test.exec([
    app(5, "app"),
    app(6, "later"),
    idp(sourceVersion, 7, "LOCAL"),
    idp(sourceVersion, 8, "Google"),
  ]);
  await target.test.exec([
    app(5, "app"),
    app(60, "later"),
    app(61, "green-only"),
    idp("5.11.0", 7, "LOCAL"),
    idp("5.11.0", 80, "Google"),
  ]);
  await pair.prepare();

  const backPlan = (): Promise<SyncPlan> =>
    buildPlan(
      { schema: "identity", sourceVersion, targetVersion: "5.11.0", tables: CARRIED, direction: "back" },
      green,
      blue,
    );
  return {
    pair,
    blue,
    green,
    backPlan,
    async prepareBack(): Promise<void> {
      const tables = planTables(await backPlan());
      const { journals } = await installCapture(green.db, green.dialect, tables);
      await prepareTarget(blue.db, blue.dialect, tables, journals, { capturesItself: true });
    },
    runForward: (): Promise<void> => pair.run({ sourceDb: blue.db, targetDb: green.db }),
    /** Ends when drained; what blue refused is left in its dead letters. */
    async runBack(keys?: RowSourcesOptions["keys"]): Promise<void> {
      const plan = await backPlan();
      await runSync({
        plan,
        source: green,
        target: blue,
        batchSize: 100,
        syncIntervalMs: 20,
        until: "one pass",
        signal: new AbortController().signal,
        events: SILENT,
        rowsFor: rowSources(plan, { source: green, target: blue, keys }),
      });
    },
    async close(): Promise<void> {
      await blue.db.close();
      await green.db.close();
      await pair.close();
    },
  };
}
