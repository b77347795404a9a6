import type { SchemaName } from "../config/sync-config.ts";
import type { Dialect, HolderFacts } from "../contract/dialect.ts";
import type { Direction } from "../contract/direction.ts";
import type { SyncPlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";
import type { Held } from "../state/held.ts";
import type { LastError } from "../state/runner.ts";
import type { Stopped } from "../state/stopped.ts";

export interface StatusRequest {
  readonly name: SchemaName;
  readonly plan: SyncPlan;
  /** "back": the source is green, the target blue. Default: forward. */
  readonly direction?: Direction;
  readonly source: { readonly dialect: Dialect; readonly db: Database };
  readonly target: { readonly dialect: Dialect; readonly db: Database };
}

export interface RunnerFacts {
  readonly host: string;
  readonly pid: number;
  /** Since when he works on the group: UTC, by his own clock; null where he does not say. */
  readonly since: string | null;
  readonly movedSecondsAgo: number;
}

/** A copy that has rows to look at yet. */
export interface CopyFacts {
  /** Rows of the source that were looked at. */
  readonly rows: number;
  /** About how many there are, by the source's statistics; null where they say nothing. */
  readonly total: number | null;
  readonly written: number;
  readonly refused: number;
  /** Null when it has not moved for a while. */
  readonly rowsPerSecond: number | null;
  /** Null without a total or a rate, and beyond the total. */
  readonly secondsLeft: number | null;
}

/** One table. `status --json` prints these fields under these names. */
export interface TableStatus {
  readonly schema: SchemaName;
  /** Upper case. */
  readonly table: string;
  /** Tables that foreign keys tie to each other have one runner, and stop together: what they are called. */
  readonly group: string;
  /** Journal and triggers are there and are what the table needs now. */
  readonly captured: boolean;
  /** Changes that are committed on the source and not applied; null without a journal. */
  readonly pending: number | null;
  /** There are more than are counted: `pending` is how many positions lie between checkpoint and end of the journal. */
  readonly pendingIsEstimate: boolean;
  /**
   * Age of the oldest change that is not applied, in seconds, by its time of capture and the source's own clock; 0 when none
   * is pending, null when the journal does not tell.
   */
  readonly lagSeconds: number | null;
  /** Last position applied, as text (64 bits); null when the target has no checkpoint yet. */
  readonly checkpoint: string | null;
  /** The first positions that are missing and may still appear, also behind the last visible one; the run waits there. */
  readonly openHole: { readonly first: string; readonly last: string } | null;
  /** Transactions that write to the journal at the moment, where the database shows them. */
  readonly writers: number;
  /** The transactions that are waited for, where the database tells. */
  readonly holders: readonly HolderFacts[];
  /** Synced tables that its rows refer to and that have changes pending: those are applied first. Upper case. */
  readonly waitsFor: readonly string[];
  /** Who works on the table's group, and how long ago he last said so; null where nobody has, or has ended in order. */
  readonly runner: RunnerFacts | null;
  /** What the runner applied per second of late, as he last said: the only rate that is shown. Null without one that moves. */
  readonly appliedPerSecond: number | null;
  /** What holds its run back, and since when: a pause, or a throttle query, as the run tells it. */
  readonly throttle: Pick<Held, "kind" | "reason" | "since"> | null;
  /** The last failure that the runner has tried again, and when; null without one since he began. */
  readonly lastError: LastError | null;
  /** The group has stopped for good: since when, and why. */
  readonly stopped: Stopped | null;
  /** How far `copy` is with it; null where none is under way. */
  readonly copy: CopyFacts | null;
  /** Changes set aside because the target refuses them. */
  readonly deadLetters: number;
  /** The same by the code of the database that refused them. */
  readonly deadLettersByCode: Readonly<Record<string, number>>;
  /** Changes that conflictPolicy=keep-target gave up since the checkpoint was begun. */
  readonly dropped: number;
  /** Why changes may be missing on the target that no journal holds, and since when: a sentence; null when none is. */
  readonly gap: string | null;
  /** What is missing or differs from the plan, each a phrase. */
  readonly drift: readonly string[];
  /** The target is not migrated, the checkpoint is not one of this journal, and the like: each a sentence. */
  readonly problems: readonly string[];
}
