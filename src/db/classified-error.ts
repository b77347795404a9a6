/**
 * transient: the same statement can succeed later (deadlock, lock wait, too many connections);
 * connection: the same on a new connection; row: the target refuses this row; parent: a foreign key of the row has no
 * parent; unique: another row holds a unique key of the row; schema: the table is not what the plan says;
 * login: the server refuses the user, the password or the database's name; auth: a privilege is missing; fatal: anything
 * else.
 */
export type ErrorClass =
  | "transient"
  | "connection"
  | "row"
  | "parent"
  | "unique"
  | "schema"
  | "login"
  | "auth"
  | "fatal";

/** What an error of a driver means to us. */
export interface ClassifiedError {
  readonly class: ErrorClass;
  /** The database's own code, e.g. "1062" or "23505". */
  readonly code: string;
  /** A sentence of ours for that code; never the driver's text, which quotes values. */
  readonly reason: string;
  /** The DDL statement did not get its lock in time. */
  readonly lockTimeout?: boolean;
}
