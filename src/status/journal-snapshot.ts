/** Where a table's journal stands against the checkpoint: what is pending, how old it is, and whom it waits for. */
import type { CaptureState } from "../capture/capture-state.ts";
import type { Checkpoint } from "../checkpoint/checkpoint.ts";
import type { Position } from "../contract/change.ts";
import type { TableLock } from "../contract/dialect.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import { SyncError } from "../errors.ts";
import { countLate } from "../journal/appeared.ts";
import { NO_END } from "../journal/horizon.ts";
import { oldestChange } from "../journal/oldest-change.ts";
import type { JournalReader, Survey } from "../journal/reader.ts";
import type { StatusRequest, TableStatus } from "./table-status.ts";

/** How far ahead of the checkpoint holes are looked for. */
const LOOK_AHEAD = 200;
/** Counting further would read long stretches of the journal, on the source, at every look. */
const COUNTED = 100_000;

export interface JournalSnapshot {
  /** The last visible position, and the last that was handed out; undefined where the journal cannot be read. */
  readonly ends: { readonly highest: Position; readonly reached: Position } | undefined;
  /** Of the journal that is there: 0 when the checkpoint belongs to another one. */
  readonly applied: Position;
  readonly status: Pick<
    TableStatus,
    "pending" | "pendingIsEstimate" | "lagSeconds" | "openHole" | "writers" | "holders" | "problems"
  >;
}

const NOTHING = {
  pending: null,
  pendingIsEstimate: false,
  lagSeconds: null,
  openHole: null,
  writers: 0,
  holders: [],
  problems: [],
} as const;

/** `passed`: see journal/passed-holes.ts. */
export async function readJournal(
  { source }: StatusRequest,
  { table, journalId, journalLacks, journalLacksTime, lock }: CaptureState,
  { checkpoint, passed }: { readonly checkpoint: Checkpoint | undefined; readonly passed: unknown },
  reader: JournalReader,
): Promise<JournalSnapshot> {
  if (journalId === undefined) return { ends: undefined, applied: 0n, status: NOTHING };
  if (lock?.isUnreadable === true) return lockedJournal(lock, checkpoint);
  const isOther = checkpoint !== undefined && checkpoint.journalId !== journalId;
  const anchor = checkpoint === undefined || isOther ? { position: 0n, digest: "" } : checkpoint;
  const problems = isOther ? ["The checkpoint belongs to another journal"] : [];
  // A journal of an older shape cannot be read as this release reads it: `drift` says so, and `prepare` mends it.
  const isReadable = journalLacks.length === 0 && !journalLacksTime;
  const survey = isReadable ? await surveyOrProblem(table, reader.survey(anchor, LOOK_AHEAD)) : undefined;
  if (typeof survey === "string") problems.push(survey);
  const { open = undefined, writers = [], ...ends } = typeof survey === "object" ? survey : {};
  // Counted after the survey: a change that has become visible meanwhile is counted, one that has not was told of.
  const count = source.dialect.sql.countChanges(table.names.journal, anchor.position, COUNTED + 1);
  const [row] = await source.db.query(count.sql, count.params);
  const counted = Number(row?.["n"] ?? 0);
  const between = Number(("highest" in ends ? ends.highest : 0n) - anchor.position);
  const late = await countLate(source, table.names.journal, isOther ? undefined : passed, anchor.position);
  const pending = (counted > COUNTED ? Math.max(counted, between) : counted) + late;
  const oldest =
    pending > 0 && isReadable ? await oldestChange(source, table.names.journal, anchor.position) : undefined;
  const isHeld = open !== undefined || writers.length > 0;
  return {
    ends: "highest" in ends ? ends : undefined,
    applied: anchor.position,
    status: {
      pending,
      pendingIsEstimate: counted > COUNTED,
      lagSeconds: pending === 0 ? 0 : (oldest?.ageSeconds ?? null),
      openHole:
        open === undefined
          ? null
          : { first: String(open.first), last: String(open.last === NO_END ? open.first : open.last) },
      writers: writers.length,
      // Who it is only informs: that somebody is waited for has been found out already.
      holders: isHeld ? await reader.holders(open).catch(() => []) : [],
      problems,
    },
  };
}

/** Who holds it so may write to it as well, and what it holds already cannot be counted without waiting. */
function lockedJournal({ holders }: TableLock, checkpoint: Checkpoint | undefined): JournalSnapshot {
  return {
    ends: undefined,
    applied: checkpoint?.position ?? 0n,
    status: { ...NOTHING, writers: holders.length, holders },
  };
}

/** What somebody did to the journal, say row-level security, can keep us from reading it: `drift` says so, and all else is shown. */
export function unreadable({ source }: StatusRequest, state: CaptureState, error: unknown): JournalSnapshot {
  const { class: found, reason } = source.dialect.classifyError(error);
  const isExplained = state.drifted.some(({ object, isFault }) => object.kind === "journal" && isFault);
  if (!isExplained || !/^(auth|schema)$/.test(found)) throw error;
  const problems = [`The journal cannot be read: ${reason}`];
  return { ends: undefined, applied: 0n, status: { ...NOTHING, problems } };
}

/** Why the journal cannot be read on from the checkpoint is something to show, not to fail with. */
async function surveyOrProblem(table: TablePlan, survey: Promise<Survey>): Promise<Survey | string> {
  try {
    return await survey;
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== "JOURNAL_REPLACED") throw error;
    // Who shows a problem names the table before it.
    return error.message.replace(`${table.name}: `, "");
  }
}
