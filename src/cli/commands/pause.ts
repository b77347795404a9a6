import { EXIT, SyncError } from "../../errors.ts";
import { forgetPause, notePause } from "../../state/pause.ts";
import type { StateTable } from "../../state/state.ts";
import type { Connected } from "../connected.ts";
import { type Context, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { writeOut } from "../output.ts";

export interface PauseFlags extends CommonFlags {
  readonly reason?: string;
}

/** Has run, copy and verify wait, wherever they are at work, until `resume`. */
export async function pause(flags: PauseFlags, signal: AbortSignal): Promise<number> {
  return await withContext(flags, signal, async (context) => {
    await onEach(context, ({ db }, state) => notePause(db, state, flags.reason ?? ""));
    writeOut("paused: run, copy and verify wait from the next second on, and go on after `sync-tool resume`");
    return EXIT.ok;
  });
}

/** Ends a pause; without one it changes nothing. */
export async function resume(flags: CommonFlags, signal: AbortSignal): Promise<number> {
  return await withContext(flags, signal, async (context) => {
    await onEach(context, ({ db }, state) => forgetPause(db, state));
    writeOut("no pause any more: what waited goes on");
    return EXIT.ok;
  });
}

/** Every place where a runner looks for a pause: green, and blue for the other direction of a way back. */
async function onEach(
  context: Context,
  work: (side: Connected, state: StateTable) => Promise<void>,
): Promise<void> {
  const places = await context.openStates();
  if (places.length === 0) {
    throw new SyncError("NOT_PREPARED", {
      what: "SYNC_STATE, where a pause is kept, does not exist on the target",
      next: "Give `sync-tool prepare`: before it nothing is at work that could be paused",
    });
  }
  for (const { side, state } of places) await work(side, state);
}
