/** What a command works on: the databases of a schema, open, and the plan between them. */
import type { Datasource, SchemaName } from "../config/sync-config.ts";
import type { Dialect } from "../contract/dialect.ts";
import type { Direction } from "../contract/direction.ts";
import type { SyncPlan } from "../contract/sync-plan.ts";
import type { Database } from "../db/database.ts";

export interface Connected {
  readonly datasource: Datasource;
  readonly dialect: Dialect;
  readonly db: Database;
}

/** One schema of the configuration as far as its source goes: the plan says how it is captured. */
export interface SourceContext {
  readonly name: SchemaName;
  readonly source: Connected;
  readonly plan: SyncPlan;
}

/** One schema of the configuration: its two databases and the plan between them. */
export interface SchemaContext extends SourceContext {
  readonly target: Connected;
  /** "back": `source` is green and `target` blue. Default: forward. */
  readonly direction?: Direction;
  /** The target of umSchema, where the tenants are, when it is configured. */
  readonly tenants?: Connected;
}
