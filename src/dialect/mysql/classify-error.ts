import type { ClassifiedError, ErrorClass } from "../../db/classified-error.ts";
import { NO_TLS, unusable } from "../../db/unusable.ts";
import { connectionError } from "../connection-error.ts";

/** Numbers as in MySQL's "Server Error Message Reference" and MariaDB's "Error Codes". */
const NUMBERS: Readonly<Record<number, readonly [ErrorClass, string]>> = {
  1020: ["transient", "the row changed since it was read"],
  1021: ["transient", "the server's disk is full"],
  1026: ["transient", "the server cannot write a file, its disk may be full"],
  1030: ["transient", "the storage engine reports an error, the disk may be full"],
  1040: ["transient", "the server has too many connections"],
  1041: ["transient", "the server is out of memory"],
  1044: ["auth", "the user may not use the database"],
  1045: ["login", "the server refuses the login: the password is wrong or was changed"],
  1047: ["connection", "the node is not ready to take statements"],
  1048: ["row", "a column that must not be null would be null"],
  1049: ["login", "the database does not exist"],
  1053: ["connection", "the server is shutting down"],
  1054: ["schema", "a column does not exist"],
  1062: ["unique", "another row holds the same unique key"],
  1109: ["schema", "a table is not known"],
  1114: ["transient", "the table or its disk is full"],
  1129: ["transient", "the server has blocked this host after too many failed connections"],
  1130: ["login", "the server allows no connection from this host"],
  1142: ["auth", "the user lacks a privilege"],
  1143: ["auth", "the user lacks a privilege on a column"],
  1146: ["schema", "a table does not exist"],
  1153: ["connection", "a statement was larger than the server's max_allowed_packet"],
  1158: ["connection", "the connection to the server was lost"],
  1159: ["connection", "the connection to the server was lost"],
  1160: ["connection", "the connection to the server was lost"],
  1161: ["connection", "the connection to the server was lost"],
  1180: ["transient", "the commit failed"],
  1203: ["transient", "the user has too many connections"],
  1205: ["transient", "a lock was not to be had in time"],
  1213: ["transient", "the transaction was the victim of a deadlock"],
  1216: ["parent", "the row refers to a parent that is not there"],
  1217: ["row", "other rows refer to the row"],
  1226: ["transient", "the user has used up a resource limit"],
  1227: ["auth", "the user lacks a privilege"],
  1264: ["row", "a number does not fit its column"],
  1265: ["row", "a value does not fit its column"],
  1290: ["transient", "the server is read-only"],
  1292: ["row", "a value is no date or number that the column takes"],
  1300: ["row", "a text has a character that the column's character set cannot hold"],
  1301: ["row", "a value is larger than the server's max_allowed_packet"],
  1317: ["transient", "the statement was interrupted"],
  1364: ["schema", "a column without a default is not written"],
  1366: ["row", "a text has a character that the column's character set cannot hold"],
  1406: ["row", "a text is longer than its column"],
  1412: ["transient", "the table's definition changed during the transaction"],
  1419: ["auth", "the server keeps a binary log and lets only trusted users make triggers"],
  1451: ["row", "other rows refer to the row"],
  1452: ["parent", "the row refers to a parent that is not there"],
  1665: ["schema", "the server's binlog_format=STATEMENT cannot log READ COMMITTED transactions"],
  1461: [
    "transient",
    "the server's limit of prepared statements (max_prepared_stmt_count) is used up by its clients",
  ],
  1586: ["unique", "another row holds the same unique key"],
  1615: ["transient", "the table's definition changed under a statement"],
  1644: ["row", "a trigger of the table refuses the row"],
  1690: ["row", "a number does not fit its column"],
  1792: ["transient", "the transaction is read-only"],
  1820: ["login", "the user's password has expired"],
  1836: ["transient", "the server is read-only"],
  1862: ["login", "the user's password has expired"],
  1927: ["connection", "the connection was killed"],
  3024: ["transient", "the statement ran into its time limit"],
  3100: ["transient", "the replication group refused the commit"],
  3101: ["transient", "the transaction was rolled back by the replication group"],
  3118: ["login", "the user's account is locked"],
  3140: ["row", "a text is no JSON"],
  3572: ["transient", "a lock was not to be had at once"],
  3819: ["row", "a check constraint refuses the row"],
  4025: ["row", "a check constraint refuses the row"],
  4031: ["connection", "the server ended an idle connection"],
};

/** Below 1000 are errors of the server with files of its own: writing, deleting, a full disk. */
const FILE_ERROR = [
  "transient",
  "the server has trouble with one of its files, its disk may be full",
] as const;
const UNKNOWN = ["fatal", "the server reports an error"] as const;

/** Codes of the driver. */
const LOST = new Set([
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "ER_SERVER_SHUTDOWN",
]);

/** Classifies by the server's number, or by the socket's or driver's code. */
export function classifyError(error: unknown): ClassifiedError {
  const { errno, code } = (error ?? {}) as { errno?: unknown; code?: unknown };
  // Found out before the statement was sent: the server would have ended the connection.
  if (code === "ROW_TOO_LARGE") {
    return {
      class: "row",
      code: "1153",
      reason: "the row is larger than the server's max_allowed_packet: raise it, then start the run again",
    };
  }
  const known = connectionError(code === "HANDSHAKE_NO_SSL_SUPPORT" ? unusable(NO_TLS) : error);
  if (known !== undefined) return known;
  if (code === "HANDSHAKE_SSL_ERROR") return failedHandshake(error as Error);
  if (typeof code === "string" && LOST.has(code)) {
    return { class: "connection", code, reason: "the server cannot be reached" };
  }
  if (typeof errno === "number" && errno > 0) {
    const [errorClass, reason] = NUMBERS[errno] ?? (errno < 1_000 ? FILE_ERROR : UNKNOWN);
    return { class: errorClass, code: String(errno), reason, lockTimeout: errno === 1205 || errno === 3572 };
  }
  const lost =
    error instanceof Error && /closed state|Connection lost|connection is closed/i.test(error.message);
  return { class: lost ? "connection" : "fatal", code: "none", reason: "the connection ended" };
}

/** The driver puts its one code in the place of the socket's or OpenSSL's. */
function failedHandshake(error: Error): ClassifiedError {
  const isCut = "syscall" in error || /socket disconnected/.test(error.message);
  if (isCut) return { class: "connection", code: "ECONNRESET", reason: "the connection was cut off" };
  return { class: "connection", code: "ERR_TLS_HANDSHAKE", reason: "TLS cannot be agreed on" };
}
