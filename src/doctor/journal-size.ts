import { oldestChange } from "../journal/oldest-change.ts";
import type { Check, Outcome } from "./check.ts";
import type { DoctorContext } from "./doctor-context.ts";

/** The disk space that the journals take on the source, and how fast they grow. */
export const journalSizeCheck: Check = {
  id: "source.journal-size",
  group: "capture",
  title: "disk space of the journals",
  cheap: false,
  run,
};

const MIB = 1024 ** 2;
const LARGE_JOURNALS = 10 * 1024 * MIB;
/** A rate over less time than this says little. */
const MIN_AGE_S = 60;

async function run({ capture, source }: DoctorContext): Promise<Outcome> {
  const wanted = "below 10 GiB";
  const [dialect, db] = [await source.dialect(), await source.db()];
  const states = (await capture()).filter(({ journalId }) => journalId !== undefined);
  const journals = states.map(({ table }) => table.names.journal);
  if (states.some(({ lock }) => lock?.isUnreadable))
    return { status: "unknown", found: "not asked: a journal is locked, see source.capture", wanted };
  if (journals.length === 0) return { status: "ok", found: "there is none yet", wanted };
  const ask = dialect.doctor?.journalBytes(journals);
  if (ask === undefined) return { status: "unknown", found: "the server does not tell", wanted };
  const [row] = await db.query(ask.sql, ask.params);
  const bytes = Number(row?.["bytes"]);
  // What `purge` deleted leaves room that the next changes take: the space is that of the time since the first change.
  let ageSeconds = 0;
  for (const journal of journals)
    ageSeconds = Math.max(ageSeconds, (await oldestChange({ db, dialect }, journal, 0n))?.ageSeconds ?? 0);
  return judgeSize(bytes, ageSeconds);
}

/** `ageSeconds`: since the oldest change that the journals hold; 0 when there is none, or its time is not known. */
export function judgeSize(bytes: number, ageSeconds: number): Outcome {
  const wanted = "below 10 GiB";
  const rate = ageSeconds < MIN_AGE_S ? "" : `, ${amount((bytes * 3600) / ageSeconds)} an hour so far`;
  const found = `${amount(bytes)}${rate}`;
  if (bytes < LARGE_JOURNALS) return { status: "ok", found, wanted };
  const text = "`sync-tool purge --yes` deletes what is applied";
  return { status: "warn", found, wanted, mend: [{ on: "elsewhere", text }] };
}

const amount = (bytes: number): string =>
  bytes < LARGE_JOURNALS ? `${Math.ceil(bytes / MIB)} MiB` : `${(bytes / MIB / 1024).toFixed(1)} GiB`;
