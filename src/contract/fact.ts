import type { ConnectionSettings } from "../config/sync-config.ts";
import type { ResultRow } from "../db/database.ts";
import type { Direction } from "./direction.ts";
import type { Statement } from "./statements.ts";
import type { TablePlan } from "./sync-plan.ts";

/** "unknown": it could not be found out, for want of a privilege or of an earlier check's answer. */
export type FactStatus = "ok" | "warn" | "fail" | "unknown";

/** What a question about a server came to. */
export interface Finding {
  readonly status: FactStatus;
  /** What is there, in a few words. */
  readonly found: string;
  /** What should be there. */
  readonly wanted: string;
  /** Exact statements for this server, in order, that mend it; each has to be run on one and the same connection. */
  readonly statements?: readonly string[];
  /** The setting or act that mends it, where no statement does. */
  readonly advice?: string;
}

/** One question to a server and how its answer is read. */
export interface Fact {
  /** Stable, e.g. "binlog-format"; `doctor` puts the side before it. */
  readonly id: string;
  readonly group: "server" | "grants" | "settings" | "capture" | "connection";
  readonly title: string;
  readonly ask: Statement;
  /** Few servers answer it: without an answer nothing is said. */
  readonly isRare?: true;
  /** The database refuses the question itself: what that means. Default: "unknown". */
  readonly refused?: (reason: string) => Finding;
  judge(rows: readonly ResultRow[]): Finding;
}

/** What the questions are about. */
export interface FactScope {
  readonly side: "source" | "target";
  /** Default forward. On the way back the source is green and the target blue. */
  readonly direction?: Direction;
  readonly settings: ConnectionSettings;
  /** Empty when there is no plan. */
  readonly tables: readonly TablePlan[];
  /** Capture is there and as wanted: what only `prepare` needs is not needed now. */
  readonly isPrepared: boolean;
  /** Names among our own objects (journals, checkpoints, dead letters) that are there. */
  readonly present: ReadonlySet<string>;
}
