import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testEnv } from "./env.ts";
import { endRecordedServers } from "./servers/process-records.ts";

/**
 * Gives a test run the folder where its servers are recorded, and ends at its end every server that is still there,
 * also those of a test that died. Whoever set SYNC_TEST_RUN_DIR (another project of this run, a script) cleans up.
 */
export default function setup(): (() => Promise<void>) | undefined {
  if (testEnv.runDir() !== undefined) return undefined;
  const runDir = mkdtempSync(join(tmpdir(), "sync-tool-run-"));
  process.env["SYNC_TEST_RUN_DIR"] = runDir;
  return async () => {
    delete process.env["SYNC_TEST_RUN_DIR"];
    await endRecordedServers(runDir);
    await rm(runDir, { recursive: true, force: true });
  };
}
