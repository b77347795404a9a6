import {
  askForRetry,
  type DeadLetter,
  type DeadLetterStore,
  discard as forget,
  listDeadLetters,
} from "../../apply/dead-letter.ts";
import { nearestName } from "../../config/nearest-name.ts";
import { hintFound } from "../../config/problem.ts";
import { deadLettersName } from "../../contract/object-names.ts";
import { planTables } from "../../contract/sync-plan.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { type SchemaContext, withContext } from "../context.ts";
import type { CommonFlags } from "../flags.ts";
import { formatTable, writeJson, writeOut } from "../output.ts";

export interface DeadLetterFlags extends CommonFlags {
  /** Only letters of this table. */
  readonly table?: string;
  /** Only the letter with this id, as `list` prints it; its first digits are enough. */
  readonly id?: string;
  readonly json?: true;
  readonly yes?: true;
}

interface Chosen {
  readonly schema: SchemaContext;
  readonly store: DeadLetterStore;
  readonly letters: readonly DeadLetter[];
}

/** Prints the changes that the target refused, oldest first. */
export async function listLetters(flags: DeadLetterFlags, signal: AbortSignal): Promise<number> {
  return await withLetters(flags, signal, async (chosen) => {
    const letters = chosen.flatMap((one) => one.letters);
    if (flags.json) writeJson({ deadLetters: letters.map(asJson) });
    else writeOut(letters.length === 0 ? "No dead letters" : formatLetters(letters));
    return EXIT.ok;
  });
}

/** Has the runner try letters again at its next poll, or when it starts. */
export async function retryLetters(flags: DeadLetterFlags, signal: AbortSignal): Promise<number> {
  return await withLetters(flags, signal, async (chosen) => {
    refuseUnknownId(flags, chosen);
    let asked = 0;
    for (const { schema, store, letters } of chosen)
      asked += await askForRetry(schema.target.db, store, letters);
    tell(
      flags,
      { retried: asked },
      `dead letters that a run will try again, at its next poll or when it starts: ${asked}`,
    );
    return EXIT.ok;
  });
}

/** Forgets letters: their changes will never reach the target. Without `--yes` it only lists them. */
export async function discardLetters(flags: DeadLetterFlags, signal: AbortSignal): Promise<number> {
  return await withLetters(flags, signal, async (chosen) => {
    refuseUnknownId(flags, chosen);
    const letters = chosen.flatMap((one) => one.letters);
    if (!flags.yes) {
      if (flags.json) writeJson({ discarded: 0, deadLetters: letters.map(asJson) });
      else if (letters.length > 0) writeOut(formatLetters(letters));
      throw new SyncError("USAGE_INVALID", {
        what:
          letters.length === 0
            ? "discard was given without --yes; there are no dead letters"
            : `discard would give up the ${letters.length} changes listed above: the target never gets them`,
        next: "Mend the cause and use `sync-tool dead-letters retry`, or give --yes",
      });
    }
    let gone = 0;
    for (const one of chosen) gone += await forget(one.schema.target.db, one.store, one.letters);
    tell(flags, { discarded: gone }, `dead letters discarded: ${gone}`);
    return EXIT.ok;
  });
}

async function withLetters(
  flags: DeadLetterFlags,
  signal: AbortSignal,
  work: (chosen: readonly Chosen[]) => Promise<number>,
): Promise<number> {
  return await withContext(flags, signal, async (context) => {
    const chosen: Chosen[] = [];
    for (const schema of await context.openSchemas({ beforeRestore: true, quiet: true })) {
      const { dialect, db } = schema.target;
      const name = deadLettersName(planTables(schema.plan)[0]?.target.name ?? "");
      const [found] = await dialect.introspector.objects(db, [name]);
      // Before `prepare` there is no table for them.
      if (found === undefined) continue;
      const store = { dialect, name: found.name };
      const letters = await listDeadLetters(db, store, flags.table?.toUpperCase());
      const { id } = flags;
      chosen.push({
        schema,
        store,
        letters: id === undefined ? letters : letters.filter((letter) => letter.id.startsWith(id)),
      });
    }
    refuseUnknownTable(flags, chosen, context.config.syncTables);
    return await work(chosen);
  });
}

/** "No dead letters" of a misspelt table would be taken for good news. */
function refuseUnknownTable(
  { table }: DeadLetterFlags,
  chosen: readonly Chosen[],
  syncTables: readonly string[],
): void {
  if (table === undefined || syncTables.includes(table.toUpperCase())) return;
  // Letters of a table that was synced once are still there.
  if (chosen.some((one) => one.letters.length > 0)) return;
  throw new SyncError("USAGE_INVALID", {
    what: `--table is ${hintFound(table, nearestName(table, syncTables))}, which is not in syncTables`,
    next: `Name one of ${syncTables.join(", ")}`,
  });
}

function refuseUnknownId({ id }: DeadLetterFlags, chosen: readonly Chosen[]): void {
  if (id === undefined || chosen.some((one) => one.letters.length > 0)) return;
  throw new SyncError("USAGE_INVALID", {
    what: `There is no dead letter with the id ${/^[0-9a-f-]+$/.test(id) ? id : hintFound(id)}`,
    next: "See `sync-tool dead-letters list`; a letter is gone when its change was applied or superseded",
  });
}

const asJson = ({ digest: _, ...letter }: DeadLetter) => letter;

function tell(flags: DeadLetterFlags, value: object, sentence: string): void {
  if (flags.json) writeJson(value);
  else writeOut(sentence);
}

function formatLetters(letters: readonly DeadLetter[]): string {
  return formatTable(
    ["ID", "TABLE", "KEY", "POSITION", "REASON", "CODE", "ATTEMPTS", "FIRST SEEN", "LAST TRIED"],
    letters.map((letter) => [
      letter.id,
      letter.table,
      letter.key,
      letter.position.toString(),
      letter.reason,
      letter.code,
      String(letter.attempts),
      letter.firstSeen,
      letter.lastTried === "" ? "retry asked for" : letter.lastTried,
    ]),
  );
}
