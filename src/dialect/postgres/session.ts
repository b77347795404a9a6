/** Settings that a server, database or role could have changed: every connection of ours makes its own. */
import type pg from "pg";
import { UNCHECKED, unusable } from "../../db/unusable.ts";

export const SESSION = [
  "SET client_encoding = 'UTF8'",
  "SET timezone = 'UTC'",
  "SET datestyle = 'ISO, YMD'",
  "SET intervalstyle = 'postgres'",
  // The sign, comma and point of an amount of money.
  "SET lc_monetary = 'C'",
  // default_transaction_read_only is left alone: a service whose disk runs full protects its databases by it.
  "SET bytea_output = 'hex'",
  "SET extra_float_digits = 1",
  "SET standard_conforming_strings = on",
  // Else a NULL in a list of ours is the text NULL.
  "SET array_nulls = on",
  "SET xmloption = content",
  "SET transform_null_equals = off",
  "SET quote_all_identifiers = off",
  // What a policy of row-level security would hide is an error then (42501), not a row that seems not to be there.
  "SET row_security = off",
  "SET default_transaction_isolation = 'read committed'",
  // Pages are read in the order of a key. Of a table that autovacuum has not come to, as after a restore, the server expects too
  // few rows by the lengths of its columns, and would read and sort all of them for each page rather than walk the index.
  "SET enable_sort = off",
  "SET statement_timeout = 0",
  "SET lock_timeout = '10s'",
  // A transaction of ours that lost its runner must not keep its locks until the network notices.
  "SET idle_in_transaction_session_timeout = '2min'",
  "SET tcp_keepalives_idle = 10",
  "SET tcp_keepalives_interval = 5",
  "SET tcp_keepalives_count = 3",
];

/**
 * Of newer versions: how long a transaction may take (17), how long a session may idle (14), an error ends the session (9.0).
 * Before 18 a sort that cannot be avoided seems so dear that it would be compiled (11).
 */
export const WISHED = `SELECT set_config(name, setting, false) FROM
(VALUES ('transaction_timeout', '0'), ('idle_session_timeout', '0'), ('exit_on_error', 'off'), ('jit', 'off')) AS wished (name, setting)
WHERE name IN (SELECT s.name FROM pg_catalog.pg_settings s)`;

/**
 * session_replication_role = replica, left on a role after a bulk load, switches off the triggers that check foreign
 * keys. Only a superuser may set it, also to what it is.
 */
export async function checkForeignKeys(connection: pg.Client): Promise<void> {
  const { rows } = await connection.query<{ role: string }>(
    "SELECT current_setting('session_replication_role') AS role",
  );
  if (rows[0]?.role === "origin") return;
  try {
    await connection.query("SET session_replication_role = origin");
  } catch (error) {
    if ((error as { code?: unknown }).code !== "42501") throw error;
    throw unusable(UNCHECKED);
  }
}
