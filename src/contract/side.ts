import type { Queryable } from "../db/database.ts";
import type { Dialect } from "./dialect.ts";

/** One side of a plan: a dialect and a connection of it. */
export interface Side {
  readonly dialect: Dialect;
  readonly db: Queryable;
}
