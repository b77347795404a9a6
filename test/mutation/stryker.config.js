import leftOut from "./left-out.json" with { type: "json" };

const { MUTATE = "src/{journal,apply,run,checkpoint,status,transform,verify,config}", MUTATE_ONE_IN } =
  process.env;

/** `MUTATE=src/status` takes one folder, `MUTATE_ONE_IN=6` one change in six: a sample is no score to go on from. */
export default {
  testRunner: "vitest",
  tsconfigFile: "test/mutation/no-tsconfig.json",
  vitest: { configFile: "test/mutation/vitest.config.ts" },
  coverageAnalysis: "perTest",
  mutate: [`${MUTATE}/**/*.ts`, ...leftOut.map(({ file }) => `!${file}`)],
  reporters: ["clear-text", "progress-append-only", "json"],
  jsonReporter: { fileName: ".stryker/mutation.json" },
  clearTextReporter: { allowColor: false, logTests: false },
  tempDirName: ".stryker/tmp",
  incremental: MUTATE_ONE_IN === undefined,
  incrementalFile: ".stryker/incremental.json",
  ignoreStatic: true,
  disableTypeChecks: true,
  plugins: [
    "@stryker-mutator/vitest-runner",
    "./test/mutation/ignore-messages.js",
    "./test/mutation/sample.js",
  ],
  ignorers: ["messages"],
  checkers: MUTATE_ONE_IN === undefined ? [] : ["sample"],
  concurrency: 2,
  thresholds: { high: 90, low: 85, break: null },
};
