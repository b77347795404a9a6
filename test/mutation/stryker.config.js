import leftOut from "./left-out.json" with { type: "json" };

const { MUTATE = "src/{journal,apply,run,checkpoint,status,transform,verify,config}", MUTATE_ONE_IN } =
  process.env;

/** `MUTATE=src/status` takes one folder, `MUTATE_ONE_IN=6` one change in six: a sample is no score to go on from. */
export default {
  testRunner: "one-process",
  tsconfigFile: "test/mutation/no-tsconfig.json",
  coverageAnalysis: "perTest",
  mutate: [`${MUTATE}/**/*.ts`, ...leftOut.map(({ file }) => `!${file}`)],
  reporters: ["clear-text", "progress-append-only", "json"],
  jsonReporter: { fileName: ".stryker/mutation.json" },
  clearTextReporter: { allowColor: false, logTests: false },
  tempDirName: ".stryker/tmp",
  // A table at the top of a file is made before a change is switched on: what only the loading of a file runs counts neither way.
  ignoreStatic: true,
  disableTypeChecks: true,
  plugins: [
    "./test/mutation/one-process.js",
    "./test/mutation/ignore-messages.js",
    "./test/mutation/sample.js",
  ],
  ignorers: ["messages"],
  checkers: MUTATE_ONE_IN === undefined ? [] : ["sample"],
  // For what stands still in a loop without an end; all else has the limits of all-tests.ts.
  timeoutMS: 30_000,
  // What tests that were given up still do, and what they hold in memory, ends with the process.
  maxTestRunnerReuse: 1_500,
  concurrency: 2,
  thresholds: { high: 90, low: 85, break: null },
};
