import { nearestName } from "./nearest-name.ts";
import { didYouMean, hintFound, quoteFound } from "./problem.ts";
import { DOCUMENTED_TABLES } from "./schema.ts";
import type { Setting, Settings } from "./settings.ts";

const TOKENS = "IDN_OAUTH2_ACCESS_TOKEN";
const SCOPES = "IDN_OAUTH2_ACCESS_TOKEN_SCOPE";

/**
 * The names of `syncTables`: upper case, no doubles, in the order given. A name near to a documented table's is refused as a
 * slip of the pen; one that is far from all of them is taken with a warning.
 */
export function readSyncTables(setting: Setting, settings: Settings): readonly string[] {
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
    else if (documented.includes(name)) tables.push(name);
    else {
      const near = nearestName(name, documented);
      if (near !== undefined) {
        settings.problem(setting, `found ${quoteFound(name)}, not a known table${didYouMean(near)}`);
        continue;
      }
      settings.warn(
        setting,
        `${name} is not one of the tables documented for syncing: ${documented.join(", ")}`,
      );
      tables.push(name);
    }
  }
  warnOfHalves(tables, setting, settings);
  return tables;
}

/** WSO2 documents that tokens and their scopes are to be synced together. */
function warnOfHalves(tables: readonly string[], setting: Setting, settings: Settings): void {
  if (tables.includes(SCOPES) && !tables.includes(TOKENS)) {
    settings.warn(
      setting,
      `${SCOPES} without ${TOKENS}: scopes of new tokens will find no token on the target`,
    );
  }
  if (tables.includes(TOKENS) && !tables.includes(SCOPES)) {
    settings.warn(setting, `${TOKENS} without ${SCOPES}: synced tokens will have no scopes on the target`);
  }
}
