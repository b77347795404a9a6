import type { Fact, FactStatus, Finding } from "../contract/fact.ts";
import type { DoctorContext, DoctorRequest } from "./doctor-context.ts";

/** One thing that mends a finding: an exact statement for a database, or a command, setting or act. */
export interface Mend {
  readonly on: "source" | "target" | "elsewhere";
  readonly text: string;
}

/** What a check came to. `doctor --json` prints these fields under these names. */
export interface CheckResult {
  /** Stable, e.g. "source.grants-run". */
  readonly id: string;
  readonly group: Fact["group"] | "tables";
  readonly title: string;
  readonly status: FactStatus;
  readonly found: string;
  readonly wanted: string;
  /** In order; those for one database are to be run on one connection. */
  readonly mend: readonly Mend[];
}

export type Outcome = Pick<CheckResult, "status" | "found" | "wanted"> & { readonly mend?: readonly Mend[] };

export interface Check extends Pick<CheckResult, "id" | "group" | "title"> {
  /** Costs a few catalogue statements at most: a run does it too. */
  readonly cheap: boolean;
  /** Whether there is anything to check; default: always. */
  readonly applies?: (request: DoctorRequest) => boolean;
  run(context: DoctorContext): Promise<Outcome>;
}

/** A finding about one server as the outcome of a check. */
export function outcomeOf(side: "source" | "target", finding: Finding): Outcome {
  const { status, found, wanted, statements = [], advice } = finding;
  return {
    status,
    found,
    wanted,
    mend: [
      ...statements.map((text): Mend => ({ on: side, text })),
      ...(advice === undefined ? [] : [{ on: "elsewhere", text: advice } as const]),
    ],
  };
}
