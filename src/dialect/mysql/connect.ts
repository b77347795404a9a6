import { readFileSync } from "node:fs";
import type { ConnectionSettings } from "../../config/sync-config.ts";
import { type Database, openDatabase, type ResultReader } from "../../db/database.ts";

const READER: ResultReader = {
  numbersPlaceholders: false,
  rows: (result) => {
    const rows = Array.isArray(result) ? (result as unknown[])[0] : undefined;
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  },
  affected: (result) => {
    const header = Array.isArray(result) ? (result as unknown[])[0] : undefined;
    return (header as { affectedRows?: number } | undefined)?.affectedRows ?? 0;
  },
};

/**
 * Settings that a server could have changed. Strict without the zero-date modes: a value that does not fit is refused,
 * a zero date passes. READ COMMITTED keeps our statements from locking gaps that the server's own writers need.
 */
const SESSION = [
  "SET NAMES utf8mb4",
  "SET SESSION time_zone = '+00:00'",
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'",
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
  "SET SESSION autocommit = 1",
  "SET SESSION foreign_key_checks = 1",
  "SET SESSION unique_checks = 1",
  "SET SESSION innodb_lock_wait_timeout = 20",
  "SET SESSION lock_wait_timeout = 20",
];

/** Refused by some servers or users; without it NULL becomes the current time in an old-style TIMESTAMP column. */
const WISHED = "SET SESSION explicit_defaults_for_timestamp = ON";

interface RawConnection {
  query(sql: string, done: (error: unknown) => void): void;
}

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
  return await openDatabase(
    {
      client: "mysql2",
      connection: {
        ...(settings.socketPath === undefined ? { host, port } : { socketPath: settings.socketPath }),
        database: settings.database,
        user: settings.user,
        password: settings.password,
        charset: "utf8mb4",
        connectTimeout: settings.connectTimeoutMs,
        enableKeepAlive: true,
        // Everything that has more digits than a double, or a time zone in JavaScript, comes as text.
        supportBigNumbers: true,
        bigNumberStrings: true,
        dateStrings: true,
        jsonStrings: true,
        ...tls(settings, host),
      } as Record<string, unknown>,
      pool: {
        min: 0,
        max: settings.pool.max,
        afterCreate: (
          connection: RawConnection,
          done: (error: unknown, connection: RawConnection) => void,
        ) => {
          prepareSession(connection, SESSION, (error) => {
            if (error !== undefined) done(error, connection);
            else prepareSession(connection, [WISHED], () => done(null, connection));
          });
        },
      },
      acquireConnectionTimeout: settings.pool.acquireTimeoutMs,
    },
    READER,
    settings.pool.validationQuery ?? "SELECT 1",
  );
}

function prepareSession(
  connection: RawConnection,
  statements: readonly string[],
  done: (error?: unknown) => void,
): void {
  const [first, ...rest] = statements;
  if (first === undefined) done();
  else connection.query(first, (error) => (error ? done(error) : prepareSession(connection, rest, done)));
}

function tls(settings: ConnectionSettings, host: string): object {
  const { mode, ca, serverName } = settings.tls;
  if (mode === "disable" || mode === "prefer") return {};
  const trusted = ca === undefined ? {} : { ca: readFileSync(ca, "utf8") };
  if (mode === "require") return { ssl: { ...trusted, rejectUnauthorized: false } };
  return {
    ssl: {
      ...trusted,
      rejectUnauthorized: true,
      verifyIdentity: mode === "verify-full",
      servername: serverName ?? host,
    },
  };
}

/** Quotes an identifier in the catalogue's own spelling. */
export function quote(identifier: string): string {
  return `\`${identifier.replaceAll("`", "``")}\``;
}

/** A text literal under our sql_mode, where the backslash escapes. */
export function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
