import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { dirname } from "node:path";
import type pg from "pg";
import type { ConnectionSettings } from "../../config/sync-config.ts";
import type { ConnectOptions } from "../../contract/dialect.ts";
import { type Database, openDatabase, type ResultReader } from "../../db/database.ts";
import { openOrSayWhy } from "../../db/open-or-say-why.ts";
import { createHostPicker, type HostPort } from "../../db/pick-host.ts";
import { NO_PASSWORD, STANDBY, unusable } from "../../db/unusable.ts";
import { DEFAULT_SILENCE_MS, watchedSocket } from "../../db/watched-socket.ts";
import { lookWhenSilent } from "../../db/who-answers.ts";
import { classifyError, hasNoTls } from "./classify-error.ts";
import { keysResolver } from "./holdable.ts";
import { refusePooledTransactions } from "./pooled-transactions.ts";
import { checkForeignKeys, SESSION, WISHED } from "./session.ts";

interface PgResult {
  readonly rows?: Record<string, unknown>[];
  readonly rowCount?: number | null;
}

const READER: ResultReader = {
  rows: (result) => (result as PgResult).rows ?? [],
  affected: (result) => (result as PgResult).rowCount ?? 0,
  // A name makes it a prepared statement of its connection: parsing and planning a wide upsert costs as much as twenty rows.
  keepPlan: (sql) => ({ name: createHash("sha256").update(sql).digest("hex").slice(0, 32) }),
  asLists: { rowMode: "array" },
};

/** Every value as the server prints it: the driver's Date has no microseconds, its number no 64 bits. */
const TEXT_PARSERS = { getTypeParser: () => (text: string) => text };

/** Setting of a marked session. PostgreSQL takes any name of two parts for one of an extension's. */
export const MARK = "sync_tool.mark";

/** Opens a pool. With `prefer`, a server that has no TLS is talked to without, as libpq does. */
export async function connect(settings: ConnectionSettings, options: ConnectOptions = {}): Promise<Database> {
  const codeOf = (error: unknown): string => classifyError(error).code;
  return await openOrSayWhy(
    settings,
    "PostgreSQL",
    codeOf,
    async () => {
      if (settings.tls.mode !== "prefer") return await open(settings, tlsOptions(settings), options);
      try {
        return await open(settings, { rejectUnauthorized: false }, options);
      } catch (error) {
        if (hasNoTls(error)) return await open(settings, false, options);
        throw error;
      }
    },
    options.cut,
  );
}

async function open(
  settings: ConnectionSettings,
  ssl: object | false,
  { marked = false, cut }: ConnectOptions,
): Promise<Database> {
  const session = [
    ...SESSION,
    ...(settings.schema === undefined ? [] : [`SET search_path = ${quote(settings.schema)}`]),
    ...(marked ? [`SET ${MARK} = 'on'`] : []),
  ];
  const hosts = createHostPicker(settings, cut);
  const { connectTimeoutMs, pool, socketPath } = settings;
  const sockets = new Set<Socket>();
  // The pool calls this once and keeps the answer for all its connections.
  const clientOptions = ({ host, port }: HostPort) => ({
    // The driver takes the folder of the socket, the URL names the socket itself.
    host: socketPath === undefined ? host : dirname(socketPath),
    port,
    database: settings.database,
    user: settings.user,
    password: settings.password === "" ? () => refusePassword(sockets) : settings.password,
    ssl,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    application_name: "sync-tool",
    types: TEXT_PARSERS,
    stream: () => {
      const socket = watchedSocket(settings.socketTimeoutMs ?? DEFAULT_SILENCE_MS, cut);
      if (socketPath === undefined) lookWhenSilent(socket, { host, port }, "PostgreSQL");
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      return socket;
    },
  });
  const openAnother = async (): Promise<pg.Client> => {
    const { default: driver } = await import("pg");
    const client = new driver.Client(clientOptions(await hosts.pick()) as pg.ClientConfig);
    await client.connect();
    return client;
  };
  return await openDatabase(
    {
      client: "pg",
      connection: async () =>
        ({ ...clientOptions(await hosts.pick()), expirationChecker: hosts.mustPickAgain }) as Record<
          string,
          unknown
        >,
      pool: {
        min: 0,
        max: pool.max,
        afterCreate: (connection: pg.Client, done: (error: unknown, connection: pg.Client) => void) => {
          prepareSession(connection, session, openAnother).then(
            () => done(null, connection),
            (error: unknown) => {
              // The pool forgets a connection that failed here, but does not close it.
              connection.end().catch(() => undefined);
              done(error, connection);
            },
          );
        },
      },
      acquireConnectionTimeout: pool.acquireTimeoutMs,
    },
    { ...READER, resolve: keysResolver(), onError: (error) => hosts.failed(classifyError(error)) },
    pool.validationQuery ?? "SELECT 1",
    settings.hosts.length,
  );
}

/**
 * The driver answers a server that asks for a password with silence when it has none to give, and leaves the socket open.
 */
async function refusePassword(sockets: Iterable<Socket>): Promise<never> {
  const error = unusable(NO_PASSWORD);
  for (const socket of sockets) socket.destroy(error);
  throw error;
}

/**
 * Each connection proves where it leads: a name of the URL can come to stand for another server while a run is at work.
 * `openAnother` opens one more connection to the same place.
 */
async function prepareSession(
  connection: pg.Client,
  session: readonly string[],
  openAnother: () => Promise<pg.Client>,
): Promise<void> {
  await connection.query([...session, WISHED].join("; "));
  await checkForeignKeys(connection);
  const { rows } = await connection.query<{ standby: string; pid: string }>(
    "SELECT pg_is_in_recovery() AS standby, pg_backend_pid() AS pid",
  );
  if (rows[0]?.standby === "t") throw unusable(STANDBY);
  await refusePooledTransactions(connection, String(rows[0]?.pid), openAnother);
}

/** libpq's modes: "require" encrypts without proof, "verify-ca" proves the chain, "verify-full" the name as well. */
function tlsOptions(settings: ConnectionSettings): object | false {
  const { mode, ca, serverName } = settings.tls;
  if (mode === "disable") return false;
  const trusted = ca === undefined ? {} : { ca: readFileSync(ca, "utf8") };
  if (mode === "require") return { ...trusted, rejectUnauthorized: false };
  if (mode === "verify-ca") return { ...trusted, checkServerIdentity: () => undefined };
  return { ...trusted, ...(serverName === undefined ? {} : { servername: serverName }) };
}

/** Quotes an identifier in the catalogue's own spelling. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
