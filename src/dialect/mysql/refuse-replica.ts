import { REPLICA, STANDBY, unusable } from "../../db/unusable.ts";

interface RawConnection {
  query(sql: string, done: (error: unknown, rows?: readonly Record<string, unknown>[]) => void): void;
}

/**
 * Whether this server applies what another one wrote. MariaDB tells everybody how many of its appliers run, MySQL only who
 * may ask (REPLICATION CLIENT); 5.7 and MariaDB before 10.5.1 have the older word.
 */
const QUESTIONS = ["SHOW GLOBAL STATUS LIKE 'Slaves_running'", "SHOW REPLICA STATUS", "SHOW SLAVE STATUS"];

/**
 * Asked on each connection, for a name can come to stand for another server while a run is at work. A read-only server is a
 * replica, or one that was demoted. One that could be written and yet applies another's changes is worse as a source: with
 * binlog_format=ROW they fire no trigger (MySQL manual, "Replication and Triggers"), so that nothing is captured and
 * everything seems to be well. `accepts`: the operator knows it.
 */
export function refuseReplica(
  connection: RawConnection,
  accepts: boolean,
  done: (error?: unknown) => void,
): void {
  connection.query("SELECT @@GLOBAL.read_only AS standby", (error, rows) => {
    if (error) done(error);
    else if (!/^(0|OFF)$/.test(String(rows?.[0]?.["standby"]))) done(unusable(STANDBY));
    else if (accepts) done();
    else ask(connection, QUESTIONS, (applies) => done(applies ? unusable(REPLICA) : undefined));
  });
}

/** A question that this version or this user may not ask is passed by. */
function ask(
  connection: RawConnection,
  [question, ...others]: readonly string[],
  done: (applies: boolean) => void,
): void {
  if (question === undefined) done(false);
  else
    connection.query(question, (error, rows) => {
      if (!error && (rows ?? []).some(tellsOfApplier)) done(true);
      else ask(connection, others, done);
    });
}

function tellsOfApplier(row: Record<string, unknown>): boolean {
  if (row["Variable_name"] !== undefined) return Number(row["Value"]) > 0;
  // The members of a replication group apply each other's changes; those that take no writes are read-only.
  if (String(row["Channel_Name"] ?? "").startsWith("group_replication_")) return false;
  return ["Replica_SQL_Running", "Slave_SQL_Running"].some((column) => row[column] === "Yes");
}
