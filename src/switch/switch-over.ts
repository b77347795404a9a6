/** The moment at which the other side begins to serve users: what must be true first, and the transaction that writes it down. */
import { hostname } from "node:os";
import { beginAt, lockLanes, readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { TablePlan } from "../contract/sync-plan.ts";
import { planTables } from "../contract/sync-plan.ts";
import { acquireLock } from "../dialect/acquire-lock.ts";
import { SyncError } from "../errors.ts";
import type { Anchor } from "../journal/at-anchor.ts";
import { createJournalReader, type JournalReader } from "../journal/reader.ts";
import { watchDrain } from "../run/drain-gate.ts";
import { runnerIn } from "../state/runner.ts";
import { readServing, type Serving, type ServingSide, writeServing } from "../state/serving.ts";
import { readState, type StateTable, stateTable } from "../state/state.ts";
import { type Reason, reason } from "../status/arrival.ts";
import type { StatusRequest } from "../status/table-status.ts";
import { sleep } from "../util/sleep.ts";
import { findHeads, type JournalHead } from "./journal-heads.ts";
import { tryRights } from "./try-rights.ts";

export interface SwitchOptions {
  readonly to: ServingSide;
  readonly forward: StatusRequest;
  readonly back: StatusRequest;
  /** On blue. */
  readonly state: StateTable;
  /** False: a no is given as soon as it is known. */
  readonly wait: boolean;
  readonly dryRun: boolean;
  /** Aborted when the answer has to be given. */
  readonly deadline: AbortSignal;
  readonly signal: AbortSignal;
  /** Between two looks; default 1 s for what has to arrive. */
  readonly pollMs?: number;
  readonly onLook?: (reasons: readonly Reason[]) => void;
}

export interface SwitchAnswer {
  readonly serving: ServingSide;
  readonly since: string | null;
  /** Switched by this call. */
  readonly switched: boolean;
  /** Why not; empty where it was, is already, or would be. */
  readonly reasons: readonly Reason[];
  /** Changes that the new side has in its journals from before, which stay where they are: tests. */
  readonly leftThere: number;
}

const POLL_MS = 200;

/** Idempotent: given again it changes nothing. Whatever fails before the transaction leaves everything as it was. */
export async function switchOver(options: SwitchOptions): Promise<SwitchAnswer> {
  const { forward, back, to, state } = options;
  const blue = forward.source;
  const { home } = await blue.dialect.introspector.server(blue.db);
  const lock = await acquireLock(blue.dialect, blue.db, `${home}/switch`);
  if (lock === undefined) {
    throw new SyncError("SOURCE_BUSY", {
      what: "Another `switch` is at work",
      next: "Wait until it has ended, then give the command again",
    });
  }
  try {
    const current = await readServing(blue.db, state);
    const serving = current?.side ?? "blue";
    const since = current?.since ?? null;
    if (serving === to) {
      await settle(to === "green" ? forward : back);
      return { serving, since, switched: false, reasons: [], leftThere: 0 };
    }
    const [ends, begins] = to === "green" ? [forward, back] : [back, forward];
    const ignorant = await ignorantRuns(forward);
    if (ignorant.length > 0) return { serving, since, switched: false, reasons: ignorant, leftThere: 0 };
    await tryRights(begins.target, planTables(begins.plan));
    const drain = await watchDrain({ ...options, schemas: [ends] });
    if (!drain.drained) return { serving, since, switched: false, reasons: drain.reasons, leftThere: 0 };
    const { heads, open } = await headsOf(begins, options);
    const leftThere = current === undefined ? heads.reduce((sum, { changes }) => sum + changes, 0) : 0;
    if (open.length > 0) return { serving, since, switched: false, reasons: open, leftThere: 0 };
    if (options.dryRun) return { serving, since, switched: false, reasons: [], leftThere };
    const next: Serving = {
      side: to,
      since: new Date().toISOString(),
      host: hostname(),
      heads: new Map(heads.map(({ table, end }) => [table.name, end.position])),
    };
    await blue.db.transaction(async (tx) => {
      // What green wrote while blue served stays on green: the first way back begins here.
      if (current === undefined && to === "green") await beginBack(tx, back, heads);
      await writeServing(tx, state, next);
    });
    await settle(ends);
    return { serving: to, since: next.since, switched: true, reasons: [], leftThere };
  } finally {
    await lock.release().catch(() => undefined);
  }
}

/** A run that was begun without the way back would neither carry it nor heed who serves. */
async function ignorantRuns({ plan, target }: StatusRequest): Promise<readonly Reason[]> {
  const entries = await readState(target.db, stateTable(target.dialect, planTables(plan)), "runner/");
  return plan.groups.flatMap((group) => {
    const runner = runnerIn(entries, group.name);
    const text = `its run (process ${runner?.pid} on ${runner?.host}) was begun without the way back: start it again`;
    return reason({ table: group.name }, runner !== undefined && runner.wayBack !== true, "no-runner", text);
  });
}

/** A batch that was begun before the switch knew nothing of it: its lock is waited for. */
async function settle({ target, plan }: StatusRequest): Promise<void> {
  for (const table of planTables(plan))
    await target.db.transaction((tx) => lockLanes(tx, target.dialect, table.targetNames.checkpoint));
}

async function headsOf(
  begins: StatusRequest,
  { wait, deadline, signal, onLook }: SwitchOptions,
): Promise<Awaited<ReturnType<typeof findHeads>>> {
  const stop = AbortSignal.any([deadline, signal]);
  const from = new Map<TablePlan, { readonly reader: JournalReader; readonly anchor: Anchor }>();
  for (const table of planTables(begins.plan)) {
    const { db, dialect } = begins.target;
    const checkpoint = await readCheckpoint(db, dialect, table.targetNames.checkpoint);
    if (checkpoint === undefined)
      throw new SyncError("NOT_PREPARED", {
        what: `${table.targetNames.checkpoint} has no row`,
        next: "Run `sync-tool prepare`",
      });
    from.set(table, { reader: createJournalReader(begins.source, table), anchor: checkpoint });
  }
  // What a hole is needs a second look; with `wait` it may be a transaction that ends.
  for (let looks = 1; ; looks++) {
    const found = await findHeads(from);
    onLook?.(found.open);
    const isEnough = looks * POLL_MS > 2 * begins.source.dialect.capabilities.minHoleAgeMs + POLL_MS;
    if (found.open.length === 0 || stop.aborted || (!wait && isEnough)) return found;
    await sleep(POLL_MS, stop);
  }
}

async function beginBack(
  tx: Parameters<typeof beginAt>[0],
  { target }: StatusRequest,
  heads: readonly JournalHead[],
): Promise<void> {
  for (const { table, end } of heads) await beginAt(tx, target.dialect, table.targetNames.checkpoint, end);
}
