import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestDialectName, testEnv } from "../env.ts";
import { waitFor } from "../wait-for.ts";
import { attachServer } from "./server-by-url.ts";
import type { ServerAddress, TestServer } from "./test-server.ts";

type Outcome = { readonly address: ServerAddress } | { readonly failure: string };

const read = async (file: string): Promise<Outcome | undefined> =>
  readFile(file, "utf8").then(
    (text) => JSON.parse(text),
    () => undefined,
  );

/**
 * The one server of this dialect in a test run. Whichever worker needs it first starts it, the others wait for it;
 * the global set-up ends it with the run. `start` leaves a server that outlives the worker.
 */
export async function sharedServer(
  dialect: TestDialectName,
  start: () => Promise<TestServer>,
): Promise<TestServer> {
  const runDir = testEnv.runDir();
  if (runDir === undefined) throw new Error("Shared servers need vitest with --config test/vitest.config.ts");
  const file = join(runDir, `${dialect}.json`);

  const isFirst = await mkdir(join(runDir, `${dialect}.lock`)).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    const outcome = await start().then(
      ({ host, port, adminUser, adminPassword }): Outcome => ({
        address: { dialect, host, port, adminUser, adminPassword },
      }),
      (error: unknown): Outcome => ({ failure: String(error) }),
    );
    await writeFile(`${file}.part`, JSON.stringify(outcome));
    await rename(`${file}.part`, file);
  }
  const outcome = await waitFor(() => read(file), {
    what: `the shared ${dialect} server`,
    timeoutMs: 110_000,
  });
  if ("failure" in outcome) throw new Error(outcome.failure);
  return attachServer(outcome.address);
}
