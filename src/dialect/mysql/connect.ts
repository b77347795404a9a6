import { readFileSync } from "node:fs";
import { format } from "mysql2";
import type { ConnectionSettings } from "../../config/sync-config.ts";
import type { ConnectOptions } from "../../contract/dialect.ts";
import { type Database, openDatabase, type ResultReader } from "../../db/database.ts";
import { openOrSayWhy } from "../../db/open-or-say-why.ts";
import { createHostPicker } from "../../db/pick-host.ts";
import { DEFAULT_SILENCE_MS, watchedSocket } from "../../db/watched-socket.ts";
import { lookWhenSilent } from "../../db/who-answers.ts";
import { classifyError } from "./classify-error.ts";
import { refuseReplica } from "./refuse-replica.ts";
import { SESSION, WISHED } from "./session.ts";

const READER: ResultReader = {
  write: (value) => format("?", [value as never]),
  rows: (result) => {
    const rows = Array.isArray(result) ? (result as unknown[])[0] : undefined;
    return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
  },
  affected: (result) => {
    const header = Array.isArray(result) ? (result as unknown[])[0] : undefined;
    return (header as { affectedRows?: number } | undefined)?.affectedRows ?? 0;
  },
  asLists: { rowsAsArray: true },
};

/**
 * What a marked session sets, and what triggers ask for. Not a variable of our own (@name): MySQL keeps a trigger with the open
 * table that it belongs to, and the next session that is given this table may read `@name` as the one before had it (tried on 9.7:
 * one in four writes of unmarked sessions was taken for a marked one). This one has no effect at such a height: the optimizer
 * assumes no more seeks than so many, four thousand million by default. Any user may set it, and nobody sets it to this.
 */
const MARKED = ["@@SESSION.max_seeks_for_key", "4294901761"] as const;
export const UNMARKED = MARKED.join(" <> ");

interface RawConnection {
  query(sql: string, done: (error: unknown, rows?: readonly Record<string, unknown>[]) => void): void;
  on(event: "error", listener: () => void): void;
  removeAllListeners(): void;
  destroy(): void;
}

/** Opens a pool. With `prefer`, a server that has no TLS is talked to without. */
export async function connect(settings: ConnectionSettings, options: ConnectOptions = {}): Promise<Database> {
  const codeOf = (error: unknown): string => classifyError(error).code;
  return await openOrSayWhy(
    settings,
    "MySQL or MariaDB",
    codeOf,
    async () => {
      if (settings.tls.mode !== "prefer") return await open(settings, tlsOptions(settings), options);
      try {
        return await open(settings, { ssl: { rejectUnauthorized: false } }, options);
      } catch (error) {
        if ((error as { code?: unknown } | null)?.code === "HANDSHAKE_NO_SSL_SUPPORT")
          return await open(settings, {}, options);
        throw error;
      }
    },
    options.cut,
  );
}

async function open(
  settings: ConnectionSettings,
  tls: object,
  { marked = false, cut }: ConnectOptions,
): Promise<Database> {
  const session = marked ? [...SESSION, `SET ${MARKED.join(" = ")}`] : SESSION;
  const hosts = createHostPicker(settings, cut);
  const { connectTimeoutMs, pool, socketPath } = settings;
  return await openDatabase(
    {
      client: "mysql2",
      connection: async () => {
        const address = socketPath === undefined ? await hosts.pick() : { path: socketPath };
        return {
          ...address,
          stream: () => {
            const socket = watchedSocket(settings.socketTimeoutMs ?? DEFAULT_SILENCE_MS, cut).connect(
              address,
            );
            if ("host" in address) lookWhenSilent(socket, address, "MySQL or MariaDB");
            return socket;
          },
          database: settings.database,
          user: settings.user,
          password: settings.password,
          charset: "utf8mb4",
          connectTimeout: connectTimeoutMs,
          // Everything that has more digits than a double, or a time zone in JavaScript, comes as text.
          supportBigNumbers: true,
          bigNumberStrings: true,
          dateStrings: true,
          jsonStrings: true,
          expirationChecker: hosts.mustPickAgain,
          ...tls,
        } as Record<string, unknown>;
      },
      pool: {
        min: 0,
        max: pool.max,
        afterCreate: (
          connection: RawConnection,
          done: (error: unknown, connection: RawConnection) => void,
        ) => {
          keepListening(connection);
          const fail = (error: unknown): void => {
            // The pool forgets a connection that failed here, but does not close it.
            connection.destroy();
            done(error, connection);
          };
          prepareSession(connection, session, (error) => {
            if (error !== undefined) fail(error);
            else
              refuseReplica(connection, settings.acceptReplica === true, (replica) => {
                if (replica !== undefined) fail(replica);
                else makeWished(connection, () => done(null, connection));
              });
          });
        },
      },
      acquireConnectionTimeout: pool.acquireTimeoutMs,
    },
    { ...READER, onError: (error) => hosts.failed(classifyError(error)) },
    pool.validationQuery ?? "SELECT 1",
    settings.hosts.length,
  );
}

/**
 * knex takes its listeners away once it has said goodbye to a connection. When the other end never hears it, the socket
 * fails later on, and an error that nobody listens for ends the process.
 */
function keepListening(connection: RawConnection): void {
  const removeAll = connection.removeAllListeners.bind(connection);
  connection.removeAllListeners = () => {
    removeAll();
    connection.on("error", () => undefined);
  };
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

/** All in one statement; one by one where one of them is refused. */
function makeWished(connection: RawConnection, done: () => void): void {
  const names = Object.keys(WISHED);
  const list = names.map(literal).join(", ");
  connection.query(`SHOW SESSION VARIABLES WHERE Variable_name IN (${list})`, (error, rows = []) => {
    if (error) return done();
    const known = rows.map((row) => String(row["Variable_name"]).toLowerCase());
    const settings = names.filter((name) => known.includes(name)).map((name) => `${name} = ${WISHED[name]}`);
    if (settings.length === 0) return done();
    connection.query(`SET SESSION ${settings.join(", ")}`, (refused) =>
      refused ? trySettings(connection, settings, done) : done(),
    );
  });
}

function trySettings(connection: RawConnection, settings: readonly string[], done: () => void): void {
  const [first, ...rest] = settings;
  if (first === undefined) done();
  else connection.query(`SET SESSION ${first}`, () => trySettings(connection, rest, done));
}

function tlsOptions(settings: ConnectionSettings): object {
  const { mode, ca, serverName } = settings.tls;
  if (mode === "disable") return {};
  const trusted = ca === undefined ? {} : { ca: readFileSync(ca, "utf8") };
  if (mode === "require") return { ssl: { ...trusted, rejectUnauthorized: false } };
  const name = serverName === undefined ? {} : { servername: serverName };
  return { ssl: { ...trusted, ...name, rejectUnauthorized: true, verifyIdentity: mode === "verify-full" } };
}

/** Quotes an identifier in the catalogue's own spelling. */
export function quote(identifier: string): string {
  return `\`${identifier.replaceAll("`", "``")}\``;
}

/** A text literal under our sql_mode, where the backslash escapes. */
export function literal(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}
