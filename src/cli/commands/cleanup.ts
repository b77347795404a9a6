import { removeCapture } from "../../capture/remove-capture.ts";
import type { Patience } from "../../capture/retry-while-busy.ts";
import { withSourceLock } from "../../capture/source-lock.ts";
import { findRemovable, type Removable, uninstall } from "../../capture/uninstall.ts";
import { planTables } from "../../contract/sync-plan.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { holdGroups } from "../../run/hold-groups.ts";
import { arrivalReasons, type Reason } from "../../status/arrival.ts";
import { readServingFacts } from "../../status/serving-facts.ts";
import { openSnapshots, type TableSnapshot } from "../../status/snapshot.ts";
import { type Context, type SchemaContext, type SourceContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { logBusyTables } from "../log-busy-tables.ts";
import { writeOut, writeSentence } from "../output.ts";

export interface CleanupFlags extends CommonFlags {
  readonly yes?: true;
  readonly discardPending?: true;
  readonly sourceOnly?: true;
}

/** One schema, and where its tables stood when it was found safe; undefined where changes may be lost. */
interface Doomed {
  readonly schema: SourceContext;
  readonly found: readonly Removable[];
  readonly snapshot: readonly TableSnapshot[] | undefined;
}

/**
 * Removes every object of sync-tool from both sides. Without `--yes` it only lists them. Throws CHANGES_PENDING while
 * the target lacks changes, or may still; RUNNER_ACTIVE or SOURCE_BUSY while somebody else is at work.
 */
export async function cleanup(flags: CleanupFlags, signal: AbortSignal): Promise<number> {
  return await withContext(flags, signal, async (context) => {
    const schemas = flags.sourceOnly ? await context.openSources() : await bothDirections(context, flags);
    if (flags.direction === "back")
      for (const schema of schemas) if (hasTarget(schema)) await refuseWhileItServes(schema);
    const work = async (): Promise<number> => {
      const doomed: Doomed[] = [];
      for (const schema of schemas) doomed.push(await examine(schema, context, flags));
      const found = doomed.flatMap((one) => one.found);
      for (const one of doomed)
        for (const { side, object } of one.found)
          writeOut(`${sideOf(one.schema, side)} ${object.kind} ${object.name}`);
      if (found.length === 0) {
        context.log.info("nothing of sync-tool was found");
        writeSentence(`Nothing of sync-tool was found. ${afterwards(flags)}`);
        return EXIT.ok;
      }
      if (!flags.yes) {
        const lost = flags.sourceOnly ? "; changes that are not applied are lost" : "";
        throw new SyncError("USAGE_INVALID", {
          what: `cleanup would remove the ${found.length} objects listed above${lost}`,
          next: "Stop every run, then give --yes to remove them",
        });
      }
      for (const one of doomed) await remove(context, one);
      context.terminal.showProgress("");
      context.log.info({ removed: found.length }, "every object of sync-tool is removed");
      writeSentence(`Removed: the ${found.length} objects listed above. ${afterwards(flags)}`);
      return EXIT.ok;
    };
    return flags.yes ? await keepOthersOff(schemas, work) : await work();
  });
}

/** What is left to a person. */
function afterwards({ direction, sourceOnly }: CleanupFlags): string {
  if (direction === "back") return "Changes go on from blue to green: sync-tool run";
  const where = sourceOnly ? "blue" : "either side";
  return `Nothing of sync-tool is left on ${where}. Next: drop its users, or take their rights away`;
}

/** The way back goes first: then green captures nothing, and is a target like any other. */
async function bothDirections(context: Context, flags: CleanupFlags): Promise<readonly SchemaContext[]> {
  const forward = await context.openSchemas({
    beforeRestore: true,
    quiet: true,
    anyVersion: true,
    direction: "forward",
  });
  const isThere = forward.every(({ plan }) => planTables(plan).every((table) => !table.awaitsRestore));
  const back = context.config.wayBack && isThere ? await context.openBack(forward) : [];
  return flags.direction === "back" ? back : [...back, ...forward];
}

/** The side as the configuration names it, which of the way back is the other one. */
function sideOf(schema: SourceContext, side: Removable["side"]): Removable["side"] {
  if (!hasTarget(schema) || schema.direction !== "back") return side;
  return side === "source" ? "target" : "source";
}

/** Without the way back, late writes on blue would take the place of what users of green have written. */
async function refuseWhileItServes(schema: SchemaContext): Promise<void> {
  const { side } = await readServingFacts(schema);
  if (side !== "green") return;
  throw new SyncError("CHANGES_PENDING", {
    what: "green serves users: without the way back a late write on blue would take the place of what they have written",
    next: "Give `sync-tool switch --back` first; or cleanup without --direction, which leaves nothing on either side",
  });
}

const hasTarget = (schema: SourceContext): schema is SchemaContext => "target" in schema;

/** Neither a runner nor another command may be at work from the first look to the last statement. */
async function keepOthersOff<T>(schemas: readonly SourceContext[], work: () => Promise<T>): Promise<T> {
  const [schema, ...rest] = schemas;
  if (schema === undefined) return await work();
  return await withSourceLock(schema.source, async () => {
    const hold = hasTarget(schema) ? await holdGroups(schema.target, schema.plan) : undefined;
    try {
      return await keepOthersOff(rest, work);
    } finally {
      await hold?.release().catch(() => undefined);
    }
  });
}

async function examine(schema: SourceContext, context: Context, flags: CleanupFlags): Promise<Doomed> {
  const isKept = hasTarget(schema) && !flags.discardPending && (await isInUse(schema));
  const snapshot = isKept
    ? (await openSnapshots([schema]).takeDecided(context.deadlineOrStop)).tables
    : undefined;
  if (snapshot !== undefined) refusePending(snapshot);
  return { schema, snapshot, found: await removables(schema, context.config.wayBack === true) };
}

/** Before the first switch the way back carries nothing: what its journals hold are tests. */
async function isInUse(schema: SchemaContext): Promise<boolean> {
  return schema.direction !== "back" || (await readServingFacts(schema)).since !== null;
}

async function removables(schema: SourceContext, capturesItself: boolean): Promise<readonly Removable[]> {
  const { source, plan } = schema;
  const tables = planTables(plan);
  const onSource = await findRemovable("source", source, tables);
  if (!hasTarget(schema)) return onSource;
  const { target } = schema;
  // Names of a table that the target lacks are not known there on another type of database, nor can it have any.
  const there = tables.filter((table) => !table.awaitsRestore || source.dialect.ddl === target.dialect.ddl);
  return [...onSource, ...(await findRemovable("target", target, there, capturesItself))];
}

async function remove(context: Context, { schema, found, snapshot }: Doomed): Promise<void> {
  const patience: Patience = {
    signal: context.deadlineOrStop,
    onBusy: logBusyTables(context.log),
    onStep: ({ name, number, of }) =>
      context.terminal.showProgress(`removing ${name}, ${number} of ${of} objects`),
  };
  const isTrigger = ({ side, object }: Removable): boolean => side === "source" && object.kind === "trigger";
  if (snapshot === undefined) {
    await uninstall(found, patience);
    return;
  }
  const present = new Set(
    found.flatMap(({ side, object }) =>
      side === "source" && object.kind === "journal" ? [object.name.toUpperCase()] : [],
    ),
  );
  await removeCapture(
    {
      source: schema.source,
      triggers: found.filter(isTrigger).map(({ object }) => object),
      journals: planTables(schema.plan)
        .filter((table) => present.has(table.names.journal.toUpperCase()))
        .map((table) => {
          const found = snapshot.find(({ status }) => status.table === table.name);
          return { table, applied: found?.applied ?? 0n, passed: found?.passed };
        }),
    },
    patience,
  );
  await uninstall(
    found.filter((one) => !isTrigger(one)),
    patience,
  );
}

/** Of the reasons not to switch, those that stand for changes which would be lost. */
const LOSES: ReadonlySet<Reason["kind"]> = new Set(["pending", "open-hole", "dead-letters"]);

function refusePending(snapshot: readonly TableSnapshot[]): void {
  const left = snapshot.flatMap(({ status }) => arrivalReasons(status)).filter(({ kind }) => LOSES.has(kind));
  if (left.length === 0) return;
  const first = left.every(({ kind }) => kind === "dead-letters")
    ? "See `sync-tool dead-letters list`, mend and retry them or discard them"
    : "Run `sync-tool run --until-drained` first";
  throw new SyncError("CHANGES_PENDING", {
    what: `The target does not have everything yet:\n${left.map(({ text }) => `  - ${text}`).join("\n")}`,
    next: `${first}; --discard-pending gives these changes up`,
  });
}
