/** Settings that a server, its init_connect or a hoster could have changed: every session of ours makes its own. */

/** Of every version of both products. Strict without the zero-date modes: a value that does not fit is refused, a zero date passes. */
export const SESSION: readonly string[] = [
  "SET NAMES utf8mb4",
  `SET SESSION ${[
    "time_zone = '+00:00'",
    "sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'",
    "autocommit = 1",
    // COMMIT AND CHAIN or RELEASE after each of our transactions.
    "completion_type = 0",
    "foreign_key_checks = 1",
    "unique_checks = 1",
    "innodb_lock_wait_timeout = 10",
    "lock_wait_timeout = 20",
    // A transaction of ours that lost its runner must not keep its locks until the network notices.
    "wait_timeout = 120",
    // Limits that hosters set: answers would be cut off, statements refused.
    "sql_select_limit = 18446744073709551615",
    "sql_big_selects = 1",
    "sql_safe_updates = 0",
    "sql_auto_is_null = 0",
    // Longer keys would be in no order where they differ behind their 1,024th byte.
    "max_sort_length = 65536",
    "timestamp = DEFAULT",
  ].join(", ")}`,
  // Keeps our statements from locking gaps that the server's own writers need.
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/** Of some versions or one product, or refused to some users: made where they are there, and else done without. */
export const WISHED: Readonly<Record<string, string>> = {
  // Without it NULL becomes the current time in an old-style TIMESTAMP column.
  explicit_defaults_for_timestamp: "ON",
  // MySQL 8 and newer: the catalogue's counters as they are, not as they were a day ago.
  information_schema_stats_expiry: "0",
  // MySQL 8.0.30: the primary key that the server makes of its own accord is a key like any other.
  show_gipk_in_create_table_and_information_schema: "ON",
  // How long a statement may take: milliseconds in MySQL, seconds in MariaDB.
  max_execution_time: "0",
  max_statement_time: "0",
  // How long a transaction may pause: MariaDB. `wait_timeout` is ours.
  idle_transaction_timeout: "0",
  idle_write_transaction_timeout: "0",
  idle_readonly_transaction_timeout: "0",
  // A list of keys that takes more memory to plan is looked for by reading the whole table: MySQL; MariaDB.
  range_optimizer_max_mem_size: "0",
  optimizer_max_sel_args: "0",
  optimizer_max_sel_arg_weight: "0",
  // MariaDB makes a table of a longer list, in which keys of several character sets become one.
  in_predicate_conversion_threshold: "0",
  // MariaDB: rows as they were at another time; rows that a CHECK refuses.
  system_versioning_asof: "DEFAULT",
  check_constraint_checks: "ON",
  // MySQL HeatWave: a copy of the tables that follows behind.
  use_secondary_engine: "OFF",
};
