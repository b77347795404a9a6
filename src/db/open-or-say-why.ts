import type { HostPort } from "./pick-host.ts";
import { otherServer, type Speaker } from "./who-answers.ts";

interface Address {
  readonly hosts: readonly HostPort[];
  readonly socketPath?: string;
}

/** Codes of sockets and drivers that say no more than that there is no conversation. */
const VAGUE =
  /^(none|E(TIMEDOUT|TIMEOUT|CONNRESET|PIPE|PROTO|SOCKET|CONNCLOSED)|PROTOCOL_\w+|ERR_SSL_\w+|NJS-5(0\d|1[01]|21|30))$/;

/**
 * Opens a database. Where the driver's error leaves open what is wrong, it is looked who answers at the address, and that is
 * thrown instead. `codeOf` gives the error's code, "none" without one.
 */
export async function openOrSayWhy<T>(
  { hosts: [place], socketPath }: Address,
  wanted: Speaker,
  codeOf: (error: unknown) => string,
  open: () => Promise<T>,
  cut?: AbortSignal,
): Promise<T> {
  try {
    return await open();
  } catch (error) {
    // Given up, not failed: there is no time to look.
    if (cut?.aborted === true) throw error;
    if (socketPath !== undefined || place === undefined || !VAGUE.test(codeOf(error))) throw error;
    throw (await otherServer(place, wanted)) ?? error;
  }
}
