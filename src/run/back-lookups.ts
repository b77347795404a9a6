/** What the inverse transformation asks the databases for: green and blue number on their own, so rows meet by name. */
import type { Side } from "../contract/side.ts";
import type { Row } from "../row.ts";
import {
  APPS,
  appIds,
  type BackLookups,
  type BackNeed,
  idpIds,
  idpNames,
  NO_BACK_LOOKUPS,
  SCOPES,
  scopesBy,
} from "../transform/back-lookups.ts";
import { LOCAL_IDP } from "../transform/lookups.ts";
import { cached, readColumns, readMatching } from "./read-columns.ts";

export type LoadBackLookups = (
  needs: readonly BackNeed[],
  rows: readonly Row[],
  anew: boolean,
) => Promise<BackLookups>;

/**
 * Loads what a batch needs: applications and identity providers of both sides at most every ten seconds, scopes by the rows
 * of the batch in one statement. A table that is not there gives nothing.
 */
export function loadBackLookups(green: Side, blue: Side): LoadBackLookups {
  const ofBoth = (table: string, columns: readonly string[]) =>
    cached(
      async () =>
        [await readColumns(green, table, columns), await readColumns(blue, table, columns)] as const,
    );
  const apps = ofBoth(APPS.table, APPS.columns);
  const idps = ofBoth(LOCAL_IDP.table, LOCAL_IDP.columns);
  const scopes = async ({ table, key, column }: (typeof SCOPES)["token" | "code"], rows: readonly Row[]) =>
    scopesBy(await readMatching(green, table, [key, column], key, rows), key, column);
  return async (needs, rows, anew) => {
    const has = (need: BackNeed): boolean => needs.includes(need);
    const [greenIdps, blueIdps] = has("idps") || has("idpNames") ? await idps(anew) : [[], []];
    const [greenApps, blueApps] = has("apps") ? await apps(anew) : [[], []];
    return {
      ...NO_BACK_LOOKUPS,
      apps: appIds(greenApps, blueApps),
      idps: idpIds(greenIdps, blueIdps),
      idpNames: idpNames(blueIdps),
      ...(has("tokenScopes") ? { tokenScopes: await scopes(SCOPES.token, rows) } : {}),
      ...(has("codeScopes") ? { codeScopes: await scopes(SCOPES.code, rows) } : {}),
    };
  };
}
