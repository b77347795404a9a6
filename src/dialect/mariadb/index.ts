import type { Dialect } from "../../contract/dialect.ts";
import { clock, journalBytes } from "../mysql/doctor-facts.ts";
import { confirmWith } from "../mysql/horizon.ts";
import { mysql } from "../mysql/index.ts";
import { tableLocksWith } from "../mysql/table-locks.ts";
import { ddl } from "./ddl.ts";
import { facts } from "./doctor-facts.ts";

/** MySQL but for its DDL's ways with locks, and the words of a locking read that does not wait. */
export const mariadb: Dialect = {
  ...mysql,
  name: "mariadb",
  title: "MariaDB",
  introspector: {
    ...mysql.introspector,
    tableLocks: tableLocksWith((select) => `SET STATEMENT lock_wait_timeout = 1 FOR SELECT ${select}`),
  },
  ddl,
  horizon: { ...mysql.horizon, confirm: confirmWith("LOCK IN SHARE MODE NOWAIT") },
  doctor: { clock, facts, journalBytes },
};
