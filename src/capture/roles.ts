/**
 * With a way back both databases capture, and nothing that is made on them tells blue from green: each is told what it is. A dump
 * takes the word along, so it counts only in the database that it was said to.
 */

import { stateName } from "../contract/object-names.ts";
import type { Side } from "../contract/side.ts";
import { planTables, type SyncPlan } from "../contract/sync-plan.ts";
import type { ServingSide } from "../state/serving.ts";
import { readEntry, type StateTable, writeState } from "../state/state.ts";

const KEY = "role";

/** Writes down which of the two each database is; of a plan of the direction back. Idempotent. */
export async function noteRoles({
  plan,
  source: green,
  target: blue,
}: {
  readonly plan: SyncPlan;
  readonly source: Side;
  readonly target: Side;
}): Promise<void> {
  const [table] = planTables(plan);
  if (table === undefined) return;
  await noteRole(blue, table.target.name, "blue");
  await noteRole(green, table.source.name, "green");
}

async function noteRole(side: Side, table: string, role: ServingSide): Promise<void> {
  if ((await roleIn(side, table)) === role) return;
  const { home } = await side.dialect.introspector.server(side.db);
  await writeState(side.db, stateOf(side, table), KEY, { side: role, home });
}

/** What this database was told that it is; undefined where nobody did, and where the word came with a dump. */
export async function roleIn(database: Side, table: string): Promise<ServingSide | undefined> {
  const { dialect, db } = database;
  const value = (await readEntry(db, stateOf(database, table), KEY)) ?? {};
  const { side, home } = value as { readonly side?: unknown; readonly home?: unknown };
  if (side !== "blue" && side !== "green") return undefined;
  return (await dialect.introspector.server(db)).home === home ? side : undefined;
}

const stateOf = ({ dialect }: Side, table: string): StateTable => ({ dialect, name: stateName(table) });
