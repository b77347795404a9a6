/** Which releases a database can be of, told by its own tables; and the refusal of versions that they contradict. */
import { compareVersions, IS_VERSIONS, type IsVersion, isStepBetween } from "../config/versions.ts";
import type { Side } from "../contract/side.ts";
import type { TableSchema } from "../contract/table-schema.ts";
import { SyncError } from "../errors.ts";
import { ALWAYS_THERE, VERSION_MARKS, type VersionMark, WHOLE_SCHEMA } from "./version-marks.ts";

/** What a mark says of a database: which releases it rules out, and in what words. */
interface Evidence {
  /** "IDN_OAUTH2_ACCESS_TOKEN has IDP_ID" or the like. */
  readonly fact: string;
  readonly allows: (version: IsVersion) => boolean;
}

export interface FittingVersions {
  /** In order; every release when no mark is there to see. */
  readonly versions: readonly IsVersion[];
  /** The facts that rule out a release. */
  readonly against: (version: IsVersion) => readonly string[];
  /** Each fact allows one of these releases at least: a database between two of them has facts of both. */
  readonly isAmong: (versions: readonly IsVersion[]) => boolean;
}

const MARK_TABLES = [
  ...new Set([...VERSION_MARKS.map(({ table }) => table), ...WHOLE_SCHEMA.map(({ witness }) => witness)]),
];

/** Judges by the tables that are there to see; a table that is not there says nothing, unless the user sees them all. */
export function fittingVersions(tables: readonly TableSchema[]): FittingVersions {
  const seen = new Map(tables.map((table) => [table.name.toUpperCase(), table]));
  const evidence = VERSION_MARKS.flatMap((mark) => evidenceOf(mark, seen) ?? []);
  return {
    versions: IS_VERSIONS.filter((version) => evidence.every(({ allows }) => allows(version))),
    against: (version) => evidence.filter(({ allows }) => !allows(version)).map(({ fact }) => fact),
    isAmong: (versions) => evidence.every(({ allows }) => versions.some(allows)),
  };
}

function evidenceOf(mark: VersionMark, seen: ReadonlyMap<string, TableSchema>): Evidence | undefined {
  const table = seen.get(mark.table);
  const has = (column: string): boolean =>
    table?.columns.some(({ name }) => name.toUpperCase() === column) ?? false;
  if (table !== undefined && !(ALWAYS_THERE[mark.table] ?? []).every(has)) return undefined;
  const isThere = mark.column === undefined ? table !== undefined : has(mark.column);
  const what = mark.column === undefined ? `the table ${mark.table}` : `${mark.table}.${mark.column}`;
  if (isThere) {
    const oldest = mark.updatesSince ?? mark.since;
    return {
      fact: `it has ${what}, which came with ${mark.since}`,
      allows: (version) => compareVersions(version, oldest) >= 0,
    };
  }
  const isHidden =
    table === undefined &&
    (mark.column !== undefined ||
      !WHOLE_SCHEMA.some(({ witness, marks }) => marks.test(mark.table) && seen.has(witness)));
  if (isHidden) return undefined;
  return {
    fact: `it lacks ${what}, which came with ${mark.since}`,
    allows: (version) => compareVersions(version, mark.since) < 0,
  };
}

export interface ClaimedVersions {
  readonly sourceVersion: IsVersion;
  readonly targetVersion: IsVersion;
}

/**
 * Why the two databases cannot be of the versions that the configuration gives them; empty when they can. The target may be
 * of any release from the source's on, being migrated step by step, and may not be there yet.
 */
export function contradictions(
  { sourceVersion, targetVersion }: ClaimedVersions,
  source: readonly TableSchema[],
  target: readonly TableSchema[],
): readonly string[] {
  const from = fittingVersions(source);
  const to = fittingVersions(target);
  const found: string[] = [];
  if (!from.versions.includes(sourceVersion))
    found.push(
      `sourceVersion is ${sourceVersion}, but the source is ${orList(from.versions)}: ${from.against(sourceVersion).join("; ")}`,
    );
  const onTheWay = IS_VERSIONS.filter(
    (version) => version === sourceVersion || isStepBetween(version, sourceVersion, targetVersion),
  );
  if (!to.isAmong(onTheWay)) {
    // The nearer end of the way says what is wrong.
    const isOlder =
      to.versions.length > 0 && to.versions.every((version) => compareVersions(version, sourceVersion) < 0);
    const [key, claimed] = isOlder
      ? (["sourceVersion", sourceVersion] as const)
      : (["targetVersion", targetVersion] as const);
    found.push(
      `${key} is ${claimed}, but the target is ${orList(to.versions)}: ${to.against(claimed).join("; ")}`,
    );
  }
  return found;
}

/** Reads both catalogues; throws VERSION_CONTRADICTED with every contradiction. */
export async function refuseOtherVersions(
  claimed: ClaimedVersions,
  source: Side,
  target: Side,
): Promise<void> {
  const problems = contradictions(claimed, await markTables(source), await markTables(target));
  if (problems.length === 0) return;
  throw new SyncError("VERSION_CONTRADICTED", {
    what: `The tables contradict the configuration:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    next: mendVersions(),
  });
}

/** What the operator does about {@link contradictions}. */
export const mendVersions = (): string =>
  "Correct sourceVersion or targetVersion in sync.properties; if they are right, the databases of identitySchema are not the ones meant, or stand in the wrong order (source, then target)";

/** The tables of a database that tell its release, as far as its user sees them. */
export async function markTables({ dialect, db }: Side): Promise<readonly TableSchema[]> {
  return await dialect.introspector.tables(db, MARK_TABLES);
}

function orList(versions: readonly IsVersion[]): string {
  const [last, ...before] = [...versions].reverse();
  if (last === undefined) return "of no released version";
  return `of ${before.length === 0 ? last : `${before.reverse().join(", ")} or ${last}`}`;
}
