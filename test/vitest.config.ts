import { join } from "node:path";
import { defineConfig } from "vitest/config";

// Database servers and child processes share the machine with the tests: two files at a time are enough.
const withServers = {
  globalSetup: "test/support/global-setup.ts",
  testTimeout: 120_000,
  hookTimeout: 120_000,
  maxWorkers: 2,
};

export default defineConfig({
  root: join(import.meta.dirname, ".."),
  test: {
    // Without a word about test/, vitest would run copies in dist/ as well.
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          // A limit for what hangs: a property or RSA test takes long where others use the processor too.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
          // By itself vitest leaves one core idle.
          maxWorkers: "100%",
        },
      },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          sequence: { groupOrder: 1 },
          ...withServers,
        },
      },
      {
        test: {
          name: "chaos",
          include: ["test/chaos/**/*.test.ts"],
          sequence: { groupOrder: 1 },
          ...withServers,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          sequence: { groupOrder: 2 },
          ...withServers,
        },
      },
    ],
  },
});
