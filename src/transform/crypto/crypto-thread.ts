/** One thread of the crypto pool, seen from outside: chunks go in, answers come back, keys went in at the start. */
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { DecideJob, ReadJob } from "./crypto-job.ts";
import type { ChunkAnswer, ChunkRequest } from "./crypto-worker.ts";
import type { Decision } from "./decide.ts";
import type { KeyProfiles } from "./key-config.ts";
import type { ReadResult } from "./read-stored.ts";

export interface CryptoThread {
  decide(jobs: readonly DecideJob[]): Promise<readonly Decision[]>;
  read(jobs: readonly ReadJob[]): Promise<readonly ReadResult[]>;
  /** Ends the thread; what it has not answered yet rejects. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (results: ChunkAnswer["results"]) => void;
  readonly reject: (error: Error) => void;
}

/** The worker as one text, put in by whoever bundles everything into one file: there is no file beside this one then. */
declare const BUNDLED_CRYPTO_WORKER: string | undefined;

/** Starts a thread. A thread that fails rejects everything it was given and will be given. */
export function startThread(profiles: KeyProfiles): CryptoThread {
  // Flags of the main thread, such as --input-type or --inspect, would fail or fight over a port here.
  const options = { workerData: profiles, execArgv: [] };
  const worker =
    typeof BUNDLED_CRYPTO_WORKER === "string"
      ? new Worker(BUNDLED_CRYPTO_WORKER, { ...options, eval: true })
      : new Worker(workerUrl(), options);
  const waiting = new Map<number, Waiting>();
  let failure: Error | undefined;
  let lastId = 0;

  const fail = (error: Error): void => {
    failure ??= error;
    for (const { reject } of waiting.values()) reject(failure);
    waiting.clear();
  };
  worker.on("message", ({ id, results }: ChunkAnswer) => {
    waiting.get(id)?.resolve(results);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
  });
  worker.on("error", fail);
  worker.on("exit", () => fail(new Error("a crypto thread has ended")));
  // An idle thread must not keep a process alive that has nothing else to do.
  worker.unref();

  const ask = (kind: ChunkRequest["kind"], jobs: readonly (DecideJob | ReadJob)[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (failure !== undefined) return reject(failure);
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, kind, jobs });
    });
  return {
    decide: (jobs) => ask("decide", jobs) as Promise<readonly Decision[]>,
    read: (jobs) => ask("read", jobs) as Promise<readonly ReadResult[]>,
    close: async () => {
      await worker.terminate();
    },
  };
}

/**
 * The worker's file has the ending of this one. Compiled it is started as it is. As TypeScript (tests, tsx) a new
 * thread knows no loader, whatever the main thread has, so a line of code registers tsx before it imports the file.
 */
function workerUrl(): URL {
  const ending = extname(fileURLToPath(import.meta.url));
  const file = new URL(`./crypto-worker${ending}`, import.meta.url);
  if (ending !== ".ts") return file;
  const loader = JSON.stringify(import.meta.resolve("tsx/esm/api"));
  const code = `import { register } from ${loader}; register(); await import(${JSON.stringify(file.href)});`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}
