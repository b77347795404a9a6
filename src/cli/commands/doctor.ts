import { writeFile } from "node:fs/promises";
import { loadConfig } from "../../config/load.ts";
import type { SyncConfig } from "../../config/sync-config.ts";
import { examine } from "../../doctor/doctor.ts";
import { type DoctorContext, openDoctor } from "../../doctor/doctor-context.ts";
import { EXIT, SyncError } from "../../errors.ts";
import { wayBackProblems } from "../../plan/way-back.ts";
import { doctorRequest } from "../doctor-request.ts";
import { checksAsMarkdown, formatChecks, type SchemaCheck, serversOf } from "../doctor-text.ts";
import type { CommonFlags } from "../flags.ts";
import { homeDefines, type KeyFlags } from "../key-flags.ts";
import { writeJson, writeOut } from "../output.ts";
import { openBackKeys, openValueKeys } from "../value-keys.ts";
import { directionFlag, requireWayBack } from "../way-back.ts";

export interface DoctorFlags extends CommonFlags, KeyFlags {
  readonly json?: true;
  /** File to write a document to. */
  readonly markdown?: string;
}

/** Does every check on every pair of databases; a server that does not answer stops no other. Exit 6 when one fails. */
export async function doctor(flags: DoctorFlags, signal: AbortSignal): Promise<number> {
  const define = [...flags.define, ...homeDefines(flags)];
  const config = await loadConfig({
    configFile: flags.config,
    ...(flags.deployment === undefined ? {} : { deploymentFile: flags.deployment }),
    defines: define,
  });
  const results: SchemaCheck[] = [];
  const direction = directionFlag(flags.direction) ?? "forward";
  if (direction === "back") requireWayBack(config);
  const noWayBack = await whyNoWayBack(config, define);
  let left = config.syncTables;
  for (const [i, pair] of config.schemas.entries()) {
    if (signal.aborted || left.length === 0) break;
    const isLast = i === config.schemas.length - 1;
    const request = {
      ...doctorRequest(config, pair, direction),
      targetEncryption: targetEncryption(config),
      wayBackProblems: noWayBack,
    };
    const finder = openDoctor({ ...request, tables: left });
    const tables = isLast ? left : await tablesOf(finder, config).finally(() => finder.close());
    left = left.filter((name) => !tables.includes(name));
    const context = openDoctor({ ...request, tables });
    try {
      for (const result of await examine(context))
        results.push({ schema: pair.name, servers: serversOf(result, request), ...result });
    } finally {
      await context.close();
    }
  }
  if (flags.markdown !== undefined) await writeDocument(flags.markdown, results);
  if (flags.json) writeJson({ direction, checks: results });
  else writeOut([...(direction === "back" ? [BACK_SIDES] : []), formatChecks(results)].join("\n"));
  const failed = results.filter(({ status }) => status === "fail");
  if (failed.length === 0) return EXIT.ok;
  throw new SyncError("DOCTOR_FAILED", {
    what: `${failed.length} of ${results.length} checks failed: ${failed.map(({ id }) => id).join(", ")}`,
    next: "Do what stands below each of them, then run `sync-tool doctor` again",
  });
}

async function writeDocument(file: string, results: readonly SchemaCheck[]): Promise<void> {
  try {
    await writeFile(file, checksAsMarkdown(results, new Date().toISOString()));
  } catch (error) {
    throw new SyncError("USAGE_INVALID", {
      what: `--markdown ${file} cannot be written: ${(error as NodeJS.ErrnoException).code ?? "unknown reason"}`,
      next: "Give a file in a folder that is there and may be written to",
      cause: error,
    });
  }
}

const BACK_SIDES = "the way back: the source is green, the target is blue";

/** What no row could take the way back for, by the configuration alone: its tables, its releases, its keys. */
async function whyNoWayBack(config: SyncConfig, define: readonly string[]): Promise<readonly string[]> {
  if (!config.wayBack) return [];
  const reasons = [...wayBackProblems(config.syncTables, config.sourceVersion)];
  try {
    const keys = openValueKeys(config, define);
    await keys.close();
    await openBackKeys(config, keys).close();
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    reasons.push(error.message.replace(/\s*\n\s*-?\s*/g, " "));
  }
  return reasons;
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
