// summary.mjs REPORT EXIT_CODE FAILED_STEPS: prints `N passed, N failed[, N skipped]` for vitest's JSON report and ends
// with 1 when anything failed, when nothing ran or when a database of SYNC_TEST_REQUIRE or a program of
// SYNC_TEST_REQUIRE_PROGRAMS was skipped.
import { readFileSync } from "node:fs";

const [file, exitCode, failedSteps] = process.argv.slice(2);
const required = ["SYNC_TEST_REQUIRE", "SYNC_TEST_REQUIRE_PROGRAMS"].flatMap((name) =>
  (process.env[name] ?? "").split(/[\s,]+/).filter(Boolean),
);

function readTests() {
  try {
    return JSON.parse(readFileSync(file, "utf8")).testResults;
  } catch {
    console.log("FAILED: the tests left no report");
    return undefined;
  }
}

const files = readTests() ?? [];
const tests = files.flatMap((result) => result.assertionResults);
const passed = tests.filter((test) => test.status === "passed").length;
const skipped = tests.filter((test) => ["pending", "skipped", "todo", "disabled"].includes(test.status));
const brokenFiles = files.filter(
  (result) => result.status === "failed" && !result.assertionResults.some((test) => test.status === "failed"),
);
const missing = required.filter((name) => skipped.some((test) => test.title.includes(` on ${name}: skipped`)));

for (const result of brokenFiles) console.log(`FAILED: ${result.name}: ${result.message}`);
for (const name of missing) console.log(`FAILED: ${name} is required but was skipped`);
for (const test of skipped) console.log(`skipped: ${test.fullName}`);

let failed =
  tests.filter((test) => test.status === "failed").length +
  brokenFiles.length +
  missing.length +
  Number(failedSteps);
// An error outside any test, or no report at all.
if (failed === 0 && Number(exitCode) !== 0) failed = 1;
const summary = `${passed} passed, ${failed} failed`;
console.log(skipped.length === 0 ? summary : `${summary}, ${skipped.length} skipped`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
