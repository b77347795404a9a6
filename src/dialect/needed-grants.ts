import type { FactScope } from "../contract/fact.ts";
import { sharedTables } from "../contract/object-names.ts";
import { alsoWritten } from "../contract/sync-plan.ts";

/** What the user of a run needs on one table, whichever database it is. */
export interface NeededGrant {
  /** As the catalogue spells it. */
  readonly table: string;
  readonly privileges: readonly ("SELECT" | "INSERT" | "UPDATE" | "DELETE")[];
}

/** Looked up for the ids of identity providers, of tenants (5.0.0 sources) and of SCIM users. */
export const LOOKUP_TABLES = { idps: "IDP", tenants: "UM_TENANT", attributes: "UM_USER_ATTRIBUTE" } as const;

/** Beside those: what the way back finds green's applications, providers and scopes by. Applications are parents of tokens. */
export const READ_ON_THE_WAY_BACK: readonly string[] = [
  LOOKUP_TABLES.idps,
  "IDN_OAUTH2_ACCESS_TOKEN_SCOPE",
  "IDN_OAUTH2_AUTHZ_CODE_SCOPE",
];

/**
 * Privileges of a run; `purge` needs UPDATE and DELETE on journals. Tables of ours that are not there are left out,
 * unless the database hides from a user what it may not touch.
 */
export function neededGrants(
  { side, direction, tables, present }: FactScope,
  hidesTables = false,
): readonly NeededGrant[] {
  const first = tables[0];
  if (first === undefined) return [];
  // A row that is refused for a foreign key is judged by what stands in the parent, on both sides.
  const schemas = tables.map((table) => (side === "source" ? table.source : table.target));
  const synced = new Set(schemas.map(({ name }) => name));
  const parents = schemas.flatMap(({ foreignKeys }) => foreignKeys.map(({ refTable }) => refTable));
  const read = [...new Set(parents)]
    .filter((name) => !synced.has(name))
    .map((table): NeededGrant => ({ table, privileges: ["SELECT"] }));
  const isThere = ({ table }: NeededGrant): boolean => hidesTables || present.has(table.toUpperCase());
  const lower = schemas[0]?.name === schemas[0]?.name.toLowerCase();
  const lookUp = (name: string): NeededGrant => ({
    table: lower ? name.toLowerCase() : name,
    privileges: ["SELECT"],
  });
  if (side === "source") {
    const attributes = tables.some(({ name }) => name === "UM_USER") ? [LOOKUP_TABLES.attributes] : [];
    const lookups = [...attributes, ...(direction === "back" ? READ_ON_THE_WAY_BACK : [])]
      .map(lookUp)
      .filter(({ table }) => !synced.has(table))
      .filter(isThere);
    const own = tables.flatMap((table): readonly NeededGrant[] => [
      { table: table.source.name, privileges: ["SELECT"] },
      ...[{ table: table.names.journal, privileges: ["SELECT", "UPDATE", "DELETE"] } as const].filter(
        isThere,
      ),
    ]);
    return [...own, ...read, ...lookups];
  }
  const own: readonly NeededGrant[] = [
    ...tables.map(
      (table): NeededGrant => ({
        table: table.targetNames.checkpoint,
        privileges: ["SELECT", "INSERT", "UPDATE"],
      }),
    ),
    ...sharedTables(first.target.name).map(
      (table): NeededGrant => ({ table, privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"] }),
    ),
  ];
  const isRekeyed = tables.some((table) => table.isRekeyed);
  const lookups = [LOOKUP_TABLES.idps, ...(isRekeyed ? [LOOKUP_TABLES.tenants] : [])].map(lookUp);
  const written = new Set(
    tables.flatMap((table) => [table.target.name, ...alsoWritten(table).map(({ target }) => target.name)]),
  );
  return [
    ...[...written].map(
      (name): NeededGrant => ({ table: name, privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"] }),
    ),
    ...read,
    ...[...own, ...lookups].filter(isThere),
  ];
}

/** Hosts that a connection without encryption to does not leave the machine for. */
export function isLocal({ settings }: FactScope): boolean {
  return (
    settings.socketPath !== undefined ||
    settings.hosts.every(({ host }) => /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/.test(host))
  );
}
