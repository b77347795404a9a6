import { join } from "node:path";
import { defineConfig } from "vitest/config";

// What decides without a server: the unit project alone, as a mutant is judged by tests of seconds.
export default defineConfig({
  root: join(import.meta.dirname, "../.."),
  test: { name: "unit", include: ["test/unit/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
});
