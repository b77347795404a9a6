import { isComplete } from "../capture/capture-state.ts";
import type { Check, Outcome } from "./check.ts";
import type { DoctorContext } from "./doctor-context.ts";

/** Tells a DBA whether the dump of the source may begin: what it lacks is in no journal when capture was not there yet. */
export const dumpCheck: Check = {
  id: "source.dump",
  group: "capture",
  title: "when the dump may begin",
  cheap: false,
  // Of the way forward alone.
  applies: ({ direction }) => direction !== "back",
  run,
};

async function run({ capture, planned }: DoctorContext): Promise<Outcome> {
  const wanted = "not before `prepare` has ended, and every transaction that is older than it";
  const { tables } = await planned();
  if (tables.length === 0) return { status: "unknown", found: "no table can be planned", wanted };
  const states = await capture();
  const open = states.filter((state) => !isComplete(state)).map(({ table }) => table.name);
  if (open.length > 0) {
    return {
      status: "warn",
      found: `not now: capture is not complete for ${open.join(", ")}`,
      wanted,
      mend: [
        {
          on: "elsewhere",
          text: "Run `sync-tool prepare`, or its scripts, and begin the dump when it has ended; a dump that was begun before lacks changes for good",
        },
      ],
    };
  }
  const awaited = tables.filter(({ awaitsRestore }) => awaitsRestore);
  const found =
    awaited.length === 0
      ? "the target has its tables"
      : "now, unless source.old-transactions names a transaction that is older";
  return { status: "ok", found, wanted };
}
