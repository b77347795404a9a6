import { EXIT, SyncError } from "../../errors.ts";
import { servingState } from "../../status/serving-facts.ts";
import { type SwitchAnswer, switchOver } from "../../switch/switch-over.ts";
import { wrap } from "../../util/shorten.ts";
import { withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { homeDefines, type KeyFlags } from "../key-flags.ts";
import { writeJson, writeOut } from "../output.ts";
import { requireDirection } from "../require-direction.ts";
import { openBackKeys, openValueKeys } from "../value-keys.ts";
import { requireWayBack } from "../way-back.ts";

export interface SwitchFlags extends CommonFlags, KeyFlags {
  readonly back?: true;
  readonly wait?: true;
  readonly dryRun?: true;
  readonly json?: true;
}

/**
 * Writes down that green serves users from now on, or blue again (`--back`), once everything of the side that served has
 * arrived. Exit 0: it is so. 5: not yet, with the reasons. 8: dead letters are left.
 */
export async function switchSides(flags: SwitchFlags, signal: AbortSignal): Promise<number> {
  const define = [...flags.define, ...homeDefines(flags)];
  return await withContext({ ...flags, define }, signal, async (context) => {
    const { config } = context;
    requireWayBack(config);
    const keys = openValueKeys(config, define);
    await keys.close();
    await openBackKeys(config, keys).close();
    const schemas = await context.openSchemas({ quiet: true, direction: "forward" });
    const [forward, ...others] = schemas;
    const [back] = await context.openBack(schemas);
    if (forward === undefined || back === undefined || others.length > 0) {
      throw new SyncError("PLAN_IMPOSSIBLE", {
        what: "The way back carries the tables of one schema, identitySchema",
        next: "Take the tables of other schemas out of syncTables, or wayBack",
      });
    }
    await requireDirection(forward, "switch");
    await requireDirection(back, "switch");
    const to = flags.back ? "blue" : "green";
    const answer = await switchOver({
      to,
      forward,
      back,
      state: servingState(forward),
      wait: flags.wait === true,
      dryRun: flags.dryRun === true,
      deadline: context.deadline.signal,
      signal,
      onLook: (reasons) => {
        if (context.terminal.isTerminal) context.terminal.showProgress(reasons[0]?.text ?? "");
      },
    });
    context.terminal.showProgress("");
    if (flags.json) writeJson(answer);
    else writeOut(formatSwitch(answer, to, process.stdout.columns));
    if (answer.reasons.length === 0) return EXIT.ok;
    throw notSwitched(answer);
  });
}

/** `width`: columns of the terminal; without one no line is broken. */
export function formatSwitch(
  { serving, since, switched, reasons, leftThere }: SwitchAnswer,
  to: "blue" | "green",
  width = Number.POSITIVE_INFINITY,
): string {
  const left =
    leftThere === 0
      ? []
      : [`${leftThere} changes that were made on green before stay there: they were tests`];
  if (switched) {
    return [
      `${to} serves users since ${since}: send the traffic to ${to} now`,
      "Keep `sync-tool run` at work: it carries what users do to the other side",
      ...left,
    ].join("\n");
  }
  if (reasons.length > 0)
    return [
      `not switched, ${serving} serves users: leave the traffic there, or put it back`,
      ...reasons.flatMap(({ text }) => wrap(`  - ${text}`, width, "    ")),
    ].join("\n");
  if (serving === to) return `${to} serves users since ${since ?? "the beginning"}: nothing was to be done`;
  return [`nothing stands in the way of the switch to ${to}; --dry-run changes nothing`, ...left].join("\n");
}

function notSwitched({ reasons }: SwitchAnswer): SyncError {
  if (reasons.every(({ kind }) => kind === "dead-letters")) {
    return new SyncError("DEAD_LETTERS_LEFT", {
      what: "Every change is applied but those set aside as dead letters",
      next: "See `sync-tool dead-letters list`, mend and retry them or discard them",
    });
  }
  return new SyncError("CHANGES_PENDING", {
    what: "The side that is to serve does not have everything yet",
    next: "Take the traffic off, leave `sync-tool run` at work and give the command again, or give it --wait",
  });
}
