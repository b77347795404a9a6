import { isComplete, readCaptureState } from "../capture/capture-state.ts";
import { type Checkpoint, readCheckpoint } from "../checkpoint/checkpoint.ts";
import type { SchemaName } from "../config/sync-config.ts";
import type { Database } from "../db/database.ts";
import type { Dialect, HolderFacts } from "../dialect/dialect.ts";
import type { SyncPlan } from "../plan/sync-plan.ts";
import { planTables, type TablePlan } from "../plan/sync-plan.ts";
import { missingMigration } from "../transform/transformer-for.ts";
import { countDeadLetters } from "./count-dead-letters.ts";
import { findOpenHole } from "./open-hole.ts";
import { switchReasons } from "./switch-reasons.ts";

/** One table. `status --json` prints these fields under these names. */
export interface TableStatus {
  readonly schema: SchemaName;
  /** Upper case. */
  readonly table: string;
  /** Journal and triggers are there and are what the table needs now. */
  readonly captured: boolean;
  /** Changes that are committed on the source and not applied, counted exactly; null without a journal. */
  readonly pending: number | null;
  /** Seconds since the checkpoint was moved while changes are pending, 0 when none is; null when not known. */
  readonly lagSeconds: number | null;
  /** Last position applied, as text (64 bits); null when the target has no checkpoint yet. */
  readonly checkpoint: string | null;
  /** The first positions that are missing and may still appear; the run waits there. */
  readonly openHole: { readonly first: string; readonly last: string } | null;
  /** The transactions that are waited for, where the database tells. */
  readonly holders: readonly HolderFacts[];
  /** Changes set aside because the target refuses them. */
  readonly deadLetters: number;
  /** What is missing or differs from the plan, each a phrase. */
  readonly drift: readonly string[];
  /** The target is not migrated, the checkpoint is not one of this journal, and the like: each a sentence. */
  readonly problems: readonly string[];
}

/** What `status` prints. */
export interface StatusReport {
  readonly tables: readonly TableStatus[];
  /** Nothing is pending, missing, waiting or set aside: traffic can go to the target once the source gets no writes. */
  readonly safeToSwitch: boolean;
  /** Why it is not safe, each a sentence; empty when it is. */
  readonly reasons: readonly string[];
}

export interface StatusRequest {
  readonly name: SchemaName;
  readonly plan: SyncPlan;
  readonly source: { readonly dialect: Dialect; readonly db: Database };
  readonly target: { readonly dialect: Dialect; readonly db: Database };
}

/** Reads where every table of these schemas stands; changes nothing. */
export async function readStatus(schemas: readonly StatusRequest[]): Promise<StatusReport> {
  const tables: TableStatus[] = [];
  for (const schema of schemas) tables.push(...(await readSchema(schema)));
  const reasons = tables.flatMap(switchReasons);
  return { tables, safeToSwitch: reasons.length === 0, reasons };
}

async function readSchema(schema: StatusRequest): Promise<readonly TableStatus[]> {
  const { source, target, plan } = schema;
  const tables = planTables(plan);
  const states = await readCaptureState(source.db, source.dialect, tables);
  const present = await target.dialect.introspector.objects(
    target.db,
    tables.map((table) => table.targetNames.checkpoint),
  );
  const deadLetters = await countDeadLetters(target, tables);
  return await Promise.all(
    states.map(async (state) => {
      const { table, journalId } = state;
      const name = table.targetNames.checkpoint;
      const hasTable = present.some((object) => object.name === name);
      const checkpoint = hasTable ? await readCheckpoint(target.db, target.dialect, name) : undefined;
      const unmigrated = missingMigration(plan, table);
      const common = {
        schema: schema.name,
        table: table.name,
        captured: isComplete(state),
        checkpoint: checkpoint?.position.toString() ?? null,
        deadLetters: deadLetters.get(table.name) ?? 0,
        drift: [
          ...state.missing.map(({ kind, name: object }) => `${kind} ${object} is missing`),
          ...state.drifted.map(({ reason }) => reason),
        ],
        problems: unmigrated === undefined ? [] : [unmigrated],
      };
      if (journalId === undefined)
        return { ...common, pending: null, lagSeconds: null, openHole: null, holders: [] };
      const journal = await readJournal(schema, table, journalId, checkpoint);
      return { ...common, ...journal, problems: [...common.problems, ...journal.problems] };
    }),
  );
}

async function readJournal(
  { source }: StatusRequest,
  table: TablePlan,
  journalId: string,
  checkpoint: Checkpoint | undefined,
): Promise<Pick<TableStatus, "pending" | "lagSeconds" | "openHole" | "holders" | "problems">> {
  const isOther = checkpoint !== undefined && checkpoint.journalId !== journalId;
  const anchor = checkpoint === undefined || isOther ? { position: 0n, digest: "" } : checkpoint;
  const count = source.dialect.sql.countChanges(table.names.journal, anchor.position);
  const [row] = await source.db.query(count.sql, count.params);
  const pending = Number(row?.["n"] ?? 0);
  const { hole, holders, problem } = await findOpenHole(source, table, anchor);
  return {
    pending,
    lagSeconds: pending === 0 ? 0 : (checkpoint?.ageSeconds ?? null),
    openHole: hole === undefined ? null : { first: hole.first.toString(), last: hole.last.toString() },
    holders,
    problems: [
      ...(isOther ? ["The checkpoint belongs to another journal"] : []),
      ...(problem === undefined ? [] : [problem]),
    ],
  };
}
