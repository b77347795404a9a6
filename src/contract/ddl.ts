/** The objects that `prepare` makes and `cleanup` removes: how a database is asked to make them, and what it shows of them. */
import type { TablePlan } from "./sync-plan.ts";
import type { Column } from "./table-schema.ts";

export type ObjectKind =
  | "journal"
  | "trigger"
  | "function"
  | "sequence"
  | "checkpoint"
  | "dead-letters"
  | "state";

/** One of our objects, as found or as wanted. */
export interface ObjectRef {
  readonly kind: ObjectKind;
  readonly name: string;
  /** Triggers: the table they stand on. */
  readonly table?: string;
}

/** One step of an installation: statements to run in order on one connection. */
export interface DdlStep {
  readonly object: ObjectRef;
  readonly sql: readonly string[];
}

/** An object found in a database under one of our names. */
export interface FoundObject extends ObjectRef {
  /** Trigger or function body; undefined for tables. */
  readonly body?: string;
  /** Triggers: whether it fires for every write. */
  readonly enabled?: boolean;
  /**
   * Triggers and functions: what changes whenever somebody makes it anew, alters it or switches it, and never comes again,
   * where the catalogue tells.
   */
  readonly stamp?: string;
  /** Ours: why writes of users fail because of it, or are not journaled, as far as the catalogue shows; each a phrase. */
  readonly faults?: readonly string[];
  /** Journals: the identity that `prepare` gave it; undefined when it has none. */
  readonly journalId?: string;
  /** Journals: the database that made it, see ServerFacts.home. */
  readonly journalHome?: string;
  /** Journals: column name to exact type. */
  readonly columns?: ReadonlyMap<string, string>;
  /** Journals: whether the database notes in each row when it was captured. */
  readonly timesCapture?: boolean;
}

/** Who is granted something; `host`: the host part of an account of MySQL or MariaDB, default '%'. */
export interface Grantee {
  readonly name: string;
  readonly host?: string;
}

export interface GrantChoice {
  readonly sql: string;
  /** What it brings, as the rest of a sentence. */
  readonly brings: string;
}

/** By what a database is known for the source: its home, or a journal that it made itself. A dump carries neither along. */
export interface SourceSigns {
  /** ServerFacts.home; absent in a script that serves whatever source there is. */
  readonly home?: string;
  /** Names under which journals of its own can stand. */
  readonly journals: readonly string[];
}

/** Statements that make, change and remove our objects; nothing is sent by making them. */
export interface Ddl {
  /** Run first on the connection (and at the head of a script): lock timeouts and session settings. */
  session(): readonly string[];
  /** Transactional DDL only: takes the lock that the table's steps need, at the start of their transaction. */
  lockTable(table: string): readonly string[];
  /** Journal and triggers of a table, in the order in which they are to be made. */
  capture(table: TablePlan): readonly DdlStep[];
  checkpoint(name: string): DdlStep;
  deadLetters(name: string): DdlStep;
  /** The table of `src/state/`. */
  state(name: string): DdlStep;
  /** How the n-th attempt (from 1) at a DDL statement waits: settings to make first, and the pause before the next. */
  lockWait(attempt: number): { readonly sql: readonly string[]; readonly pauseMs: number };
  /** Wraps statements that replace a trigger, so that no write slips between drop and create. */
  replaceTrigger(table: string, statements: readonly string[]): readonly string[];
  /** Gives up the locks that a failed trigger step left, so that writers go on until the next attempt. */
  readonly afterFailedTrigger: readonly string[];
  /** Has a journal of an older release note when a change is captured; its rows keep no time. Done again it does nothing. */
  addCaptureTime(journal: string): readonly string[];
  /** Adds a column unless it is there. */
  addJournalColumn(journal: string, column: Column): readonly string[];
  /** Gives a column the table's type. */
  alterJournalColumn(journal: string, column: Column): string;
  drop(object: ObjectRef): readonly string[];
  /** How triggers are taken away without losing a change that is written meanwhile. */
  readonly removal: {
    /** Waits, with nothing else held, for the transactions that write to a table. */
    awaitWriters(table: string): readonly string[];
    /**
     * Keeps writers off all these tables, while the journals stay readable to this connection, until `keep` (with the
     * triggers gone) or `undo`. Whoever would have to wait for one table while it holds another gives up instead: an
     * application's transaction could be the victim of the deadlock. Empty where DDL would end it: then the journals
     * have to be looked at again afterwards.
     */
    holdOff(tables: readonly string[], journals: readonly string[]): readonly string[];
    readonly keep: readonly string[];
    readonly undo: readonly string[];
  };
  /** Whether a found trigger or function body is one that sync-tool wrote. */
  isOurs(body: string): boolean;
  /** Whether a found body, one of ours, is of the shape that an older release made: right, but to be replaced. */
  isOlderShape(body: string): boolean;
  /** Whether a found body is what this step would install. */
  isCurrent(step: DdlStep, body: string): boolean;
  /** What the user of a run needs, as statements for a DBA; `readOnly`: tables that it looks things up in. */
  grants(
    side: "source" | "target",
    tables: readonly TablePlan[],
    readOnly: readonly string[],
    user: Grantee,
  ): readonly string[];
  /** What it can do without, each with what it brings. */
  grantChoices?(side: "source" | "target", user: Grantee): readonly GrantChoice[];
  /** A whole script for the database's own client. */
  script(statements: readonly string[], comment: readonly string[]): string;
  /** Statements for the head of a script that stop it in a database that is a source, see SourceSigns. */
  refuseIn(signs: SourceSigns): readonly string[];
}
