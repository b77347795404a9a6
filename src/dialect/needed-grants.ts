import { deadLettersName } from "../plan/object-names.ts";
import type { FactScope } from "./fact.ts";

/** What the user of a run needs on one table, whichever database it is. */
export interface NeededGrant {
  /** As the catalogue spells it. */
  readonly table: string;
  readonly privileges: readonly ("SELECT" | "INSERT" | "UPDATE" | "DELETE")[];
}

/** Looked up for the ids of identity providers. */
const IDENTITY_PROVIDERS = "IDP";

/**
 * Privileges of a run; `purge` needs UPDATE and DELETE on journals. Tables of ours that are not there are left out,
 * unless the database hides from a user what it may not touch.
 */
export function neededGrants(
  { side, tables, present }: FactScope,
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
  if (side === "source") {
    return tables.flatMap((table): readonly NeededGrant[] => [
      { table: table.source.name, privileges: ["SELECT"] },
      ...[{ table: table.names.journal, privileges: ["SELECT", "UPDATE", "DELETE"] } as const].filter(
        isThere,
      ),
    ]);
  }
  const own: readonly NeededGrant[] = [
    ...tables.map(
      (table): NeededGrant => ({
        table: table.targetNames.checkpoint,
        privileges: ["SELECT", "INSERT", "UPDATE"],
      }),
    ),
    { table: deadLettersName(first.target.name), privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"] },
  ];
  const lower = first.target.name === first.target.name.toLowerCase();
  const providers = lower ? IDENTITY_PROVIDERS.toLowerCase() : IDENTITY_PROVIDERS;
  return [
    ...tables.map(
      (table): NeededGrant => ({
        table: table.target.name,
        privileges: ["SELECT", "INSERT", "UPDATE", "DELETE"],
      }),
    ),
    ...read,
    ...[...own, { table: providers, privileges: ["SELECT"] } as const].filter(isThere),
  ];
}

/** Hosts that a connection without encryption to does not leave the machine for. */
export function isLocal({ settings }: FactScope): boolean {
  return (
    settings.socketPath !== undefined ||
    settings.hosts.every(({ host }) => /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/.test(host))
  );
}
