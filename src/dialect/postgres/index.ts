import type { Dialect } from "../../contract/dialect.ts";
import { savepoint } from "../savepoint.ts";
import { snapshotBy } from "../snapshot.ts";
import { classifyError } from "./classify-error.ts";
import { decode, encode, isPlain } from "./codec.ts";
import { connect } from "./connect.ts";
import { ddl } from "./ddl.ts";
import { clock, facts, journalBytes } from "./doctor-facts.ts";
import { confirm, describe, drawn, observe, openTransactions } from "./horizon.ts";
import { objects, server, tables } from "./introspect.ts";
import { openLocks } from "./lock.ts";
import { lockHolders } from "./lock-holders.ts";
import { restoring } from "./restoring.ts";
import { deleteRows, insertRows, prepareWrite, sql, writeRows } from "./sql.ts";
import { tableLocks } from "./table-locks.ts";

const snapshot = snapshotBy([
  "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
  // One side's count can take long while the other's session waits.
  "SET LOCAL idle_in_transaction_session_timeout = 0",
]);

export const postgres: Dialect = {
  name: "postgres",
  title: "PostgreSQL",
  capabilities: {
    transactionalDdl: true,
    errorAbortsTransaction: true,
    cascadesSkipTriggers: false,
    emptyStringIsNull: false,
    hidesTriggers: false,
    hidesTables: false,
    provesHoles: true,
    minHoleAgeMs: 0,
  },
  connect,
  classifyError,
  openLocks,
  introspector: { server, tables, objects, lockHolders, tableLocks, restoring },
  ddl,
  sql,
  writeRows,
  insertRows,
  prepareWrite,
  deleteRows,
  savepoint,
  snapshot,
  horizon: { observe, confirm, describe, openTransactions, drawn },
  codec: { decode, encode, isPlain },
  doctor: { clock, facts, journalBytes },
};
