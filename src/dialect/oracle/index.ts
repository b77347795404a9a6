import type { Dialect } from "../../contract/dialect.ts";
import { classifyError } from "./classify-error.ts";
import { decode, encode } from "./codec.ts";
import { connect } from "./connect.ts";
import { ddl } from "./ddl.ts";
import { clock, facts } from "./doctor-facts.ts";
import { journalBytes } from "./doctor-space.ts";
import { confirm, describe, observe, openTransactions } from "./horizon.ts";
import { objects, server, tables } from "./introspect.ts";
import { openLocks } from "./lock.ts";
import { lockHolders } from "./lock-holders.ts";
import { restoring } from "./restoring.ts";
import { savepoint } from "./savepoint.ts";
import { snapshot } from "./snapshot.ts";
import { sql } from "./sql.ts";
import { tableLocks } from "./table-locks.ts";
import { deleteRows, writeRows } from "./write-rows.ts";

export const oracle: Dialect = {
  name: "oracle",
  title: "Oracle",
  capabilities: {
    transactionalDdl: false,
    errorAbortsTransaction: false,
    cascadesSkipTriggers: false,
    emptyStringIsNull: true,
    hidesTriggers: false,
    hidesTables: true,
    provesHoles: false,
    minHoleAgeMs: 1_000,
  },
  connect,
  classifyError,
  openLocks,
  introspector: { server, tables, objects, lockHolders, tableLocks, restoring },
  ddl,
  sql,
  writeRows,
  deleteRows,
  savepoint,
  snapshot,
  horizon: { observe, confirm, describe, openTransactions },
  codec: { decode, encode },
  doctor: { clock, facts, journalBytes },
};
