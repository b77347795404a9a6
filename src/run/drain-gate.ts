import type { Position } from "../journal/change.ts";
import type { TableGroup, TablePlan } from "../plan/sync-plan.ts";
import { planTables } from "../plan/sync-plan.ts";
import { readStatus, type StatusRequest, type TableStatus } from "../status/status.ts";
import { monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";

export interface DrainOptions {
  readonly schemas: readonly StatusRequest[];
  /** False: looks twice and answers. */
  readonly wait: boolean;
  /** Content with tables that are at most so many seconds behind while the source goes on being written. */
  readonly maxLagSeconds?: number;
  /** Gives up after so long; default: never. */
  readonly timeoutMs?: number;
  /** Between two looks; default 1 s. */
  readonly pollMs?: number;
  readonly signal: AbortSignal;
  readonly onLook?: (answer: DrainAnswer) => void;
}

/** Why traffic cannot be switched yet: the kind for scripts, the sentence for people. */
export interface DrainReason {
  readonly table: string;
  readonly kind:
    | "pending"
    | "open-hole"
    | "still-written"
    | "lagging"
    | "no-runner"
    | "dead-letters"
    | "not-captured"
    | "problem";
  readonly text: string;
}

export interface DrainTable {
  readonly schema: string;
  readonly table: string;
  readonly pending: number | null;
  /** Age of the oldest change that is not applied, as far as it was watched; null when nothing is known yet. */
  readonly lagSeconds: number | null;
  readonly deadLetters: number;
}

export interface DrainAnswer {
  readonly drained: boolean;
  readonly reasons: readonly DrainReason[];
  readonly tables: readonly DrainTable[];
  readonly seconds: number;
}

const POLL_MS = 1_000;
/** Looks that have to agree. */
const LOOKS = 2;

/** What was seen of a table's journal and when, oldest first: it gives the age of what is not applied yet. */
interface Watched {
  samples: { readonly at: number; readonly highest: Position }[];
  checkpoint: string | null;
}

/**
 * Says whether every table is drained and stays so: two looks, some time apart, must find nothing pending, no open
 * transaction, no dead letter, and no new change in between. With `maxLagSeconds` the source may go on being written.
 * Dead letters alone end the wait at once: waiting does not help them.
 */
export async function watchDrain(options: DrainOptions): Promise<DrainAnswer> {
  const { wait, timeoutMs, pollMs = POLL_MS, signal } = options;
  const started = monotonic();
  const watched = new Map<string, Watched>();
  let agreed = 0;
  for (let looks = 1; ; looks++) {
    const answer = await look(options, watched, started);
    options.onLook?.(answer);
    agreed = answer.drained ? agreed + 1 : 0;
    const onlyLetters = !answer.drained && answer.reasons.every(({ kind }) => kind === "dead-letters");
    const isOver = timeoutMs !== undefined && monotonic() - started >= timeoutMs;
    const enough = looks >= LOOKS && agreed === 0 && (!wait || onlyLetters || isOver);
    if (agreed >= LOOKS || enough || signal.aborted) return { ...answer, drained: agreed >= LOOKS };
    await sleep(pollMs, signal);
  }
}

async function look(
  options: DrainOptions,
  watched: Map<string, Watched>,
  started: number,
): Promise<DrainAnswer> {
  const reasons: DrainReason[] = [];
  const tables: DrainTable[] = [];
  for (const schema of options.schemas) {
    const plans = new Map(planTables(schema.plan).map((table) => [table.name, table]));
    const { tables: statuses } = await readStatus([schema]);
    const standing = new Set<string>();
    for (const status of statuses) {
      const plan = plans.get(status.table);
      if (plan === undefined) continue;
      const id = `${schema.name}/${status.table}`;
      const before = watched.get(id);
      const now = await observe(schema, plan, status, before);
      watched.set(id, now.watched);
      const lagSeconds = lag(status, now.watched);
      tables.push({
        schema: schema.name,
        table: status.table,
        pending: status.pending,
        lagSeconds,
        deadLetters: status.deadLetters,
      });
      reasons.push(...tableReasons(status, options.maxLagSeconds, lagSeconds, now));
      if (status.pending !== 0 && before !== undefined && before.checkpoint === status.checkpoint)
        standing.add(status.table);
    }
    reasons.push(...(await idleGroups(schema, standing)));
  }
  return { drained: reasons.length === 0, reasons, tables, seconds: (monotonic() - started) / 1000 };
}

interface Observed {
  readonly watched: Watched;
  /** New changes came since the look before. */
  readonly isWritten: boolean;
  /** Transactions that may still commit changes, where the database tells. */
  readonly open: number;
}

async function observe(
  { source }: StatusRequest,
  table: TablePlan,
  status: TableStatus,
  before: Watched | undefined,
): Promise<Observed> {
  if (status.pending === null)
    return { watched: { samples: [], checkpoint: null }, isWritten: false, open: 0 };
  const { highest, holders } = await source.dialect.horizon.observe(source.db, table.names.journal);
  const last = before?.samples.at(-1);
  const applied = BigInt(status.checkpoint ?? "0");
  const samples = [...(before?.samples ?? [])];
  if (last === undefined || last.highest !== highest) samples.push({ at: monotonic(), highest });
  // Of what is applied, nothing needs to be remembered.
  while (samples.length > 1 && (samples[0]?.highest ?? 0n) <= applied) samples.shift();
  return {
    watched: { samples, checkpoint: status.checkpoint },
    isWritten: last !== undefined && last.highest !== highest,
    open: holders.size,
  };
}

/** Since when the oldest change that is not applied has been seen. */
function lag(status: TableStatus, { samples }: Watched): number | null {
  if (status.pending === null) return null;
  const applied = BigInt(status.checkpoint ?? "0");
  const oldest = samples.find(({ highest }) => highest > applied);
  return oldest === undefined || status.pending === 0 ? 0 : (monotonic() - oldest.at) / 1000;
}

function tableReasons(
  status: TableStatus,
  maxLagSeconds: number | undefined,
  lagSeconds: number | null,
  { isWritten, open }: Observed,
): readonly DrainReason[] {
  const { table, pending, openHole, deadLetters, problems, captured, checkpoint } = status;
  const reason = (when: boolean, kind: DrainReason["kind"], text: string): readonly DrainReason[] =>
    when ? [{ table, kind, text: `${table}: ${text}` }] : [];
  const behind =
    maxLagSeconds === undefined
      ? [
          ...reason((pending ?? 0) > 0, "pending", `${pending} changes are pending`),
          ...reason(
            openHole !== null || open > 0,
            "open-hole",
            openHole === null
              ? `${open} transactions on the source have not ended`
              : `position ${openHole.first} is held by a transaction on the source that has not ended`,
          ),
          ...reason(isWritten, "still-written", "the source was written between two looks"),
        ]
      : reason(
          lagSeconds !== null && lagSeconds > maxLagSeconds,
          "lagging",
          `at least ${lagSeconds?.toFixed(1)} s behind, ${maxLagSeconds} s are allowed`,
        );
  return [
    ...reason(!captured, "not-captured", "changes are not captured as the table needs it"),
    ...reason(checkpoint === null, "problem", "the target has no checkpoint"),
    ...behind,
    ...reason(deadLetters > 0, "dead-letters", `${deadLetters} dead letters`),
    ...problems.flatMap((problem) => reason(true, "problem", problem)),
  ];
}

/** Where checkpoints stand still, whether anybody is there to move them: the group's lock is free or not. */
async function idleGroups(
  { plan, target }: StatusRequest,
  standing: ReadonlySet<string>,
): Promise<readonly DrainReason[]> {
  const idle: DrainReason[] = [];
  const isStanding = (group: TableGroup): boolean => group.tables.some(({ name }) => standing.has(name));
  const groups = plan.groups.filter(isStanding);
  if (groups.length === 0) return idle;
  const { home } = await target.dialect.introspector.server(target.db);
  for (const group of groups) {
    const lock = await target.dialect.acquireLock(target.db, `${home}/${group.name}`);
    if (lock === undefined) continue;
    await lock.release();
    idle.push({ table: group.name, kind: "no-runner", text: `${group.name}: no runner is at work on it` });
  }
  return idle;
}
