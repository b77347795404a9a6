/** The shape of one migration step; `transformer.ts` chooses the steps and chains them. */
import type { Direction } from "../contract/direction.ts";
import type { Row } from "../row.ts";
import type { BackNeed } from "./back-lookups.ts";
import type { Lookups } from "./lookups.ts";

/** The row as the target is to hold it, or why it cannot be made (column names and facts, never a value). */
export type Transformed = { readonly row: Row } | { readonly failure: string };

/** Pure: the row given is left as it is, and the same row and look-ups always give the same result. */
export type RowTransformer = (row: Row, lookups: Lookups) => Transformed;

/** What a transformer is built from: constant for one table during a run. */
export interface TransformContext {
  /** Name of the table, in any case. */
  readonly table: string;
  /** Version of the source server as released: "5.1.0" ... "5.11.0". */
  readonly sourceVersion: string;
  /** Version of the target server, not lower than the source's. */
  readonly targetVersion: string;
  /** What the live source tells and its version alone does not. */
  readonly sourceCaptureFacts: {
    /**
     * Whether the source's unique key CON_APP_KEY has TENANT_ID among its columns. False on PostgreSQL and Oracle
     * databases made by the scripts of 5.1.0-5.7.0, which have the unique TOKEN_ID there: that key never bites.
     */
    readonly scopeHashKeyIncludesTenant: boolean;
  };
  /** HashAlgorithm of the target server's OAuth configuration, word for word; SHA-256 unless it was changed. */
  readonly hashAlgorithm: string;
  /** Whether user names of a 5.0.0 source are e-mail addresses; default false. */
  readonly emailUserNames?: boolean | undefined;
  /** Default: forward. The versions are blue's and green's in both; `hashAlgorithm` is that of the server that is written for. */
  readonly direction?: Direction | undefined;
  /**
   * On the way back: the columns of blue's table, upper case, each with its length in characters where it holds text. Default:
   * what its release has, of any length.
   */
  readonly receives?: ReadonlyMap<string, number | undefined> | undefined;
}

/** What one step does to one table. */
export interface TableStep {
  readonly transform: RowTransformer;
  /** Columns the step sets on every row, whether or not the source has them. */
  readonly adds?: readonly string[];
  /** Columns that the release added and no row names: a target without them was not migrated. */
  readonly expects?: readonly string[];
  /** The step looks at stored tokens or secrets, so they are read (or refused) before it. */
  readonly readsValues?: boolean;
  /** The step needs `localIdpIdByTenant`. */
  readonly needsLocalIdp?: boolean;
  /** The step needs `appIdByConsumerKey` and `tenantIdByDomain`. */
  readonly needsAccounts?: boolean;
  /** The step needs `scimIdByUser`. */
  readonly needsScimIds?: boolean;
  /** The step needs these look-ups of the way back. */
  readonly needsBack?: readonly BackNeed[];
  /** Rows that are not to be on the other side at all. */
  readonly leavesOut?: (row: Row, lookups: Lookups) => boolean;
  /** Key columns that the step leaves out of a row that the other side does not have: its database numbers it. */
  readonly numbers?: readonly string[];
  /** Columns that an update must leave as the target has them. */
  readonly keepOnUpdate?: readonly string[];
  /** Gives the row to insert instead when CON_APP_KEY of the target refuses the transformed one. */
  readonly onUniqueConflict?: (row: Row) => Row;
}

/** One release's change to the data, as WSO2's migration client makes it. */
export interface Step {
  /** The step applies when source < version <= target. */
  readonly version: string;
  /** What it does, in a few words, for plans and logs. */
  readonly title: string;
  /** The step for `table` (upper case), or undefined when it does not touch that table. Throws SyncError. */
  readonly forTable: (table: string, context: TransformContext) => TableStep | undefined;
  /**
   * The inverse: makes of a row as this release has it the row of the release before, or a failure where it has none
   * (the row is then set aside, with that reason). Undefined where a row stays as it is.
   */
  readonly back?: (table: string, context: TransformContext) => TableStep | undefined;
}
