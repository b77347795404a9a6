import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { Connection } from "tedious";
import type { ConnectionSettings } from "../../config/sync-config.ts";
import type { ConnectOptions } from "../../contract/dialect.ts";
import { type Database, openDatabase, type ResultReader } from "../../db/database.ts";
import { openOrSayWhy } from "../../db/open-or-say-why.ts";
import { createHostPicker, type HostPort } from "../../db/pick-host.ts";
import { STANDBY, unusable } from "../../db/unusable.ts";
import { DEFAULT_SILENCE_MS, watchedSocket } from "../../db/watched-socket.ts";
import { lookWhenSilent } from "../../db/who-answers.ts";
import { classifyError } from "./classify-error.ts";
import { MssqlClient, type MssqlOptions, type MssqlResult, send } from "./client.ts";

const READER: ResultReader = {
  rows: (result) => (result as MssqlResult).rows,
  affected: (result) => (result as MssqlResult).affected,
};

/**
 * Settings that "user options" of the server, the login or the driver could have changed (Transact-SQL reference, "SET
 * Statements"). With NOCOUNT the number of changed rows would be missing, with XACT_ABORT a refused row would end its
 * transaction; the ANSI settings are those that indexed views and filtered indexes on a table demand of its writers.
 */
const SESSION = [
  "SET NOCOUNT OFF",
  "SET ROWCOUNT 0",
  // The server's option may refuse statements that it takes for expensive, and cut long texts off.
  "SET QUERY_GOVERNOR_COST_LIMIT 0",
  "SET TEXTSIZE 2147483647",
  "SET XACT_ABORT OFF",
  "SET IMPLICIT_TRANSACTIONS OFF",
  "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
  "SET LOCK_TIMEOUT 20000",
  "SET DEADLOCK_PRIORITY LOW",
  "SET LANGUAGE us_english",
  "SET DATEFORMAT ymd",
  "SET ANSI_NULLS ON",
  "SET ANSI_PADDING ON",
  "SET ANSI_WARNINGS ON",
  "SET ARITHABORT ON",
  "SET CONCAT_NULL_YIELDS_NULL ON",
  "SET NUMERIC_ROUNDABORT OFF",
  "SET QUOTED_IDENTIFIER ON",
];

/** Key of a marked session's context ("sp_set_session_context", since SQL Server 2016). */
export const MARK = "sync_tool_mark";

/** Opens a pool of SQL Server logins; Windows logins are refused by the configuration. */
export async function connect(settings: ConnectionSettings, options: ConnectOptions = {}): Promise<Database> {
  const codeOf = (error: unknown): string => classifyError(error).code;
  return await openOrSayWhy(settings, "SQL Server", codeOf, () => open(settings, options), options.cut);
}

async function open(
  settings: ConnectionSettings,
  { marked = false, cut }: ConnectOptions,
): Promise<Database> {
  const hosts = createHostPicker(settings, cut);
  const { connectTimeoutMs, pool, instance } = settings;
  const options: MssqlOptions = {
    ...tlsOptions(settings),
    ...(settings.database === undefined ? {} : { database: settings.database }),
    appName: "sync-tool",
    connectTimeout: connectTimeoutMs,
    requestTimeout: 0,
    // Dates come as text, made by the server; should one come as it is, its digits are read in UTC.
    useUTC: true,
  };
  return await openDatabase(
    {
      client: MssqlClient as never,
      connection: async () => {
        const { host, port } = await hosts.pick();
        return {
          server: host,
          port,
          user: settings.user,
          password: settings.password,
          options: {
            ...options,
            // An instance's port is asked of the SQL Server Browser, which the driver does by itself.
            ...(instance === undefined ? { port } : { instanceName: instance }),
            connector: ((place: HostPort) => openSocket(place, settings, cut)) as () => Promise<Socket>,
          },
          expirationChecker: hosts.mustPickAgain,
        } as Record<string, unknown>;
      },
      pool: {
        min: 0,
        max: pool.max,
        afterCreate: (connection: Connection, done: (error: unknown, connection: Connection) => void) => {
          prepareSession(connection, settings, marked).then(
            () => done(null, connection),
            (error: unknown) => {
              // The pool forgets a connection that failed here, but does not close it.
              connection.close();
              done(error, connection);
            },
          );
        },
      },
      acquireConnectionTimeout: pool.acquireTimeoutMs,
    },
    { ...READER, onError: (error) => hosts.failed(classifyError(error)) },
    pool.validationQuery ?? "SELECT 1",
    settings.hosts.length,
  );
}

async function prepareSession(
  connection: Connection,
  settings: ConnectionSettings,
  marked: boolean,
): Promise<void> {
  if (mustEncrypt(settings) && !isEncrypted(connection))
    throw Object.assign(new Error("the connection is not encrypted"), { code: "EENCRYPT" });
  await send(connection, SESSION.join(";\n"), []);
  if (marked) await send(connection, `EXEC sp_set_session_context @key = N'${MARK}', @value = 1`, []);
  const { rows } = await send(
    connection,
    "SELECT CONVERT(varchar(20), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')) AS updateability",
    [],
  );
  if (rows[0]?.["updateability"] === "READ_ONLY") throw unusable(STANDBY);
}

/**
 * The driver says where to: not always to the host of the URL, for Azure's gateway sends clients on to the node, and an
 * instance has a port of its own. Its types do not tell (tedious, lib/connection.js, connectOnPort). Its own time limit
 * does not cover a socket that we open.
 */
function openSocket(
  { host, port }: HostPort,
  settings: ConnectionSettings,
  cut: AbortSignal | undefined,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = watchedSocket(settings.socketTimeoutMs ?? DEFAULT_SILENCE_MS, cut);
    lookWhenSilent(socket, { host, port }, "SQL Server");
    const timer = setTimeout(() => {
      socket.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }));
    }, settings.connectTimeoutMs);
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.connect({ host, port }, () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}

const mustEncrypt = (settings: ConnectionSettings): boolean => !/disable|prefer/.test(settings.tls.mode);

/** The driver goes on in clear text when a server says that it has no encryption. */
function isEncrypted(connection: Connection): boolean {
  const { messageIo } = connection as unknown as { messageIo?: { tlsNegotiationComplete?: boolean } };
  return messageIo?.tlsNegotiationComplete === true;
}

function tlsOptions(settings: ConnectionSettings): MssqlOptions {
  const { mode, ca, serverName } = settings.tls;
  if (mode === "disable") return { encrypt: false };
  return {
    encrypt: true,
    trustServerCertificate: mode === "prefer" || mode === "require",
    ...(serverName === undefined ? {} : { serverName }),
    cryptoCredentialsDetails: {
      ...(ca === undefined ? {} : { ca: readFileSync(ca, "utf8") }),
      ...(mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
    },
  };
}

/** Quotes an identifier in the catalogue's own spelling. */
export function quote(identifier: string): string {
  return `[${identifier.replaceAll("]", "]]")}]`;
}

/** A Unicode text literal. */
export function literal(text: string): string {
  return `N'${text.replaceAll("'", "''")}'`;
}
