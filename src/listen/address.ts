import { isIP, isIPv4, isIPv6 } from "node:net";
import { SyncError } from "../errors.ts";

/** Where a run listens. */
export interface Address {
  /** A name or an IP address, without brackets. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Nobody but this machine comes there. */
  readonly isLoopback: boolean;
}

const LOOPBACK = "127.0.0.1";

/** Reads `HOST:PORT`, `[::1]:PORT`, or a port alone, which is one of the loopback address. Throws USAGE_INVALID. */
export function parseAddress(text: string): Address {
  const found = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/@]*)):)?(\d{1,5})$/.exec(text);
  const port = Number(found?.[3]);
  const ip6 = found?.[1];
  if (found === null || port > 65_535 || (ip6 !== undefined && !isIPv6(ip6))) {
    throw new SyncError("USAGE_INVALID", {
      what: "--listen is no address",
      next: "Give HOST:PORT, e.g. --listen 127.0.0.1:9464 or --listen [::1]:9464",
    });
  }
  const host = ip6 ?? (found[2] || LOOPBACK);
  return { host, port, isLoopback: isLoopback(host) };
}

/** As people write it, in brackets where that is needed. */
export const urlHost = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

const isLoopback = (host: string): boolean =>
  host === "::1" || host.toLowerCase() === "localhost" || (isIPv4(host) && host.startsWith("127."));

/**
 * Whether a request's Host header may be answered: a page of somebody else's can have its own name lead to this machine
 * (DNS rebinding), but no IP address, nor a name that is this machine's. The port is free: a tunnel may end at another one.
 */
export function isOwnHost(
  header: string | undefined,
  { host, isLoopback: isLocal }: Address,
  machine: string,
): boolean {
  const name = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(header ?? "");
  const asked = (name?.[1] ?? name?.[2] ?? "").toLowerCase();
  if (asked === "") return false;
  if (isLoopback(asked)) return true;
  if (isLocal) return false;
  const short = machine.toLowerCase().split(".")[0];
  return isIP(asked) !== 0 || [host, machine, short].some((one) => one?.toLowerCase() === asked);
}
