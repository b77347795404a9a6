import type { DatabaseType, HostPort, TlsSettings } from "../sync-config.ts";
import type { UrlReport } from "./url-options.ts";

/** What a JDBC URL says; the fields mean the same as in ConnectionSettings. */
export interface ParsedUrl {
  readonly type: DatabaseType;
  readonly hosts: readonly HostPort[];
  readonly tls: TlsSettings;
  readonly socketPath?: string | undefined;
  readonly database?: string | undefined;
  readonly schema?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly instance?: string | undefined;
  readonly sid?: string | undefined;
  readonly connectString?: string | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly socketTimeoutMs?: number | undefined;
}

/** Reads what follows the URL's prefix; undefined only when `report` has a problem. */
export type UrlParser = (rest: string, report: UrlReport) => ParsedUrl | undefined;
