import { describe, test } from "vitest";
import { testEnv } from "./env.ts";
import { findProgram } from "./servers/find-program.ts";

/**
 * Defines a suite that needs a program of this machine. Without it the suite is skipped by name, or fails when
 * SYNC_TEST_REQUIRE_PROGRAMS names it.
 */
export function describeWithProgram(title: string, program: string, define: () => void): void {
  if (findProgram(program) !== undefined) describe(`${title} on ${program}`, define);
  else if (testEnv.requiredPrograms().includes(program)) {
    test(`${title} on ${program}`, () => {
      throw new Error(`SYNC_TEST_REQUIRE_PROGRAMS names ${program}, but it is not installed`);
    });
  } else test.skip(`${title} on ${program}: skipped, it is not installed`, () => undefined);
}
