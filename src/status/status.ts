import type { Direction } from "../contract/direction.ts";
import { arrivalReasons } from "./arrival.ts";
import { nextStep, type Phase, phaseOf } from "./phase.ts";
import type { ServingFacts } from "./serving-facts.ts";
import { openSnapshots, type Snapshot } from "./snapshot.ts";
import type { StatusRequest, TableStatus } from "./table-status.ts";
import type { Verified } from "./verified.ts";

/** What `status` prints. */
export interface StatusReport {
  /** When it was seen, by this machine's clock: "2026-01-31T23:59:59.123Z". */
  readonly at: string;
  /** A server did not answer since: this is what was seen last. */
  readonly stale: boolean;
  /** Which way the changes go: from blue to green, or back. */
  readonly direction: Direction;
  /** How far the migration is; null before every table is captured. */
  readonly phase: Phase | null;
  /** What a person does next: a command, or words where none helps. */
  readonly next: string;
  readonly tables: readonly TableStatus[];
  /** Nothing is pending, missing, waiting or set aside: traffic can go to the target once the source gets no writes. */
  readonly safeToSwitch: boolean;
  /** Why it is not safe, each a sentence; empty when it is. */
  readonly reasons: readonly string[];
  /** What the last comparison of each schema came to. */
  readonly verified: readonly Verified[];
  /** Only with a way back. */
  readonly serving?: ServingFacts;
}

/** Reads where every table of these schemas stands; changes nothing. */
export async function readStatus(
  schemas: readonly StatusRequest[],
  signal?: AbortSignal,
): Promise<StatusReport> {
  return statusReport(await openSnapshots(schemas).takeDecided(signal));
}

/** The report that a snapshot makes. `serving`: with a way back. */
export function statusReport(snapshot: Snapshot, serving?: ServingFacts): StatusReport {
  const { at, direction, verified, target } = snapshot;
  const tables = snapshot.tables.map(({ status }) => status);
  const reasons = tables.flatMap(arrivalReasons).map(({ text }) => text);
  const safeToSwitch = reasons.length === 0;
  const facts = { tables, safeToSwitch, verified, target, serving };
  return {
    ...{ at, stale: false, direction, phase: phaseOf(facts), next: nextStep(facts) },
    ...{ tables, safeToSwitch, reasons, verified },
    ...(serving === undefined ? {} : { serving }),
  };
}
