import { planTables, type TablePlan } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import { fingerprint } from "../util/fingerprint.ts";
import { monotonic } from "../util/monotonic.ts";
import type { MadeFor, PassState } from "./progress-state.ts";
import type { VerifyOptions } from "./verify-options.ts";

/** The states of a comparison's passes, in the store that it was given, if any. */
export interface VerifyStates {
  /** Where a pass of this name was left by another process. */
  of(pass: string): PassState | undefined;
  /** At most once in a second, unless it is the end: the time, or "stopped" before it. */
  save(passes: readonly PassState[], end?: string): Promise<void>;
}

const SAVE_MS = 1_000;

/**
 * Throws USAGE_INVALID when the state is of a comparison of something else. One that came to its end is not gone on from:
 * its verdict would be given again without a look at a row.
 */
export async function openStates(
  options: VerifyOptions,
  tables: readonly TablePlan[],
): Promise<VerifyStates> {
  const { state } = options;
  if (state === undefined) return { of: () => undefined, save: async () => undefined };
  const wanted = await madeFor(options, tables);
  const loaded = await state.load();
  if (loaded?.finished !== undefined) options.onFinishedState?.(loaded.finished);
  else if (loaded !== undefined) refuseOther(loaded.madeFor, wanted);
  const left = new Map(loaded?.finished === undefined ? loaded?.passes.map((pass) => [pass.name, pass]) : []);
  let savedAt: number | undefined;
  return {
    of: (pass) => left.get(pass),
    async save(passes, end) {
      if (end === undefined && savedAt !== undefined && monotonic() - savedAt < SAVE_MS) return;
      savedAt = monotonic();
      const finished = end === undefined || end === "stopped" ? {} : { finished: end };
      await state.save({ madeFor: wanted, passes, ...finished });
    },
  };
}

async function madeFor(options: VerifyOptions, tables: readonly TablePlan[]): Promise<MadeFor> {
  const { plan, source, target, repair, settings } = options;
  const home = async ({ dialect, db }: VerifyOptions["source"]): Promise<string> =>
    (await dialect.introspector.server(db)).home;
  const columns = (side: "source" | "target") =>
    planTables(plan).map((table) => [table.name, table[side].columns.map(({ name, type }) => [name, type])]);
  return {
    "the source": await home(source),
    "the target": await home(target),
    sourceVersion: plan.sourceVersion,
    targetVersion: plan.targetVersion,
    tables: tables.map(({ name }) => name).join(", "),
    "columns of the tables": fingerprint(JSON.stringify([columns("source"), columns("target")])),
    "--repair": repair === undefined ? "not given" : repair.deleteExtra ? "with --delete-extra" : "given",
    "settings of tokens and keys": fingerprint(settings ?? ""),
  };
}

/** Values that people can read; of the others it is enough to say that they are others. */
const READABLE = new Set(["sourceVersion", "targetVersion", "tables", "--repair"]);

function refuseOther(made: MadeFor, wanted: MadeFor): void {
  const other = Object.entries(wanted).flatMap(([name, value]) => {
    const was = made[name];
    if (was === value) return [];
    return [READABLE.has(name) ? `${name} was ${was ?? "not known"} and is ${value}` : `${name} was another`];
  });
  if (other.length === 0) return;
  throw new SyncError("USAGE_INVALID", {
    what: `The file of --state belongs to another comparison, which was not finished: ${other.join("; ")}`,
    next: "Name another file, or delete this one to begin anew",
  });
}
