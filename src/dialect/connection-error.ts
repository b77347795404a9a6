import type { ClassifiedError, ErrorClass } from "../db/classified-error.ts";
import { NoConnection } from "../db/no-connection.ts";
import {
  NO_PASSWORD,
  NO_TLS,
  OTHER_SERVER,
  POOLED,
  REPLICA,
  SILENT,
  STANDBY,
  UNCHECKED,
  type UnusableCode,
} from "../db/unusable.ts";

type Known = readonly [errorClass: ErrorClass, reason: string, advice: string];

/** `{owner}`: whose datasource it is; `{place}`: where it stands; `{url}`: its URL there. */
const CHECK_SERVER = "Check that the server runs and that this host reaches it; {url}";
const NAME_PRIMARY = "Name the primary, where the application writes, in {url}";

/**
 * What an operator does about a connection that is not to be had or not to be used. A failure that can pass is of class
 * "connection": a run that is at work waits for its end, a command that begins ends with it.
 */
const UNUSABLE: Readonly<Record<UnusableCode, Known>> = {
  [STANDBY]: [
    "connection",
    "the server is a standby or read-only: it shows the source late, takes no writes, and captures nothing",
    NAME_PRIMARY,
  ],
  [REPLICA]: [
    "connection",
    "the server is a replica, though it could be written: changes that come to it by replication fire no trigger",
    `${NAME_PRIMARY}. Where two primaries replicate each other and the application writes to this one alone, set source.acceptReplica=true (target.acceptReplica=true)`,
  ],
  [POOLED]: [
    "login",
    "a proxy gives each transaction another session of the server (PgBouncer with pool_mode=transaction, or its like): settings and locks of a session do not hold",
    "Connect to the server itself, or through a pool with pool_mode=session; {url}",
  ],
  [NO_PASSWORD]: [
    "login",
    "the server asks for a password, and the one that is configured is empty",
    "Give the password of {owner} in {place}",
  ],
  [NO_TLS]: [
    "connection",
    "the server offers no TLS, and the URL demands it",
    "Switch TLS on at the server, or demand less of it (sslmode, sslMode, encrypt) in {url}",
  ],
  [OTHER_SERVER]: [
    "connection",
    "another kind of server answers there",
    "Correct product, host and port in {url}",
  ],
  [SILENT]: [
    "connection",
    "the port takes connections but nobody answers on them",
    "Check host and port, a firewall or proxy on the way, and whether the server is stopped or overloaded; {url}",
  ],
  [UNCHECKED]: [
    "login",
    "session_replication_role is not origin for this user, who may not change it: no foreign key would be checked",
    "ALTER ROLE ... RESET session_replication_role for the user of {owner} (in {place}), or the same for its database",
  ],
};

/** Codes of Node's sockets (errno.h) and its name lookup (getaddrinfo). */
const SOCKET: Readonly<Record<string, readonly [reason: string, advice?: string]>> = {
  ECONNREFUSED: [
    "nothing listens on this port",
    "Check that the server runs and listens at this address and port; {url}",
  ],
  ENOTFOUND: ["the host's name is not known", "Correct the host in {url}, or this machine's name service"],
  EAI_AGAIN: ["the name service does not answer"],
  EHOSTUNREACH: ["there is no way to this host"],
  ENETUNREACH: ["there is no way to this host's network"],
  ETIMEDOUT: ["the server does not answer in time"],
  ECONNRESET: ["the connection was cut off"],
  EPIPE: ["the connection was cut off"],
  ENOENT: ["there is no socket with this name"],
  EACCES: ["this user may not use the socket"],
};

const isUnusable = (code: string): code is UnusableCode => Object.hasOwn(UNUSABLE, code);

/** Failures that are the same on every database: of sockets, and of connections that are not used. Undefined: another one. */
export function connectionError(error: unknown): ClassifiedError | undefined {
  if (error instanceof NoConnection) return error.classified;
  const { code, speaks } = (error ?? {}) as { code?: unknown; speaks?: unknown };
  if (typeof code !== "string") return undefined;
  if (isUnusable(code)) {
    const [errorClass, reason] = UNUSABLE[code];
    return {
      class: errorClass,
      code,
      reason: typeof speaks === "string" ? `${speaks} answers there` : reason,
    };
  }
  const socket = SOCKET[code];
  return socket === undefined ? undefined : { class: "connection", code, reason: socket[0] };
}

/** What to do about a connection that could not be opened. `owner`: whose datasource it is; `place`: file and line. */
export function connectionAdvice(
  found: ClassifiedError,
  { owner, place }: { readonly owner: string; readonly place: string },
): string {
  const { code } = found;
  const own = isUnusable(code) ? UNUSABLE[code][2] : (SOCKET[code]?.[1] ?? byClass(found.class));
  return own
    .replaceAll("{url}", `the url of ${owner} in ${place}`)
    .replaceAll("{owner}", owner)
    .replaceAll("{place}", place);
}

function byClass(errorClass: ErrorClass): string {
  switch (errorClass) {
    case "auth":
      return "Grant the user of {owner} its rights on the database, or correct user and database in {place}";
    case "login":
      return "Check user, password and database of {owner} in {place}";
    default:
      return CHECK_SERVER;
  }
}

/** The code as people should see it: those of our own are said in words. */
export const codeText = (code: string): string =>
  code === "none" || code.startsWith("SYNC_") ? "" : ` (${code})`;
