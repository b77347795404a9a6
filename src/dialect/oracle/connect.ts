import type { Connection } from "oracledb";
import type { ConnectionSettings } from "../../config/sync-config.ts";
import type { ConnectOptions } from "../../contract/dialect.ts";
import { type Database, openDatabase, type ResultReader } from "../../db/database.ts";
import { openOrSayWhy } from "../../db/open-or-say-why.ts";
import { createHostPicker } from "../../db/pick-host.ts";
import { STANDBY, unusable } from "../../db/unusable.ts";
import { classifyError } from "./classify-error.ts";
import { OracleClient, type OracleResult, send } from "./client.ts";
import { DEFAULT_SILENCE_MS, endSilent } from "./silence.ts";

const READER: ResultReader = {
  rows: (result) => withLowerCase((result as OracleResult).rows),
  affected: (result) => (result as OracleResult).affected,
};

/** Unquoted aliases come in upper case here and in lower case elsewhere: rows answer to both. */
function withLowerCase(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return rows.map((row) => {
    const both: Record<string, unknown> = { ...row };
    for (const [name, value] of Object.entries(row)) both[name.toLowerCase()] ??= value;
    return both;
  });
}

/** Settings that a logon trigger or the client's locale could have changed ("Database Globalization Support Guide"). */
const SESSION = [
  "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,'",
  "ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'",
  "ALTER SESSION SET NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF'",
  "ALTER SESSION SET NLS_CALENDAR = 'GREGORIAN'",
  "ALTER SESSION SET NLS_COMP = BINARY",
  "ALTER SESSION SET NLS_SORT = BINARY",
  "ALTER SESSION SET TIME_ZONE = '+00:00'",
  "ALTER SESSION SET ISOLATION_LEVEL = READ COMMITTED",
];

/** CLIENT_INFO of a marked session, sent along with its next statement (node-oracledb documentation, "connection.clientInfo"). */
export const MARK = "sync-tool writes";

/** Opens a pool with the driver's thin mode, which needs no Oracle client on the machine. */
export async function connect(settings: ConnectionSettings, options: ConnectOptions = {}): Promise<Database> {
  const codeOf = (error: unknown): string => classifyError(error).code;
  return await openOrSayWhy(settings, "Oracle", codeOf, () => open(settings, options), options.cut);
}

async function open(
  settings: ConnectionSettings,
  { marked = false, cut }: ConnectOptions,
): Promise<Database> {
  const hosts = createHostPicker(settings, cut);
  const { pool } = settings;
  return await openDatabase(
    {
      client: OracleClient as never,
      connection: async () =>
        ({
          user: settings.user,
          password: settings.password,
          connectString: settings.connectString ?? connectDescriptor(settings, await hosts.pick()),
          stmtCacheSize: 50,
          expirationChecker: hosts.mustPickAgain,
        }) as Record<string, unknown>,
      pool: {
        min: 0,
        max: pool.max,
        afterCreate: (connection: Connection, done: (error: unknown, connection: Connection) => void) => {
          prepareSession(connection, settings, marked, cut).then(
            () => done(null, connection),
            (error: unknown) => {
              // The pool forgets a connection that failed here, but does not close it.
              connection.close().catch(() => undefined);
              done(error, connection);
            },
          );
        },
      },
      acquireConnectionTimeout: pool.acquireTimeoutMs,
    },
    { ...READER, onError: (error) => hosts.failed(classifyError(error)) },
    pool.validationQuery ?? "SELECT 1 FROM DUAL",
    settings.hosts.length,
  );
}

/** Time for the server's answer to being asked to break off. */
const ANSWER_MS = 5_000;

async function prepareSession(
  connection: Connection,
  settings: ConnectionSettings,
  marked: boolean,
  cut: AbortSignal | undefined,
): Promise<void> {
  const { socketTimeoutMs } = settings;
  // The server is asked to break a statement off before its connection is given up.
  if (socketTimeoutMs !== undefined) connection.callTimeout = socketTimeoutMs;
  const silenceMs = socketTimeoutMs === undefined ? DEFAULT_SILENCE_MS : socketTimeoutMs + ANSWER_MS;
  endSilent(connection, silenceMs, cut);
  connection.module = "sync-tool";
  if (marked) connection.clientInfo = MARK;
  for (const statement of SESSION) await send(connection, statement, []);
  const { rows } = await send(
    connection,
    "SELECT SYS_CONTEXT('USERENV', 'DATABASE_ROLE') AS DATABASE_ROLE FROM DUAL",
    [],
  );
  if (/STANDBY/.test(String(rows[0]?.["DATABASE_ROLE"] ?? ""))) throw unusable(STANDBY);
}

/**
 * The TNS descriptor of a host and a service or SID ("Database Net Services Reference"). EXPIRE_TIME, in minutes, has
 * dead connections noticed; the URL gives no certificates, those of the system count.
 */
export function connectDescriptor(
  settings: ConnectionSettings,
  { host, port }: { readonly host: string; readonly port: number },
): string {
  const { mode } = settings.tls;
  const protocol = mode === "disable" ? "TCP" : "TCPS";
  const target =
    settings.sid === undefined ? `(SERVICE_NAME=${settings.database ?? ""})` : `(SID=${settings.sid})`;
  const security =
    mode === "disable" ? "" : `(SECURITY=(SSL_SERVER_DN_MATCH=${mode === "verify-full" ? "ON" : "OFF"}))`;
  const seconds = Math.max(1, Math.ceil(settings.connectTimeoutMs / 1000));
  return `(DESCRIPTION=(EXPIRE_TIME=1)(CONNECT_TIMEOUT=${seconds})(TRANSPORT_CONNECT_TIMEOUT=${seconds})(ADDRESS=(PROTOCOL=${protocol})(HOST=${host})(PORT=${port}))(CONNECT_DATA=${target})${security})`;
}

/** Quotes an identifier in the catalogue's own spelling; a quote inside one is not possible. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', "")}"`;
}

/** A text literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
