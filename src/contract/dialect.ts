import type { ConnectionSettings, DatabaseType } from "../config/sync-config.ts";
import type { ClassifiedError } from "../db/classified-error.ts";
import type { Database, Queryable } from "../db/database.ts";
import type { Row, Value } from "../row.ts";
import type { Key, Position } from "./change.ts";
import type { Ddl, FoundObject } from "./ddl.ts";
import type { Fact, FactScope } from "./fact.ts";
import type { Statement, Statements } from "./statements.ts";
import type { TargetTable } from "./sync-plan.ts";
import type { Column, TableSchema } from "./table-schema.ts";

export type {
  Ddl,
  DdlStep,
  FoundObject,
  GrantChoice,
  Grantee,
  ObjectKind,
  ObjectRef,
  SourceSigns,
} from "./ddl.ts";
export type { CheckpointRow, DigestRange, Statement } from "./statements.ts";

export interface Capabilities {
  /** DDL takes part in a transaction, so a failed prepare leaves nothing behind. */
  readonly transactionalDdl: boolean;
  /** A failed statement makes the whole transaction unusable until a savepoint is restored. */
  readonly errorAbortsTransaction: boolean;
  /** Rows deleted by a foreign-key cascade fire no triggers of their own. */
  readonly cascadesSkipTriggers: boolean;
  readonly emptyStringIsNull: boolean;
  /** Triggers are shown only to a user with a right that dropping a table does not need. */
  readonly hidesTriggers: boolean;
  /** A table is not seen by a user that has no right on it. */
  readonly hidesTables: boolean;
  /** Evidence alone tells a hole that is dead from one that is not; otherwise those passed are looked at again. */
  readonly provesHoles: boolean;
  /** Youngest age, in milliseconds, at which a missing position may be judged. */
  readonly minHoleAgeMs: number;
}

export interface ServerFacts {
  /** For people, e.g. "MariaDB 10.11.14". */
  readonly product: string;
  /** Numeric parts, for comparisons. */
  readonly version: readonly number[];
  /** Tells this database (and schema) from every other one, also from its own restored copy. */
  readonly identity: string;
  /** The same, but unchanged by a restart: journals carry it, so that a copy of one is known for a copy. */
  readonly home: string;
  /** MySQL, MariaDB: the account that logged in, whose host need not be '%'. */
  readonly account?: { readonly name: string; readonly host: string };
  /** Why this server cannot be used, each a full sentence. */
  readonly problems: readonly string[];
}

/**
 * A connection that holds locks by name, as many as are wanted; the server frees them when it is gone. One statement at a
 * time: the callers wait for each other.
 */
export interface LockSession {
  /** False when another connection has it. */
  take(name: string): Promise<boolean>;
  /** Those of the names that the server still holds for this connection. */
  held(names: readonly string[]): Promise<ReadonlySet<string>>;
  /** Gives back one that was taken; the others stay. */
  give(name: string): Promise<void>;
  /** Ends the connection, and every lock with it. */
  close(): Promise<void>;
}

/** A run of missing positions, both ends included. */
export interface Hole {
  readonly first: Position;
  readonly last: Position;
}

/** What is known about a journal at one moment; what follows from several is judged in journal/horizon.ts. */
export interface Observation {
  /** Highest visible position; 0n for an empty journal. */
  readonly highest: Position;
  /** Transactions that may still make positions visible, noted after `highest` was read. */
  readonly holders: ReadonlySet<string>;
  /** The same, but of transactions that may have nothing to do with the journal: they are not waited for without an end. */
  readonly suspects?: ReadonlySet<string>;
}

/** The transaction that keeps a position from being judged, where the database tells. */
export interface HolderFacts {
  readonly holder: string;
  readonly user?: string;
  readonly ageSeconds?: number;
}

/** A lock on a whole table, for which everybody waits who would write to it. */
export interface TableLock {
  readonly holders: readonly HolderFacts[];
  /** Readers wait for it too. */
  readonly isUnreadable: boolean;
}

/**
 * Moves a checkpoint (`sql.moveCheckpoint`) and writes the rows as `writeRows` does, both or neither. False: the
 * checkpoint was not where it was said to be. Undefined: not to be done this way, `writeRows` tells why. Nothing is
 * written then. `onSending`: the rows are about to be sent, and no other statement goes before them.
 */
export type PreparedWrite = (
  db: Database,
  move: Statement,
  onSending: () => void,
) => Promise<boolean | undefined>;

export interface ConnectOptions {
  /**
   * Its sessions carry the mark: the triggers of `ddl.capture` journal nothing of what they write, so that a journal holds what
   * applications wrote. Default: false, a session as an application has one.
   */
  readonly marked?: boolean;
  /** When aborted, every connection of the pool ends at once, whatever is under way on it, and none can be opened. */
  readonly cut?: AbortSignal;
}

/** Everything that differs between databases. A dialect is one folder behind this interface. */
export interface Dialect {
  readonly name: DatabaseType;
  /** As people write it, e.g. "PostgreSQL". */
  readonly title: string;
  readonly capabilities: Capabilities;
  /** Opens a pool and proves that it works. Throws the driver's error; see classifyError. */
  connect(settings: ConnectionSettings, options?: ConnectOptions): Promise<Database>;
  classifyError(error: unknown): ClassifiedError;
  /** Opens a connection for locks. */
  openLocks(db: Database): Promise<LockSession>;

