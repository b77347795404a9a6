import type { Dialect } from "../dialect.ts";
import { confirmWith } from "../mysql/horizon.ts";
import { mysql } from "../mysql/index.ts";

/** MySQL but for the words of a locking read that does not wait. */
export const mariadb: Dialect = {
  ...mysql,
  name: "mariadb",
  title: "MariaDB",
  horizon: { ...mysql.horizon, confirm: confirmWith("LOCK IN SHARE MODE NOWAIT") },
};
