/** The thread of {@link openCryptoPool}: holds the keys from its start and answers one chunk of jobs per message. */
import { parentPort, workerData } from "node:worker_threads";
import { type DecideJob, type ReadJob, runDecideJob, runReadJob } from "./crypto-job.ts";
import type { Decision } from "./decide.ts";
import type { KeyProfiles } from "./key-config.ts";
import type { ReadResult } from "./read-stored.ts";

/** A chunk on its way to a worker; all its jobs are of one kind. */
export type ChunkRequest =
  | { readonly id: number; readonly kind: "decide"; readonly jobs: readonly DecideJob[] }
  | { readonly id: number; readonly kind: "read"; readonly jobs: readonly ReadJob[] };

/** The answer, in the order of the jobs. */
export interface ChunkAnswer {
  readonly id: number;
  readonly results: readonly Decision[] | readonly ReadResult[];
}

const profiles = workerData as KeyProfiles;

parentPort?.on("message", (request: ChunkRequest) => {
  const results =
    request.kind === "decide"
      ? request.jobs.map((job) => runDecideJob(job, profiles))
      : request.jobs.map((job) => runReadJob(job, profiles));
  const answer: ChunkAnswer = { id: request.id, results };
  parentPort?.postMessage(answer);
});
