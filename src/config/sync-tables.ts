import { isKnownTable, wholeTable } from "./known-tables.ts";
import { editDistance, nearestName } from "./nearest-name.ts";
import { didYouMean, hintFound, quoteFound } from "./problem.ts";
import { DOCUMENTED_TABLES } from "./schema.ts";
import type { Setting, Settings } from "./settings.ts";
import { compareVersions, type IsVersion } from "./versions.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";
const CODES = "IDN_OAUTH2_AUTHORIZATION_CODE";

/**
 * The names of `syncTables`: upper case, no doubles, in the order given. A name near to a documented table's is refused as a
 * slip of the pen, unless it is another table of WSO2's or a partition of the tokens; the undocumented ones are taken with one
 * warning for all of them.
 */
export function readSyncTables(
  setting: Setting,
  settings: Settings,
  sourceVersion: IsVersion | undefined,
): readonly string[] {
  const documented: readonly string[] = DOCUMENTED_TABLES;
  // A comma at the end is harmless and was so in the Java client.
  const names = setting.value.replace(/,\s*$/, "").split(",");
  const tables: string[] = [];
  for (const name of names.map((one) => one.trim().toUpperCase())) {
    if (name === "" && names.length === 1) settings.refuse(setting);
    else if (name === "") settings.problem(setting, "has an empty name between two commas");
    else if (!/^[A-Z_][A-Z0-9_$#]{0,127}$/.test(name)) {
      settings.problem(setting, `found ${hintFound(name)}, wanted a table name of letters, digits and _`);
    } else if (tables.includes(name)) settings.warn(setting, `names ${name} twice`);
    else {
      const near = slipOf(name, documented);
      if (near === undefined) tables.push(name);
      else settings.problem(setting, `found ${quoteFound(name)}, not a known table${didYouMean(near)}`);
    }
  }
  const advised: readonly string[] = [...documented, ...SIDE_TABLES.flatMap(({ needed }) => needed)];
  const others = tables.filter((name) => !advised.includes(name));
  if (others.length > 0) {
    settings.warn(
      setting,
      `${others.join(", ")}: not among the tables documented for syncing: ${documented.join(", ")}`,
    );
  }
  warnOfHalves(tables, setting, settings, sourceVersion);
  return tables;
}

/** The documented table that was probably meant; undefined for a name that stands for itself. */
function slipOf(name: string, documented: readonly string[]): string | undefined {
  if (documented.includes(name)) return undefined;
  // IDN_OAUTH2_ACCESS_TOKEN_SCOP has the form of a partition and is none.
  const isPartition = wholeTable(name) !== name;
  if (isPartition) return documented.find((one) => editDistance(name, one) <= 1);
  return isKnownTable(name) ? undefined : nearestName(name, documented);
}

/** Rows that belong to the rows of other tables, and from which release on. */
const SIDE_TABLES: readonly {
  readonly of: readonly string[];
  readonly needed: readonly string[];
  readonly since: IsVersion;
  readonly else: string;
}[] = [
  { of: [TOKENS], needed: [SCOPES], since: "5.0.0", else: "synced tokens will have no scopes on the target" },
  {
    of: [CODES],
    needed: ["IDN_OAUTH2_AUTHZ_CODE_SCOPE"],
    since: "5.10.0",
    else: "synced codes will have no scope on the target, so no openid either",
  },
  {
    of: [TOKENS],
    needed: ["IDN_OAUTH2_TOKEN_BINDING"],
    since: "5.10.0",
    else: "synced tokens that are bound will have no binding on the target",
  },
  {
    of: [TOKENS, CODES],
    needed: ["IDN_OIDC_REQ_OBJECT_REFERENCE", "IDN_OIDC_REQ_OBJECT_CLAIMS", "IDN_OIDC_REQ_OBJ_CLAIM_VALUES"],
    since: "5.5.0",
    else: "claims asked for by request objects will be missing on the target (only where clients send request objects)",
  },
];

/** WSO2 documents that tokens and their scopes are to be synced together; later releases keep more beside them. */
function warnOfHalves(
  tables: readonly string[],
  setting: Setting,
  settings: Settings,
  sourceVersion: IsVersion = "5.0.0",
): void {
  if (tables.includes(SCOPES) && !tables.includes(TOKENS)) {
    settings.warn(
      setting,
      `${SCOPES} without ${TOKENS}: scopes of new tokens will find no token on the target`,
    );
  }
  const lacking: string[] = [];
  const sides: string[] = [];
  for (const { of, needed, since, else: otherwise } of SIDE_TABLES) {
    const owners = of.filter((name) => tables.includes(name));
    const missing = needed.filter((name) => !tables.includes(name));
    if (owners.length === 0 || missing.length === 0 || compareVersions(sourceVersion, since) < 0) continue;
    lacking.push(`${owners.join(" and ")} without ${missing.join(", ")}: ${otherwise}`);
    sides.push(...missing);
  }
  if (lacking.length === 0) return;
  settings.warn(
    setting,
    `${lacking.join("; ")}; to sync them: syncTables=${[...tables, ...sides].join(",")}`,
  );
}
