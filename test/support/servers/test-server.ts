import type { Row } from "../../../src/row.ts";
import type { TestDialectName } from "../env.ts";

/** A database server that tests may use, and, when they started it themselves, stop and kill. */
export interface TestServer {
  readonly dialect: TestDialectName;
  readonly host: string;
  readonly port: number;
  readonly adminUser: string;
  readonly adminPassword: string;
  /** As the server prints it, e.g. `18.4`, `10.11.14-MariaDB-log`, `9.7.0`. */
  readonly version: string;
  /** The temporary data folder; empty for a server that was not started here. */
  readonly dataDir: string;
  /** Makes a database and a user of the same name that owns it. Default name: random, lower case. */
  createDatabase(name?: string): Promise<TestDatabase>;
  /** Ends the process in an orderly way and removes its data. Nothing happens the second time. */
  stop(): Promise<void>;
  /** Ends the process as `kill -9` does; the data stays for {@link restart}. */
  kill(): Promise<void>;
  /** Starts the server again (after stopping it in an orderly way if it runs) on the same port and data. */
  restart(): Promise<void>;
}

/** The shape of the product's connection settings. */
export interface TestConnectionSettings {
  readonly type: TestDialectName;
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly database: string;
  readonly schema?: string;
  readonly user: string;
  readonly password: string;
  readonly tls: { readonly mode: "disable" };
  readonly connectTimeoutMs: number;
  readonly pool: { readonly max: number; readonly acquireTimeoutMs: number };
}

/** One connection, one statement after the other: for open transactions and session settings. */
export interface TestSession {
  /** Rows with upper-case column names; every value as text, bytes or null (booleans `1`/`0`). */
  query(sql: string): Promise<Row[]>;
  /** Runs the statements in order; a single string may hold several, separated by `;`. */
  exec(script: string | readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface TestDatabase {
  readonly name: string;
  /** As the user that owns this database and has no other right. */
  readonly settings: TestConnectionSettings;
  /** The same database as the server's administrator. */
  readonly adminSettings: TestConnectionSettings;
  /** Without user and password. */
  readonly jdbcUrl: string;
  /** On a connection of its own, as the owner. */
  query(sql: string): Promise<Row[]>;
  /** All statements on one connection, as the owner. */
  exec(script: string | readonly string[]): Promise<void>;
  /** A connection that stays open until closed or until the database is dropped. */
  session(options?: { readonly admin?: boolean }): Promise<TestSession>;
  /** Closes the open sessions and removes the database and its user. */
  drop(): Promise<void>;
}

/** Where a server answers and who may do everything there. */
export interface ServerAddress {
  readonly dialect: TestDialectName;
  readonly host: string;
  readonly port: number;
  readonly adminUser: string;
  readonly adminPassword: string;
}

/** What differs from database to database once a server answers. */
export interface ServerAccess {
  /** Rejects while the server does not answer. */
  version(): Promise<string>;
  createDatabase(name?: string): Promise<TestDatabase>;
}
