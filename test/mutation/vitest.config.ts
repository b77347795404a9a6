import { join } from "node:path";
import { defineConfig } from "vitest/config";

// One file that loads the unit tests, in one thread: what a change costs is its tests, not the loading of modules.
export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  test: {
    name: "unit",
    include: ["test/mutation/all-tests.ts"],
    pool: "threads",
    maxWorkers: 1,
    // play-test.ts has its own limit for each test, by the time that it takes without a change.
    testTimeout: 0,
    hookTimeout: 0,
  },
});
