/** With a way back: who serves users. It is written on blue, whichever direction is looked at. */
import { stateName } from "../contract/object-names.ts";
import { planTables } from "../contract/sync-plan.ts";
import { readServing } from "../state/serving.ts";
import { type StateTable, stateTable } from "../state/state.ts";
import type { StatusRequest } from "./table-status.ts";

/** Who serves users, of a schema of either direction; blue since ever where nothing was switched. */
export interface ServingFacts {
  readonly side: "blue" | "green";
  readonly since: string | null;
  /** Who switched. */
  readonly host: string | null;
}

/** Where it is written on blue who serves; of a schema of the forward direction. */
export function servingState({ source, plan }: Pick<StatusRequest, "source" | "plan">): StateTable {
  return { dialect: source.dialect, name: stateName(planTables(plan)[0]?.source.name ?? "") };
}

export async function readServingFacts(schema: StatusRequest): Promise<ServingFacts> {
  const { source, target, plan, direction } = schema;
  const serving =
    direction === "back"
      ? await readServing(target.db, stateTable(target.dialect, planTables(plan)))
      : await readServing(source.db, servingState(schema));
  return { side: serving?.side ?? "blue", since: serving?.since ?? null, host: serving?.host ?? null };
}
