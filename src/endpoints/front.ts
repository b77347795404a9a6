import type { EndpointGroup } from "./endpoint-list.ts";

/** An Identity Server node behind the load balancer. */
export interface Upstream {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What a load balancer's file is written from. */
export interface Front {
  /** Which deployment gets the traffic; it names things in the file. */
  readonly side: "blue" | "green";
  readonly upstreams: readonly Upstream[];
  /** All groups; one that is closed is written as a comment. */
  readonly groups: readonly (EndpointGroup & { readonly isOpen: boolean })[];
  /** The public name; without it, any. */
  readonly hostname?: string;
  /** The port that clients reach. */
  readonly listen: number;
  /** PEM files for clients. */
  readonly certificate: string;
  readonly certificateKey: string;
}

/** Seconds until a client that got a 503 may ask again. */
export const RETRY_AFTER_SECONDS = 120;

/** What a person reads with the 503. */
export const CLOSED_TEXT = "This service is closed for maintenance. Logins work.";

/** The cookie that keeps a client on its node. */
export const NODE_COOKIE = "SYNC_TOOL_NODE";

/** `host:port`, with brackets around an IPv6 address. */
export function address({ host, port }: Upstream): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
