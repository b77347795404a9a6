import type { Ddl } from "../../contract/ddl.ts";
import { captureSteps } from "../mysql/capture.ts";
import { ddl as mysql } from "../mysql/ddl.ts";

/** Attempts that do not wait at all, and the pause between them. */
const IMPATIENT_ATTEMPTS = 150;
const SHORT_PAUSE_MS = 25;
const PAUSE_MS = 500;

export const ddl: Ddl = {
  ...mysql,
  // A cascade of MariaDB spares nothing. A trigger fires with the rights of its user and none of its roles (tried on
  // 10.11), so it is made with those alone: what they do not suffice for is refused before every write fails of it.
  capture: (table) =>
    captureSteps(table, false).map((step) =>
      step.object.kind === "journal" ? { ...step, sql: ["SET ROLE NONE", ...step.sql] } : step,
    ),
  // DDL on a child table also locks the parents. When it waits for that lock, the server may find a deadlock with a
  // transaction that has the parent and wants the child, and ends the transaction (error 1213): so it does not wait,
  // but tries often. Only on tables that are never free for a moment, for seconds on end, does it wait after all.
  lockWait: (attempt) =>
    attempt <= IMPATIENT_ATTEMPTS
      ? { sql: ["SET SESSION lock_wait_timeout = 0"], pauseMs: SHORT_PAUSE_MS }
      : { sql: ["SET SESSION lock_wait_timeout = 2"], pauseMs: PAUSE_MS },
  removal: {
    ...mysql.removal,
    // It does not wait: see lockWait.
    holdOff: (tables, journals) => [
      "SET SESSION lock_wait_timeout = 0",
      ...mysql.removal.holdOff(tables, journals).slice(1),
    ],
  },
  // In one step: no write slips between the old trigger and the new one, whatever happens to us.
  replaceTrigger: (_table, statements) =>
    statements
      .filter((sql) => !sql.startsWith("DROP TRIGGER"))
      .map((sql) => sql.replace(/^CREATE TRIGGER/, "CREATE OR REPLACE TRIGGER")),
};
