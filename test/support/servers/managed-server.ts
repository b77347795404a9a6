import { rm } from "node:fs/promises";
import { waitFor } from "../wait-for.ts";
import { childProcesses, type LaunchOptions, launch, logTail } from "./process.ts";
import { endProcess, isAlive, recordProcess } from "./process-records.ts";
import type { ServerAccess, ServerAddress, TestServer } from "./test-server.ts";

export interface ManagedServerParts {
  readonly address: ServerAddress;
  readonly access: ServerAccess;
  /** Holds nothing but this server's files; removed by `stop`. */
  readonly dataDir: string;
  readonly program: LaunchOptions;
  /** Asks for an orderly end that does not wait for clients to go. */
  readonly stopSignal: NodeJS.Signals;
}

const START_TIMEOUT_MS = 90_000;

/** Starts the program and waits until it answers. The caller removes the data folder when this throws. */
export async function startManagedServer(parts: ManagedServerParts): Promise<TestServer> {
  const { address, access, dataDir, program, stopSignal } = parts;

  async function start() {
    const started = await launch(program);
    recordProcess({ pid: started, dataDir, stopSignal });
    const version = await waitFor(
      async () => {
        if (!isAlive(started)) {
          throw new Error(`The ${address.dialect} server ended at its start\n${logTail(program.logFile)}`);
        }
        return await access.version().catch(() => undefined);
      },
      {
        what: `an answer of the ${address.dialect} server on port ${address.port}`,
        timeoutMs: START_TIMEOUT_MS,
        facts: () => logTail(program.logFile),
      },
    ).catch(async (error: unknown) => {
      await endProcess(started, "SIGKILL");
      throw error;
    });
    return { pid: started, version };
  }

  let { pid, version } = await start();
  const endOrderly = () => endProcess(pid, stopSignal).catch(() => endProcess(pid, "SIGKILL"));

  return {
    ...address,
    version,
    dataDir,
    createDatabase: access.createDatabase,
    async stop() {
      await endOrderly();
      await rm(dataDir, { recursive: true, force: true });
    },
    async kill() {
      // A PostgreSQL server process that outlives its parent for a moment keeps the shared memory busy.
      const children = childProcesses(pid);
      await endProcess(pid, "SIGKILL");
      await Promise.all(children.map((child) => endProcess(child, "SIGKILL")));
    },
    async restart() {
      await endOrderly();
      ({ pid, version } = await start());
    },
  };
}
