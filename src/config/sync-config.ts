/** The configuration as the rest of sync-tool sees it: typed, range-checked, deeply frozen. Made by load.ts alone. */
import type { IsVersion } from "./versions.ts";

export type DatabaseType = "mysql" | "mariadb" | "postgres" | "mssql" | "oracle";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** How strictly a connection is encrypted; the names and meanings are those of PostgreSQL's `sslmode`. */
export type TlsMode = "disable" | "prefer" | "require" | "verify-ca" | "verify-full";

export interface TlsSettings {
  readonly mode: TlsMode;
  /** Path of a PEM file with the certificate authorities to trust; absent: those of the system. */
  readonly ca?: string;
  /** Name expected in the server's certificate when it is not the host's. */
  readonly serverName?: string;
}

export interface PoolSettings {
  /** Connections at most; `maxActive` of WSO2, default 10. */
  readonly max: number;
  /** Longest wait for the server to give one; `maxWait` of WSO2, default 60000, at most ten minutes for -1. */
  readonly acquireTimeoutMs: number;
  readonly validationQuery?: string;
}

export interface ConnectionSettings {
  readonly type: DatabaseType;
  /** First to last is the order of failover; never empty. */
  readonly hosts: readonly HostPort[];
  /** Unix socket, used instead of `hosts`. PostgreSQL: the socket file itself, as in `/run/postgresql/.s.PGSQL.5432`. */
  readonly socketPath?: string;
  /** MySQL, MariaDB, PostgreSQL, SQL Server: the database. Oracle: the service name. */
  readonly database?: string;
  /** PostgreSQL: the first of `currentSchema`. */
  readonly schema?: string;
  readonly user: string;
  readonly password: string;
  readonly tls: TlsSettings;
  /** SQL Server instance; present only when the URL gives no port, for a port decides by itself. */
  readonly instance?: string;
  /** Oracle SID, when the URL names that and not a service. */
  readonly sid?: string;
  /** Oracle TNS descriptor, verbatim. */
  readonly connectString?: string;
  /** Default 10000. */
  readonly connectTimeoutMs: number;
  readonly socketTimeoutMs?: number;
  /** MySQL, MariaDB: the server may apply another one's changes as well; see `source.acceptReplica`. */
  readonly acceptReplica?: boolean;
  readonly pool: PoolSettings;
}

/** A place in a configuration file, for messages. */
export interface Place {
  readonly file: string;
  readonly line?: number;
}

export interface Datasource {
  /** JNDI name without `jdbc/`. */
  readonly id: string;
  readonly settings: ConnectionSettings;
  readonly at: Place;
}

export type SchemaName = "identity" | "um" | "reg" | "consent";

export interface SchemaPair {
  readonly name: SchemaName;
  readonly source: Datasource;
  readonly target: Datasource;
}

export type ConflictPolicy = "dead-letter" | "keep-target" | "newest";

/** Value of a key that another folder interprets, with its place for that folder's messages. */
export interface RawSetting extends Place {
  readonly value: string;
}

export interface SyncConfig {
  readonly sourceVersion: IsVersion;
  readonly targetVersion: IsVersion;
  readonly batchSize: number;
  readonly syncIntervalMs: number;
  /** Upper case, no doubles, in the order given. */
  readonly syncTables: readonly string[];
  /** `identity` always and first; `um`, `reg`, `consent` when configured. */
  readonly schemas: readonly SchemaPair[];
  readonly files: { readonly properties: string; readonly deployment: string };
  readonly conflictPolicy: ConflictPolicy;
  readonly deadLetterLimit: number;
  /** Lanes of each table; with `autoParallelism` the fewest. */
  readonly parallelism: number;
  /** As many lanes as pay over the network that is found: 1 to 4. */
  readonly autoParallelism?: boolean;
  /** Rows a second; absent: as fast as it goes. */
  readonly maxRowsPerSecond?: number;
  /** Statements whose first value, above 0, holds the work back; by the side that is asked. */
  readonly throttleQuery: Readonly<Partial<Record<"source" | "target", string>>>;
  /** User names of a 5.0.0 source are e-mail addresses. */
  readonly emailUserNames?: boolean;
  /** After the switch what users write on the target flows back to the source. */
  readonly wayBack?: boolean;
  /** Files of the log whose last line is older are deleted. */
  readonly logKeepDays: number;
  /** Of all files of the log together. */
  readonly logMaxMegabytes: number;
  /** Raw values of the keys in `OTHER_KEYS` (schema.ts) that are set. */
  readonly extra: ReadonlyMap<string, RawSetting>;
  /** Sentences for the log, each with its place; no secrets in them. */
  readonly warnings: readonly string[];
}
