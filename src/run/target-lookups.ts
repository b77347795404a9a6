/** What transformers ask the databases for, besides the row itself. */
import type { Side } from "../contract/side.ts";
import type { Row } from "../row.ts";
import { APPS } from "../transform/back-lookups.ts";
import { LOCAL_IDP, type Lookups, localIdpIds, SCIM_ID, tenantIds } from "../transform/lookups.ts";
import type { Transformer } from "../transform/transformer.ts";
import { loadBackLookups } from "./back-lookups.ts";
import { cached, readColumns, readMatching } from "./read-columns.ts";

export interface LookupSides {
  readonly source: Side;
  readonly target: Side;
  /** Where the target keeps UM_TENANT; default: beside the synced tables. */
  readonly tenants?: Side;
}

/** `anew`: nothing that was loaded before is used. */
export type LoadLookups = (
  needs: Transformer["needs"],
  rows: readonly Row[],
  anew: boolean,
) => Promise<Lookups>;

/**
 * Loads what a batch needs: the target's identity providers and tenants at most every ten seconds, the rest by the
 * rows of the batch, in one statement each. A table that is not there gives nothing.
 */
export function loadLookups({ source, target, tenants = target }: LookupSides): LoadLookups {
  const idps = cached(async () => localIdpIds(await readColumns(target, LOCAL_IDP.table, LOCAL_IDP.columns)));
  const domains = cached(async () =>
    tenantIds(await readColumns(tenants, "UM_TENANT", ["UM_ID", "UM_DOMAIN_NAME"])),
  );
  // Only a plan of the way back has such needs, and its source is green.
  const back = loadBackLookups(source, target);
  return async (needs, rows, anew) => ({
    localIdpIdByTenant: needs.localIdp ? await idps(anew) : new Map(),
    ...(needs.accounts
      ? { tenantIdByDomain: await domains(anew), appIdByConsumerKey: await appIds(target, rows) }
      : {}),
    ...(needs.scimIds ? { scimIdByUser: await scimIds(source, rows) } : {}),
    ...(needs.back.length > 0 ? { back: await back(needs.back, rows, anew) } : {}),
  });
}

async function appIds(target: Side, rows: readonly Row[]): Promise<ReadonlyMap<string, string>> {
  const { table } = APPS;
  const found = await readMatching(target, table, ["ID", "CONSUMER_KEY"], "CONSUMER_KEY", rows);
  return new Map(found.map((row) => [String(row["CONSUMER_KEY"]), String(row["ID"])]));
}

/** `<UM_ID>/<UM_TENANT_ID>` -> the id that SCIM gave the user. */
async function scimIds(source: Side, rows: readonly Row[]): Promise<ReadonlyMap<string, string>> {
  const users = rows.map((row) => ({
    UM_ATTR_NAME: SCIM_ID.attribute,
    UM_USER_ID: row["UM_ID"] ?? null,
    UM_TENANT_ID: row["UM_TENANT_ID"] ?? null,
  }));
  const columns = ["UM_USER_ID", "UM_TENANT_ID", "UM_ATTR_VALUE", "UM_ATTR_NAME"];
  const found = await readColumns(source, SCIM_ID.table, columns, users);
  return new Map(
    found.flatMap((row) => {
      const id = row["UM_ATTR_VALUE"];
      return typeof id === "string" && id !== "" ? [[`${row["UM_USER_ID"]}/${row["UM_TENANT_ID"]}`, id]] : [];
    }),
  );
}
