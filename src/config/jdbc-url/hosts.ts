import type { HostPort } from "../sync-config.ts";
import type { UrlReport } from "./url-options.ts";

/**
 * `host`, `host:port`, `[IPv6]:port`, also with a zone (`[fe80::1%eth0]`); an empty host is localhost. Undefined, with a problem, when malformed. The problem
 * does not repeat the text: it can be a piece of a password.
 */
export function readHostPort(text: string, defaultPort: number, report: UrlReport): HostPort | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([^\s:[\]/@]*))(?::([^:]*))?$/.exec(text.trim());
  if (match === null) {
    report.problems.push("the URL's host is malformed, wanted host:port, or [address]:port for IPv6");
    return undefined;
  }
  const [, address, name, portText] = match;
  const port = readPort(portText, defaultPort, report);
  return port === undefined ? undefined : { host: address ?? (name || "localhost"), port };
}

/** A comma-separated list; undefined when one of them is malformed. */
export function readHostList(
  text: string,
  defaultPort: number,
  report: UrlReport,
): readonly HostPort[] | undefined {
  const hosts = text.split(",").map((one) => readHostPort(one, defaultPort, report));
  return hosts.every((one) => one !== undefined) ? hosts : undefined;
}

/** Absent: the default. */
export function readPort(
  text: string | undefined,
  defaultPort: number,
  report: UrlReport,
): number | undefined {
  if (text === undefined) return defaultPort;
  const port = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  if (port >= 1 && port <= 65535) return port;
  report.problems.push("the URL's port is not a number from 1 to 65535");
  return undefined;
}
