import type { Queryable } from "../db/database.ts";
import type { Dialect } from "../dialect/dialect.ts";
import type { Value } from "../row.ts";
import { LOCAL_IDP, type Lookups, localIdpIds, NO_LOOKUPS } from "../transform/lookups.ts";

/** How long a look-up is used before it is read again: tenants are made rarely, and mostly on blue. */
const FRESH_MS = 10_000;

/** Loads the target's identity providers, at most every ten seconds; a target without an IDP table gives none. */
export function targetLookups(target: {
  readonly dialect: Dialect;
  readonly db: Queryable;
}): () => Promise<Lookups> {
  let loaded: Promise<Lookups> | undefined;
  let loadedAt = 0;
  return () => {
    if (loaded === undefined || Date.now() - loadedAt > FRESH_MS) {
      loadedAt = Date.now();
      loaded = load(target.dialect, target.db);
      // A failed look-up must not be kept for the next batch.
      loaded.catch(() => {
        loaded = undefined;
      });
    }
    return loaded;
  };
}

async function load(dialect: Dialect, db: Queryable): Promise<Lookups> {
  const [table] = await dialect.introspector.tables(db, [LOCAL_IDP.table]);
  if (table === undefined) return NO_LOOKUPS;
  const wanted: readonly string[] = LOCAL_IDP.columns;
  const columns = table.columns.filter((column) => wanted.includes(column.name.toUpperCase()));
  const statement = dialect.sql.readTable(
    table.name,
    columns.map((column) => column.name),
  );
  const rows = (await db.query(statement.sql, statement.params)).map((raw) =>
    Object.fromEntries(
      columns.map((column): [string, Value] => [
        column.name.toUpperCase(),
        dialect.codec.decode(column, raw[column.name.toUpperCase()]),
      ]),
    ),
  );
  return { localIdpIdByTenant: localIdpIds(rows) };
}
