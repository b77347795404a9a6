import fc from "fast-check";
import type { ConflictPolicy } from "../../../src/apply/conflict.ts";
import type { Failure } from "./failing-database.ts";
import { anyWork, type Work } from "./work.ts";

/** What happens on the source, then a run, as a new process with its own settings, and what the operator does next. */
export interface Life {
  /** Each in a transaction of its own. */
  readonly work: readonly (readonly Work[])[];
  readonly until: "one pass" | "drained";
  readonly batchSize: number;
  readonly parallelism: number;
  readonly conflictPolicy: ConflictPolicy;
  readonly failure: Failure | undefined;
  readonly afterwards: "nothing" | "retry" | "purge" | "repair" | "copy" | "lose and copy";
  /** Copies at work at the same time as the run. */
  readonly copies: 0 | 1 | 2;
}

const anyFailure: fc.Arbitrary<Failure> = fc.record({
  at: fc.integer({ min: 6, max: 60 }),
  how: fc.constantFrom("deadlock", "crash", "crash after"),
});

const anyLife: fc.Arbitrary<Life> = fc.record({
  work: fc.array(fc.array(anyWork, { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 10,
    size: "max",
  }),
  until: fc.constantFrom("one pass", "one pass", "drained"),
  batchSize: fc.constantFrom(1, 1, 2, 3, 100),
  parallelism: fc.constantFrom(1, 1, 2, 4),
  // Green has no rows of its own here, so that no policy may drop any.
  conflictPolicy: fc.constantFrom("dead-letter", "keep-target"),
  failure: fc.option(anyFailure, { nil: undefined }),
  afterwards: fc.constantFrom(
    "nothing",
    "nothing",
    "nothing",
    "retry",
    "purge",
    "repair",
    "copy",
    "lose and copy",
  ),
  copies: fc.constantFrom(0, 0, 0, 1, 2),
});

/** Any lives of a runner, one after the other. */
export const anyLives: fc.Arbitrary<readonly Life[]> = fc.array(anyLife, {
  minLength: 1,
  maxLength: 4,
  size: "max",
});

/** Rows that are in step before anything happens, so that most work meets some. */
export const BEFORE = [
  "INSERT INTO A (ID, U) VALUES ('a0', 'u0'), ('a1', NULL), ('a2', NULL)",
  "INSERT INTO B (ID, UP, U) VALUES ('b0', 'a0', 'u0'), ('b1', 'a0', NULL), ('b2', 'a1', NULL)",
  "INSERT INTO C (ID, UP, U) VALUES ('c0', 'b0', 'u0'), ('c1', 'b1', NULL), ('c2', 'b2', NULL)",
  "INSERT INTO T (ID, UP, U) VALUES ('t0', NULL, 'u0'), ('t1', 't0', NULL), ('t2', 't1', NULL)",
];
