import type { Dialect } from "../contract/dialect.ts";
import type { Fact, FactScope } from "../contract/fact.ts";
import { sharedTables } from "../contract/object-names.ts";
import { codeText } from "../dialect/connection-error.ts";
import { LOOKUP_TABLES, READ_ON_THE_WAY_BACK } from "../dialect/needed-grants.ts";
import { SyncError } from "../errors.ts";
import { captureChecks } from "./capture-checks.ts";
import { type Check, type CheckResult, type Outcome, outcomeOf } from "./check.ts";
import { connectionChecks } from "./connection-checks.ts";
import { type DoctorContext, type DoctorSide, isPrepared } from "./doctor-context.ts";
import { dumpCheck } from "./dump-check.ts";
import { journalSizeCheck } from "./journal-size.ts";
import { tableChecks } from "./table-checks.ts";
import { throttleChecks } from "./throttle-check.ts";
import { totpCheck } from "./totp-check.ts";
import { wayBackCheck } from "./way-back-check.ts";

/** The checks that every pair of databases gets; each database adds its own, see fact.ts. */
export const checks: readonly Check[] = [
  ...connectionChecks,
  ...tableChecks,
  wayBackCheck,
  totpCheck,
  ...captureChecks,
  dumpCheck,
  journalSizeCheck,
  ...throttleChecks,
];

/** Those that a run can afford before it starts. */
export const cheapChecks: readonly Check[] = checks.filter(({ cheap }) => cheap);

/** Does all checks, those of the databases too. A check that fails stops no other. */
export async function examine(context: DoctorContext): Promise<readonly CheckResult[]> {
  const results = await runChecks(context, checks);
  return [
    ...results,
    ...(await askFacts(context, context.source)),
    ...(await askFacts(context, context.target)),
  ];
}

/** Does these checks, one after the other. */
export async function runChecks(
  context: DoctorContext,
  chosen: readonly Check[],
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { id, group, title, run } of chosen.filter(({ applies }) => applies?.(context.request) ?? true))
    results.push(await result({ id, group, title }, context, () => run(context)));
  return results;
}

/** Rights on no table at all are no rights that suffice. */
const NOTHING_TO_ASK_ABOUT = {
  status: "unknown",
  found: "no synced table is seen",
  wanted: "rights on the synced tables",
  mend: [],
} as const;

/** Asks a server what its dialect has to ask; `chosen` narrows the questions. */
export async function askFacts(
  context: DoctorContext,
  side: DoctorSide,
  chosen: (fact: Fact) => boolean = () => true,
): Promise<readonly CheckResult[]> {
  const dialect = await side.dialect();
  const db = await side.db().catch(() => undefined);
  if (db === undefined || dialect.doctor === undefined) return [];
  const results: CheckResult[] = [];
  const scope = await scopeOf(context, side, dialect);
  for (const fact of dialect.doctor.facts(scope).filter(chosen)) {
    const about = { id: `${side.name}.${fact.id}`, group: fact.group, title: fact.title };
    if (fact.group === "grants" && scope.tables.length === 0) {
      results.push({ ...about, ...NOTHING_TO_ASK_ABOUT });
      continue;
    }
    const found = await result(about, context, async () => {
      try {
        return outcomeOf(side.name, fact.judge(await db.query(fact.ask.sql, fact.ask.params)));
      } catch (error) {
        if (fact.refused === undefined) throw error;
        return outcomeOf(side.name, fact.refused(reasonOf([dialect], error)));
      }
    });
    if (found.status !== "unknown" || fact.isRare !== true) results.push(found);
  }
  return results;
}

async function scopeOf(context: DoctorContext, side: DoctorSide, dialect: Dialect): Promise<FactScope> {
  const planned = await context.planned().catch(() => ({ tables: [], restored: [] }));
  const tables = side.name === "source" ? planned.tables : planned.restored;
  const first = tables[0];
  const db = await side.db();
  const own =
    side.name === "source"
      ? tables.map(({ names }) => names.journal)
      : [
          ...tables.map(({ targetNames }) => targetNames.checkpoint),
          ...sharedTables(first?.target.name ?? ""),
        ];
  const there = first === undefined ? [] : await dialect.introspector.objects(db, own).catch(() => []);
  const lookups = await dialect.introspector
    .tables(db, [...Object.values(LOOKUP_TABLES), ...READ_ON_THE_WAY_BACK])
    .catch(() => []);
  return {
    side: side.name,
    direction: context.request.direction ?? "forward",
    settings: side.settings,
    tables,
    isPrepared: await isPrepared(context),
    present: new Set([...there, ...lookups].map(({ name }) => name.toUpperCase())),
  };
}

/** What could not be found out is "unknown": its cause is the finding of another check. */
async function result(
  about: Pick<CheckResult, "id" | "group" | "title">,
  context: DoctorContext,
  work: () => Promise<Outcome>,
): Promise<CheckResult> {
  try {
    const { mend = [], ...outcome } = await work();
    return { ...about, ...outcome, mend };
  } catch (error) {
    const dialects = await Promise.all([context.source.dialect(), context.target.dialect()]);
    const found = `not found out: ${reasonOf(dialects, error)}`;
    return { ...about, status: "unknown", found, wanted: "an answer", mend: [] };
  }
}

/** Our words for a failure; a driver's own quote values. What no database knows is a bug. */
function reasonOf(dialects: readonly Dialect[], error: unknown): string {
  if (error instanceof SyncError) return error.message;
  const found = dialects
    .map((dialect) => dialect.classifyError(error))
    .find(({ class: errorClass, code }) => code !== "none" || errorClass === "connection");
  if (found === undefined) throw error;
  return `${found.reason}${codeText(found.code)}`;
}
