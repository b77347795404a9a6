import type { HolderFacts } from "../contract/dialect.ts";
import type { TableGroup } from "../contract/sync-plan.ts";
import { acquireLock } from "../dialect/acquire-lock.ts";
import type { Reason } from "../status/arrival.ts";
import { type DrainTable, isDrained, type Judged, judge, NO_LOOKS } from "../status/gate.ts";
import { openSnapshots, type TableSnapshot } from "../status/snapshot.ts";
import type { StatusRequest } from "../status/table-status.ts";
import { monotonic } from "../util/monotonic.ts";
import { sleep } from "../util/sleep.ts";
import { afterFailure } from "./after-failure.ts";

export interface DrainOptions {
  readonly schemas: readonly StatusRequest[];
  /** False: answers as soon as what was seen is decided. */
  readonly wait: boolean;
  /** Content with tables that are at most so many seconds behind while the source goes on being written. */
  readonly maxLagSeconds?: number;
  /** Aborted when the answer has to be given; default: never. */
  readonly deadline?: AbortSignal;
  /** Between two looks; default 1 s. */
  readonly pollMs?: number;
  readonly signal: AbortSignal;
  readonly onLook?: (reasons: readonly Reason[], tables: readonly DrainTable[]) => void;
}

export interface DrainAnswer {
  readonly drained: boolean;
  readonly reasons: readonly Reason[];
  readonly tables: readonly DrainTable[];
  /** Transactions that are open on the sources, also those that have written nothing: who stops writers wants to know. */
  readonly open: readonly HolderFacts[];
  readonly seconds: number;
}

const POLL_MS = 1_000;

/**
 * Says whether every table is drained and stays so: two looks, some time apart, must find nothing pending, no position
 * that may still appear, no dead letter, and no new change in between. With `maxLagSeconds` the source may go on being
 * written. Where nothing but dead letters and gaps is in the way, the second look ends the wait: no waiting helps them.
 */
export async function watchDrain(options: DrainOptions): Promise<DrainAnswer> {
  const { schemas, wait, deadline, pollMs = POLL_MS, signal, maxLagSeconds } = options;
  const stop = deadline === undefined ? signal : AbortSignal.any([signal, deadline]);
  const started = monotonic();
  const elapsedMs = (): number => monotonic() - started;
  const snapshots = openSnapshots(schemas);
  const minHoleAgeMs = Math.max(...schemas.map(({ source }) => source.dialect.capabilities.minHoleAgeMs), 0);
  /** A look from then on can judge what the first one found missing. */
  let judgesFromMs = Number.POSITIVE_INFINITY;
  let state = NO_LOOKS;
  for (let looks = 1; ; looks++) {
    const beganMs = elapsedMs();
    const look = async (): Promise<Pick<Judged, "state" | "tables" | "reasons">> => {
      const { tables } = await snapshots.take();
      const judged = judge(state, { atMs: monotonic(), tables }, maxLagSeconds);
      return { ...judged, reasons: [...judged.reasons, ...(await idleGroups(schemas, judged.standing))] };
    };
    // Whoever waits, waits for a server too that is started again; what was seen before counts for nothing then.
    const judged = await look().catch((error: unknown) => noLook(error, wait));
    state = judged.state;
    const { reasons } = judged;
    const answer = {
      drained: isDrained(state),
      reasons,
      tables: judged.tables,
      seconds: elapsedMs() / 1000,
    };
    options.onLook?.(reasons, judged.tables);
    const isAnswered = reasons.every(({ kind }) => kind !== "no-answer");
    const finish = async (): Promise<DrainAnswer> => ({
      ...answer,
      open: isAnswered ? await openTransactions(schemas) : [],
    });
    if (answer.drained) return await finish();
    const isInVain = reasons.length > 0 && reasons.every(({ kind }) => LASTING.includes(kind));
    if (looks === 1) judgesFromMs = elapsedMs() + minHoleAgeMs;
    const isUndecided = reasons.some(({ kind }) => kind === "open-hole") && beganMs < judgesFromMs;
    const isEnough = (!wait && !isUndecided) || isInVain;
    if (stop.aborted || (looks > 1 && reasons.length > 0 && isEnough)) return await finish();
    await sleep(pollMs, stop);
  }
}

/** Throws what no waiting mends, and what nobody waits for. */
function noLook(error: unknown, wait: boolean): Pick<Judged, "state" | "tables" | "reasons"> {
  const after = afterFailure("", error);
  if (!wait || after.next === "stop") throw error;
  const text = `no answer: ${after.reason} [${after.code}]`;
  return { state: NO_LOOKS, tables: [], reasons: [{ table: "", kind: "no-answer", text }] };
}

async function openTransactions(schemas: readonly StatusRequest[]): Promise<readonly HolderFacts[]> {
  const open: HolderFacts[] = [];
  for (const { source } of schemas) open.push(...(await source.dialect.horizon.openTransactions(source.db)));
  return open;
}

/** What no waiting ends. */
const LASTING: readonly Reason["kind"][] = ["dead-letters", "gap"];

/** Where checkpoints stand still, whether anybody is there to move them: the group's lock is free or not. */
async function idleGroups(
  schemas: readonly StatusRequest[],
  standing: readonly TableSnapshot[],
): Promise<readonly Reason[]> {
  const idle: Reason[] = [];
  for (const { name, plan, target } of schemas) {
    const stands = new Set(standing.flatMap(({ status }) => (status.schema === name ? [status.table] : [])));
    const isStanding = (group: TableGroup): boolean => group.tables.some((table) => stands.has(table.name));
    const groups = plan.groups.filter(isStanding);
    if (groups.length === 0) continue;
    const { home } = await target.dialect.introspector.server(target.db);
    for (const group of groups) {
      const lock = await acquireLock(target.dialect, target.db, `${home}/${group.name}`);
      if (lock === undefined) continue;
      await lock.release();
      idle.push({ table: group.name, kind: "no-runner", text: `${group.name}: no runner is at work on it` });
    }
  }
  return idle;
}
