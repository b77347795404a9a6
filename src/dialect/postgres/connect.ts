import { readFileSync } from "node:fs";
import type pg from "pg";
import type { ConnectionSettings } from "../../config/sync-config.ts";
import { type Database, openDatabase, type ResultReader } from "../../db/database.ts";

interface PgResult {
  readonly rows?: Record<string, unknown>[];
  readonly rowCount?: number | null;
}

const READER: ResultReader = {
  numbersPlaceholders: true,
  rows: (result) => (result as PgResult).rows ?? [],
  affected: (result) => (result as PgResult).rowCount ?? 0,
};

/** Every value as the server prints it: the driver's Date has no microseconds, its number no 64 bits. */
const TEXT_PARSERS = { getTypeParser: () => (text: string) => text };

/** Settings that a server, database or role could have changed; each connection sets them itself. */
const SESSION = [
  "SET timezone = 'UTC'",
  "SET datestyle = 'ISO, YMD'",
  "SET bytea_output = 'hex'",
  "SET extra_float_digits = 1",
  "SET standard_conforming_strings = on",
  "SET default_transaction_isolation = 'read committed'",
  "SET default_transaction_read_only = off",
  "SET statement_timeout = 0",
  "SET lock_timeout = '20s'",
  "SET idle_in_transaction_session_timeout = 0",
];

/** Opens a pool; tries the hosts in order, as a multi-host JDBC URL does. */
export async function connect(settings: ConnectionSettings): Promise<Database> {
  let failure: unknown;
  for (const { host, port } of settings.hosts) {
    try {
      return await connectTo(settings, host, port);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function connectTo(settings: ConnectionSettings, host: string, port: number): Promise<Database> {
  const session =
    settings.schema === undefined ? SESSION : [...SESSION, `SET search_path = ${quote(settings.schema)}`];
  return await openDatabase(
    {
      client: "pg",
      connection: {
        host: settings.socketPath ?? host,
        port,
        database: settings.database,
        user: settings.user,
        password: settings.password,
        ssl: tls(settings, host),
        connectionTimeoutMillis: settings.connectTimeoutMs,
        keepAlive: true,
        application_name: "sync-tool",
        types: TEXT_PARSERS,
        ...(settings.socketTimeoutMs === undefined ? {} : { query_timeout: settings.socketTimeoutMs }),
      } as Record<string, unknown>,
      pool: {
        min: 0,
        max: settings.pool.max,
        afterCreate: (connection: pg.Client, done: (error: unknown, connection: pg.Client) => void) => {
          connection.query(session.join("; ")).then(
            () => done(null, connection),
            (error: unknown) => done(error, connection),
          );
        },
      },
      acquireConnectionTimeout: settings.pool.acquireTimeoutMs,
    },
    READER,
    settings.pool.validationQuery ?? "SELECT 1",
  );
}

/** libpq's modes: "require" encrypts without proof, "verify-ca" proves the chain, "verify-full" the name as well. */
function tls(settings: ConnectionSettings, host: string): object | false {
  const { mode, ca, serverName } = settings.tls;
  if (mode === "disable" || mode === "prefer") return false;
  const trusted = ca === undefined ? {} : { ca: readFileSync(ca, "utf8") };
  if (mode === "require") return { ...trusted, rejectUnauthorized: false };
  if (mode === "verify-ca") return { ...trusted, checkServerIdentity: () => undefined };
  return { ...trusted, servername: serverName ?? host };
}

/** Quotes an identifier in the catalogue's own spelling. */
export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
