import { join } from "node:path";
import { defineConfig } from "vitest/config";

// What decides without a server: the unit project alone, as a mutant is judged by tests of seconds. Left out are the files that read documents, samples and
// reference scripts or speak to a driver: they decide nothing in the folders that are mutated, and start up for each of thousands of mutants.
export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  test: {
    name: "unit",
    include: [
      "test/unit/{journal,apply,run,checkpoint,status,transform,verify,config,plan,capture,util}/**/*.test.ts",
    ],
    exclude: ["test/unit/transform/crypto/no-secret-leaks.test.ts"],
    // On a busy machine a property takes minutes at the lowest priority, and one test that fails in the first run ends it all.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
