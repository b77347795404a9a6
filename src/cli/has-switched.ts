import type { Until } from "../run/after-pass.ts";
import { Interrupted, persistently } from "../run/persistently.ts";
import { readServing } from "../state/serving.ts";
import { servingState } from "../status/serving-facts.ts";
import { sleep } from "../util/sleep.ts";
import type { SchemaContext } from "./connected.ts";

/** How soon a switch is noticed, at the latest. */
const SWITCH_POLL_MS = 1_000;

/** Waits for the first switch, or, where the run is to end by itself, says whether it was. */
export async function hasSwitched(
  { source, plan }: SchemaContext,
  until: Until,
  everyMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const state = servingState({ source, plan });
    const serving = await persistently(() => readServing(source.db, state), {
      signal,
      onRetry: () => undefined,
    }).catch((error: unknown) => {
      if (error instanceof Interrupted) return undefined;
      throw error;
    });
    if (serving !== undefined) return true;
    if (until !== "stopped" || signal.aborted) return false;
    await sleep(Math.min(everyMs, SWITCH_POLL_MS), signal);
  }
}
