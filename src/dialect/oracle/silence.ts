import type { Socket } from "node:net";
import type { Connection } from "oracledb";
import { endWhenCut, endWhenSilent } from "../../db/watched-socket.ts";

/** Silence after which a connection counts as dead, unless the URL sets a time: `prepare` waits on the server for a minute. */
export const DEFAULT_SILENCE_MS = 300_000;

/** What the driver keeps of a connection in its thin mode (node-oracledb, lib/thin/connection.js, sqlnet/ntTcp.js). */
interface DriverConnection {
  readonly _impl?: { readonly nscon?: { readonly ntAdapter?: { readonly stream?: Socket | null } } };
  __knex__disposed?: unknown;
}

/**
 * Ends a connection on which nothing moves for so long, and has the pool forget one that has ended. The driver's own time
 * limit asks the server to break off and waits for the answer, a quarter of an hour when the network is dead. False where
 * the driver does not show its socket: then only EXPIRE_TIME of the connect descriptor is left.
 */
export function endSilent(connection: Connection, silenceMs: number, cut?: AbortSignal): boolean {
  const driver = connection as unknown as DriverConnection;
  const socket = driver._impl?.nscon?.ntAdapter?.stream;
  if (!socket) return false;
  endWhenSilent(socket, silenceMs);
  endWhenCut(socket, cut);
  socket.once("close", () => {
    driver.__knex__disposed ??= new Error("the connection ended");
  });
  return true;
}
