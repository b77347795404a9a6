/** One unit of work of the crypto pool: plain data, so that it crosses threads; done the same way on either side. */
import { type Decision, decide, decideTotp } from "./decide.ts";
import type { KeyProfiles } from "./key-config.ts";
import { modulusLengths, type ReadResult, readStored } from "./read-stored.ts";
import { recogniseStored } from "./stored-form.ts";

/** A value to decide on: a token or code with its hash column, or a TOTP secret. */
export type DecideJob =
  | { readonly kind: "token"; readonly value: string | null; readonly hash: string | null }
  | { readonly kind: "totp"; readonly value: string | null };

/** Reads with the source's keys. */
export interface ReadJob {
  readonly kind: "read";
  readonly value: string;
}

export function runDecideJob(job: DecideJob, { source, target }: KeyProfiles): Decision {
  return job.kind === "token"
    ? decide(job.value, job.hash, source, target)
    : decideTotp(job.value, source, target);
}

export function runReadJob(job: ReadJob, { source }: KeyProfiles): ReadResult {
  return readStored(job.value, source.keys);
}

/** Base64 of the ciphertext of a 1024-bit key, the shortest there is. */
const SHORTEST_RSA_TEXT = 172;

/** Whether a job decrypts with RSA: about a millisecond each, where AES and hashing take some microseconds. */
export function isCostly({ value }: DecideJob | ReadJob, { source }: KeyProfiles): boolean {
  if (value === null || value.length < SHORTEST_RSA_TEXT) return false;
  const { kind } = recogniseStored(value, modulusLengths(source.keys));
  return kind === "bare-rsa" || kind === "rsa-envelope";
}