  readonly introspector: {
    server(db: Queryable): Promise<ServerFacts>;
    /** Tables found among the names, whatever their case; a table that is missing is missing in the answer. */
    tables(db: Queryable, names: readonly string[]): Promise<readonly TableSchema[]>;
    /** Objects found under these names (tables, triggers, functions), whatever their case. */
    objects(db: Queryable, names: readonly string[]): Promise<readonly FoundObject[]>;
    /** The restore of a dump that is at work in this database, as far as the user may see it; absent: it is not told. */
    restoring?(db: Queryable): Promise<string | undefined>;
    /** Sessions that hold a lock on the table which DDL waits for, the oldest first, as far as the user may see them. */
    lockHolders(db: Queryable, table: string): Promise<readonly HolderFacts[]>;
    /**
     * Locks of other sessions that keep writers from these tables, by the name that was asked for, as far as the user may see
     * them. Waits a second at most.
     */
    tableLocks(db: Queryable, tables: readonly string[]): Promise<ReadonlyMap<string, TableLock>>;
  };

  readonly ddl: Ddl;

  readonly sql: Statements;

  /** Writes rows that are final images, matching by primary key and by nothing else. Whole-batch statements only. */
  writeRows(
    tx: Queryable,
    table: TargetTable,
    rows: readonly Row[],
    keepOnUpdate: readonly string[],
  ): Promise<void>;
  /**
   * Writes rows that the table is thought to lack: an error of class "unique" when it holds one, and then the transaction is
   * to be rolled back. Absent where it would save nothing.
   */
  insertRows?(tx: Queryable, table: TargetTable, rows: readonly Row[]): Promise<void>;
  /** Does ahead what `writeRows` and `insertRows` would do with these very rows before it sends anything. Absent where that is not worth it. */
  readyRows?(table: TargetTable, rows: readonly Row[]): Promise<void>;
  /**
   * Makes rows ready to be written together with the move of a checkpoint, in one or two round trips. Nothing is sent: this is
   * done while the batch in front of them is written. `areNew`: the target is not expected to hold any of them.
   * Undefined where these rows need `writeRows`; absent where the database has no shorter way.
   */
  prepareWrite?(
    table: TargetTable,
    rows: readonly Row[],
    keepOnUpdate: readonly string[],
    areNew: boolean,
  ): Promise<PreparedWrite | undefined>;
  /** Deletes rows by primary key. `exactly`: only where the key is the same byte by byte. */
  deleteRows(tx: Queryable, table: TargetTable, keys: readonly Key[], exactly: boolean): Promise<void>;
  /** Runs the work inside a savepoint: its failure leaves the transaction usable. */
  savepoint<T>(tx: Queryable, work: () => Promise<T>): Promise<T>;

  /**
   * Runs reads that all see the database as it is at one moment, without a lock that a writer would wait for; what is
   * committed meanwhile they do not see. On SQL Server only where the database keeps versions of rows.
   */
  snapshot<T>(db: Database, work: (moment: Queryable) => Promise<T>): Promise<T>;

  readonly horizon: {
    observe(db: Database, journal: string): Promise<Observation>;
    /**
     * Whether holes, old enough and with their holders gone, are dead. "open": one may still appear.
     * "filled": a row appeared meanwhile, read again.
     */
    confirm(
      db: Queryable,
      journal: string,
      holes: readonly Hole[],
      last: Position,
    ): Promise<readonly ("open" | "filled" | "dead")[]>;
    /** Who keeps positions of the journal from being judged. */
    describe(db: Queryable, holders: readonly string[], journal: string): Promise<readonly HolderFacts[]>;
    /**
     * Transactions of others in this database that are a second old or older, the oldest first, at most 20: also those that
     * have written nothing yet. As far as the user's rights go.
     */
    openTransactions(db: Queryable): Promise<readonly HolderFacts[]>;
    /**
     * The highest position handed out so far in each journal, in their order and in one statement that reads none of
     * them: an idle table costs the source no more. Absent, or undefined, where the database does not tell.
     */
    drawn?(db: Queryable, journals: readonly string[]): Promise<readonly Position[] | undefined>;
  };

  readonly codec: {
    /** The reader's value as sync-tool carries it. */
    decode(column: Column, value: unknown): Value;
    /** Columns of which a text that the reader gives is the value, so that nobody need be asked for each row. */
    isPlain?(column: Column): boolean;
    /** The carried value as this column takes it: precision cut, booleans and zero dates in the database's words. */
    encode(column: Column, value: Value): Value;
  };

  /** What `doctor` asks of this database beyond what it finds out by itself. */
  readonly doctor?: {
    /** One row, column "now_ms": the server's clock in milliseconds since 1970, UTC. */
    readonly clock: string;
    facts(scope: FactScope): readonly Fact[];
    /** One row, column "bytes": the space that these journals take, their indexes with them. */
    journalBytes(journals: readonly string[]): Statement;
  };
}
