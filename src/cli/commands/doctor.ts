import { loadConfig } from "../../config/load.ts";
import type { SyncConfig } from "../../config/sync-config.ts";
import type { CheckResult } from "../../doctor/check.ts";
import { examine } from "../../doctor/doctor.ts";
import { type DoctorContext, openDoctor } from "../../doctor/doctor-context.ts";
import { EXIT, SyncError } from "../../errors.ts";
import type { CommonFlags } from "../flags.ts";
import { writeJson, writeOut } from "../output.ts";

export interface DoctorFlags extends CommonFlags {
  readonly json?: true;
}

/** A check's result, and of which pair of databases. */
export interface SchemaCheck extends CheckResult {
  readonly schema: string;
}

/** Does every check on every pair of databases; a server that does not answer stops no other. Exit 6 when one fails. */
export async function doctor(flags: DoctorFlags, signal: AbortSignal): Promise<number> {
  const config = await loadConfig({
    configFile: flags.config,
    ...(flags.deployment === undefined ? {} : { deploymentFile: flags.deployment }),
    defines: flags.define,
  });
  const results: SchemaCheck[] = [];
  let left = config.syncTables;
  for (const [i, pair] of config.schemas.entries()) {
    if (signal.aborted || left.length === 0) break;
    const isLast = i === config.schemas.length - 1;
    const request = {
      schema: pair.name,
      sourceVersion: config.sourceVersion,
      targetVersion: config.targetVersion,
      source: pair.source.settings,
      target: pair.target.settings,
      parallelism: config.parallelism,
      wayBack: config.wayBack,
      targetEncryption: targetEncryption(config),
    };
    const finder = openDoctor({ ...request, tables: left });
    const tables = isLast ? left : await tablesOf(finder, config).finally(() => finder.close());
    left = left.filter((name) => !tables.includes(name));
    const context = openDoctor({ ...request, tables });
    try {
      for (const result of await examine(context)) results.push({ schema: pair.name, ...result });
    } finally {
      await context.close();
    }
  }
  if (flags.json) writeJson({ checks: results });
  else writeOut(formatChecks(results));
  const failed = results.filter(({ status }) => status === "fail");
  if (failed.length === 0) return EXIT.ok;
  throw new SyncError("DOCTOR_FAILED", {
    what: `${failed.length} of ${results.length} checks failed: ${failed.map(({ id }) => id).join(", ")}`,
    next: "Do what stands below each of them, then run `sync-tool doctor` again",
  });
}

/** As the keys say it: see target.encryption. */
function targetEncryption({ extra }: SyncConfig): "symmetric" | "asymmetric" {
  const isGiven = (key: string): boolean => extra.has(`target.${key}`);
  if (isGiven("encryption"))
    return extra.get("target.encryption")?.value === "asymmetric" ? "asymmetric" : "symmetric";
  return isGiven("keystore.path") && !isGiven("symmetricKey") ? "asymmetric" : "symmetric";
}

/** The tables that this schema's source has; none when it cannot be asked. */
async function tablesOf({ source }: DoctorContext, config: SyncConfig): Promise<readonly string[]> {
  const db = await source.db().catch(() => undefined);
  if (db === undefined) return [];
  const found = await (await source.dialect()).introspector.tables(db, config.syncTables);
  const names = new Set(found.map(({ name }) => name.toUpperCase()));
  return config.syncTables.filter((name) => names.has(name));
}

const MARKS = { ok: "ok     ", warn: "warn   ", fail: "FAIL   ", unknown: "unknown" } as const;

/** One line per check; below those that are not well, what is wanted and what mends it. */
export function formatChecks(results: readonly SchemaCheck[]): string {
  const lines = results.flatMap(({ schema, id, title, status, found, wanted, mend }) => [
    `${MARKS[status]} ${schema} ${id}: ${title}: ${found}`,
    ...(status === "ok" ? [] : [`          wanted: ${wanted}`]),
    ...mend.map(({ on, text }) =>
      on === "elsewhere" ? `          mend: ${indent(text)}` : `          on the ${on}: ${indent(text)};`,
    ),
  ]);
  const count = (status: CheckResult["status"]): number =>
    results.filter((one) => one.status === status).length;
  return [
    ...lines,
    `${count("ok")} ok, ${count("warn")} warnings, ${count("fail")} failed, ${count("unknown")} unknown`,
  ].join("\n");
}

const indent = (text: string): string => text.replaceAll("\n", "\n            ");
