import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** Waits for that many milliseconds; returns early, without an error, when the signal is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  // Any number of tables wait on one signal: Node takes more than ten for a leak, and says so in the log.
  if (signal !== undefined) setMaxListeners(0, signal);
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  }
}
