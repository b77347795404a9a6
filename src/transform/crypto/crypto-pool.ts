/**
 * Spreads RSA decryption over the cores, so that the event loop stays free for the databases. Results keep the order of
 * the jobs. The threads are started by the first batch that is worth it and get the keys once, when they start.
 */
import { availableParallelism } from "node:os";
import { type DecideJob, isCostly, type ReadJob, runDecideJob, runReadJob } from "./crypto-job.ts";
import { type CryptoThread, startThread } from "./crypto-thread.ts";
import type { Decision } from "./decide.ts";
import type { KeyProfiles } from "./key-config.ts";
import type { ReadResult } from "./read-stored.ts";

export interface CryptoPool {
  /** One decision per job, in their order. Rejects only for a bug or when the pool is closed. */
  decide(jobs: readonly DecideJob[]): Promise<readonly Decision[]>;
  /** Reads values with the source's keys, in their order. */
  read(values: readonly string[]): Promise<readonly ReadResult[]>;
  /** Ends the threads; a batch that is still under way rejects. */
  close(): Promise<void>;
}

export interface CryptoPoolOptions {
  /** Number of threads. Default: the cores; with one everything runs on the calling thread. */
  readonly workers?: number;
  /** Up to so many RSA decryptions of one batch run on the calling thread. Default 8, some milliseconds. */
  readonly inlineUpTo?: number;
}

const CHUNK_JOBS = 32;

/** Opens a pool; no thread runs until it is needed. */
export function openCryptoPool(profiles: KeyProfiles, options: CryptoPoolOptions = {}): CryptoPool {
  const { workers = availableParallelism(), inlineUpTo = 8 } = options;
  let threads: readonly CryptoThread[] = [];
  let isClosed = false;

  /** Cheap jobs run here and now: sending them to a thread costs more than doing them. */
  async function run<Job extends DecideJob | ReadJob, Result>(
    jobs: readonly Job[],
    runHere: (job: Job, profiles: KeyProfiles) => Result,
    runThere: (thread: CryptoThread, jobs: readonly Job[]) => Promise<readonly Result[]>,
  ): Promise<readonly Result[]> {
    if (isClosed) throw new Error("the crypto pool is closed");
    const costly = workers > 1 ? [...jobs.entries()].filter(([, job]) => isCostly(job, profiles)) : [];
    if (costly.length <= inlineUpTo) return jobs.map((job) => runHere(job, profiles));

    if (threads.length === 0) threads = Array.from({ length: workers }, () => startThread(profiles));
    const answers = new Map<number, Result>();
    const chunks = chunksOf(costly).values();
    const lanes = threads.map(async (thread) => {
      // All lanes draw from one iterator, so a slow chunk holds up no other thread.
      for (const chunk of chunks) {
        const results = await runThere(
          thread,
          chunk.map(([, job]) => job),
        );
        for (const [n, result] of results.entries()) answers.set(chunk[n]?.[0] ?? -1, result);
      }
    });
    await Promise.all(lanes);
    return jobs.map((job, index) => answers.get(index) ?? runHere(job, profiles));
  }

  return {
    decide: (jobs) => run(jobs, runDecideJob, (thread, chunk) => thread.decide(chunk)),
    read: (values) =>
      run(
        values.map((value): ReadJob => ({ kind: "read", value })),
        runReadJob,
        (thread, chunk) => thread.read(chunk),
      ),
    close: async () => {
      isClosed = true;
      await Promise.all(threads.map((thread) => thread.close()));
      threads = [];
    },
  };
}

function chunksOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(items.length / CHUNK_JOBS);
  return Array.from({ length: count }, (_, n) => items.slice(n * CHUNK_JOBS, (n + 1) * CHUNK_JOBS));
}
