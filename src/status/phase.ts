/** How far the migration is, and what is to be done next. Pure. */
import type { ServingFacts } from "./serving-facts.ts";
import type { TableStatus } from "./table-status.ts";
import type { Verified } from "./verified.ts";

export const PHASES = [
  "prepared",
  "restored",
  "migrated",
  "running",
  "in step",
  "verified",
  "switched",
] as const;

export type Phase = (typeof PHASES)[number];

/** How far the target is: without its tables, with those of the source's release, or as the plan wants it. */
export type TargetShape = "unrestored" | "unmigrated" | "ready";

export interface PhaseFacts {
  readonly tables: readonly TableStatus[];
  readonly safeToSwitch: boolean;
  readonly verified: readonly Verified[];
  readonly target: TargetShape;
  /** Only with a way back. */
  readonly serving?: ServingFacts | undefined;
}

/** Null before every table is captured. */
export function phaseOf({ tables, safeToSwitch, verified, target, serving }: PhaseFacts): Phase | null {
  if (serving?.side === "green") return "switched";
  if (tables.some(({ captured }) => !captured)) return null;
  if (target === "unrestored") return "prepared";
  if (target === "unmigrated") return "restored";
  if (safeToSwitch) return isProven(verified) ? "verified" : "in step";
  return tables.some(({ runner }) => runner !== null) ? "running" : "migrated";
}

const isProven = (verified: readonly Verified[]): boolean =>
  verified.length > 0 && verified.every(({ result }) => result === "equal");

/** What a person does next: a command, or words where none helps. */
export function nextStep(facts: PhaseFacts): string {
  const { tables, safeToSwitch, verified, target, serving } = facts;
  const some = (is: (table: TableStatus) => boolean): boolean => tables.some(is);
  if (some(({ stopped }) => stopped !== null)) return "mend what stopped it, then sync-tool run";
  if (some(({ captured }) => !captured)) return "sync-tool prepare";
  if (target === "unrestored") return "restore a dump of blue on green, then sync-tool prepare";
  if (target === "unmigrated") return "run WSO2's migration client on green, then sync-tool doctor";
  if (some(({ checkpoint }) => checkpoint === null)) return "sync-tool prepare";
  if (some(({ gap }) => gap !== null)) return "sync-tool verify";
  if (some(({ throttle }) => throttle?.kind === "pause")) return "sync-tool resume, when the pause may end";
  if (safeToSwitch) {
    if (serving?.side === "green") return "sync-tool switch --back goes back, sync-tool cleanup stays";
    if (!isProven(verified)) return "sync-tool verify";
    return serving === undefined
      ? "stop writes on blue, then sync-tool drain --wait"
      : "stop writes on blue, then sync-tool switch --wait";
  }
  if (some(({ pending, runner }) => (pending ?? 0) > 0 && runner === null)) return "sync-tool run";
  if (some(({ openHole, writers }) => openHole !== null || writers > 0))
    return "wait for the transaction on the source, or end it";
  if (some(({ pending }) => (pending ?? 0) > 0)) return "wait; sync-tool status --watch";
  if (some(({ deadLetters }) => deadLetters > 0)) return "sync-tool dead-letters list";
  return "sync-tool doctor";
}
