import type { Dialect } from "../../contract/dialect.ts";
import { classifyError } from "./classify-error.ts";
import { decode, encode } from "./codec.ts";
import { connect } from "./connect.ts";
import { ddl } from "./ddl.ts";
import { clock, facts, journalBytes } from "./doctor-facts.ts";
import { confirm, describe, drawn, observe, openTransactions } from "./horizon.ts";
import { objects, server, tables } from "./introspect.ts";
import { openLocks } from "./lock.ts";
import { lockHolders } from "./lock-holders.ts";
import { savepoint } from "./savepoint.ts";
import { snapshot } from "./snapshot.ts";
import { sql } from "./sql.ts";
import { tableLocks } from "./table-locks.ts";
import { deleteRows, writeRows } from "./write-rows.ts";

export const mssql: Dialect = {
  name: "mssql",
  title: "SQL Server",
  capabilities: {
    // It does, but each trigger is made alone: a transaction would hold the tables' locks until the last one is there.
    transactionalDdl: false,
    errorAbortsTransaction: false,
    cascadesSkipTriggers: false,
    emptyStringIsNull: false,
    hidesTriggers: false,
    hidesTables: true,
    provesHoles: false,
    // A position is drawn a moment before its row is locked, hence before the probe can meet its lock.
    minHoleAgeMs: 1_000,
  },
  connect,
  classifyError,
  openLocks,
  introspector: { server, tables, objects, lockHolders, tableLocks },
  ddl,
  sql,
  writeRows,
  deleteRows,
  savepoint,
  snapshot,
  horizon: { observe, confirm, describe, openTransactions, drawn },
  codec: { decode, encode },
  doctor: { clock, facts, journalBytes },
};
