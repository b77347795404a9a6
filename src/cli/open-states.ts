/** Where the commands of a configuration remember things for each other; blue is not asked unless it is one of these places. */
import type { Datasource, SyncConfig } from "../config/sync-config.ts";
import { stateName } from "../contract/object-names.ts";
import type { StateTable } from "../state/state.ts";
import type { Connected } from "./connected.ts";

export interface StatePlace {
  readonly side: Connected;
  readonly state: StateTable;
}

/** Those that are there. With a way back also blue's, for the runs of the other direction. */
export async function openStates(
  { schemas, syncTables, wayBack }: Pick<SyncConfig, "schemas" | "syncTables" | "wayBack">,
  connect: (side: "source" | "target", datasource: Datasource) => Promise<Connected>,
): Promise<readonly StatePlace[]> {
  const found: StatePlace[] = [];
  for (const { source, target } of schemas) {
    for (const datasource of wayBack ? [target, source] : [target]) {
      const side = await connect("target", datasource);
      const { introspector } = side.dialect;
      const tables = await introspector.tables(side.db, syncTables);
      const names = [...new Set(tables.map(({ name }) => stateName(name)))];
      const there = names.length === 0 ? [] : await introspector.objects(side.db, names);
      for (const { name } of there) found.push({ side, state: { dialect: side.dialect, name } });
    }
  }
  return found;
}
