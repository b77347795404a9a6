import type { Dialect } from "../../contract/dialect.ts";
import { savepoint } from "../savepoint.ts";
import { snapshotBy } from "../snapshot.ts";
import { classifyError } from "./classify-error.ts";
import { decode, encode, isPlain } from "./codec.ts";
import { connect } from "./connect.ts";
import { ddl } from "./ddl.ts";
import { clock, facts, journalBytes } from "./doctor-facts.ts";
import { confirmWith, describe, drawn, observe, openTransactions } from "./horizon.ts";
import { objects, server, tables } from "./introspect.ts";
import { openLocks } from "./lock.ts";
import { lockHolders } from "./lock-holders.ts";
import { restoring } from "./restoring.ts";
import { deleteRows, sql } from "./sql.ts";
import { tableLocksWith } from "./table-locks.ts";
import { insertRows, prepareWrite, readyRows, writeRows } from "./write-rows.ts";

const snapshot = snapshotBy([
  "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
  // One side's count can take long while the other's session waits.
  "SET SESSION wait_timeout = 28800",
  "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
]);

export const mysql: Dialect = {
  name: "mysql",
  title: "MySQL",
  capabilities: {
    transactionalDdl: false,
    errorAbortsTransaction: false,
    cascadesSkipTriggers: true,
    emptyStringIsNull: false,
    // information_schema.TRIGGERS asks for TRIGGER on the table.
    hidesTriggers: true,
    hidesTables: true,
    provesHoles: false,
    // A position is drawn a moment before its row exists, hence before the probe can meet its lock.
    minHoleAgeMs: 1_000,
  },
  connect,
  classifyError,
  openLocks,
  introspector: {
    server,
    tables,
    objects,
    lockHolders,
    // On MySQL before 8.0.3 SET_VAR is not known: there it waits as long as our sessions do.
    tableLocks: tableLocksWith((select) => `SELECT /*+ SET_VAR(lock_wait_timeout = 1) */ ${select}`),
    restoring,
  },
  ddl,
  sql,
  writeRows,
  insertRows,
  readyRows,
  prepareWrite,
  deleteRows,
  savepoint,
  snapshot,
  horizon: { observe, confirm: confirmWith("FOR SHARE NOWAIT"), describe, openTransactions, drawn },
  codec: { decode, encode, isPlain },
  doctor: { clock, facts, journalBytes },
};
