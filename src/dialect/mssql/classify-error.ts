import { STANDBY } from "../../db/pick-host.ts";
import type { ClassifiedError, ErrorClass } from "../dialect.ts";

/**
 * Numbers as in "Database Engine events and errors"; those from 40000 on are Azure's ("Troubleshoot common connection
 * issues to Azure SQL Database"). They are those of messages that the server sends: what other drivers give a number of the
 * operating system, a lost connection for one, has a code of the driver here.
 */
const NUMBERS: Readonly<Record<number, readonly [ErrorClass, string]>> = {
  102: ["schema", "the statement is not understood; it needs the compatibility level 130 of the database"],
  156: ["schema", "the statement is not understood; it needs the compatibility level 130 of the database"],
  207: ["schema", "a column does not exist"],
  208: ["schema", "a table does not exist"],
  213: ["schema", "the columns are not those of the table"],
  220: ["row", "a number does not fit its column"],
  229: ["auth", "the user lacks a privilege"],
  230: ["auth", "the user lacks a privilege on a column"],
  232: ["row", "a number does not fit its column"],
  233: ["row", "a column that must not be null would be null"],
  235: ["row", "a value is no amount of money that the column takes"],
  236: ["row", "an amount of money does not fit its column"],
  241: ["row", "a value is no date that the column takes"],
  242: ["row", "a date does not fit its column"],
  244: ["row", "a number does not fit its column"],
  245: ["row", "a value is no number that the column takes"],
  248: ["row", "a number does not fit its column"],
  262: ["auth", "the user lacks a privilege in the database"],
  293: ["row", "a value is no amount of money that the column takes"],
  294: ["row", "an amount of money does not fit its column"],
  295: ["row", "a value is no date that the column takes"],
  297: ["auth", "the user lacks a privilege on the server"],
  300: ["auth", "the user lacks a privilege on the server"],
  319: ["schema", "the statement is not understood; it needs the compatibility level 130 of the database"],
  334: ["schema", "the table has triggers that the statement does not go with"],
  511: ["row", "the row is larger than a page"],
  513: ["row", "a rule of the column refuses the value"],
  515: ["row", "a column that must not be null would be null"],
  544: ["schema", "the table numbers its rows itself"],
  547: ["parent", "a foreign key or check constraint refuses the row"],
  596: ["connection", "the session was ended by an operator"],
  601: ["transient", "the data moved while they were read"],
  617: ["transient", "a work table lacked an entry; the statement is to be run again"],
  628: ["fatal", "an error ended the whole transaction"],
  701: ["transient", "the server is out of memory"],
  802: ["transient", "the server is out of memory"],
  845: ["transient", "the server's disk does not answer in time"],
  904: ["connection", "the database is not open yet"],
  913: ["connection", "the database is not open yet"],
  916: ["auth", "the user may not use the database"],
  921: ["connection", "the database is not open yet"],
  922: ["connection", "the database is being recovered"],
  923: ["connection", "the database is in restricted mode"],
  924: ["connection", "the database is in single-user mode"],
  927: ["connection", "the database is being restored"],
  942: ["connection", "the database is offline"],
  945: ["connection", "the database cannot be opened"],
  952: ["connection", "the database is in transition"],
  954: ["connection", "the database is a mirror"],
  955: ["connection", "the database's mirroring lacks a quorum"],
  956: ["connection", "the database has not synchronized with its mirror yet"],
  976: ["connection", "the database is a secondary replica"],
  978: ["connection", "the database is a secondary replica"],
  979: ["connection", "the database is a replica that lets no reader in"],
  982: ["connection", "the availability group has no replica for readers"],
  983: ["connection", "the database is not accessible on this replica"],
  988: ["connection", "the availability group lacks a quorum"],
  1088: ["schema", "a table does not exist"],
  1101: ["transient", "the server's disk is full"],
  1105: ["transient", "the file group or its disk is full"],
  1204: ["transient", "the server has no locks left"],
  1205: ["transient", "the transaction was the victim of a deadlock"],
  1211: ["transient", "the transaction was the victim of a deadlock"],
  1222: ["transient", "a lock was not to be had in time"],
  1505: ["unique", "rows hold the same unique key"],
  1946: ["row", "a key is longer than its index can hold"],
  2601: ["unique", "another row holds the same unique key"],
  2627: ["unique", "another row holds the same unique key"],
  2628: ["row", "a text is longer than its column"],
  2760: ["auth", "the schema does not exist or the user may not use it"],
  3271: ["transient", "the server's disk does not answer"],
  3701: ["auth", "the object does not exist or the user may not drop it"],
  3609: ["fatal", "a trigger ended the whole transaction"],
  3902: ["fatal", "an error ended the whole transaction"],
  3903: ["fatal", "an error ended the whole transaction"],
  3906: ["transient", "the database is read-only"],
  3908: ["connection", "the database is in emergency mode or damaged"],
  3930: ["fatal", "an error ended the whole transaction"],
  3931: ["fatal", "an error ended the whole transaction"],
  3935: ["transient", "a file stream transaction context could not be made"],
  3948: ["transient", "the state of an availability replica changed during the transaction"],
  3950: ["transient", "versions of rows were not to be read in time"],
  3958: ["transient", "a version of a row is gone; tempdb is probably full"],
  3960: ["transient", "a row changed under snapshot isolation"],
  3961: ["transient", "a table changed under snapshot isolation"],
  3966: ["transient", "the transaction was ended to free tempdb of versions"],
  3971: ["fatal", "an error ended the whole transaction"],
  4060: ["login", "the database does not exist or the user may not use it"],
  4064: ["login", "the user's default database cannot be opened"],
  4891: ["transient", "the table's definition changed during the statement"],
  6005: ["connection", "the server is shutting down"],
  8114: ["row", "a value does not fit its column"],
  8115: ["row", "a number does not fit its column"],
  8152: ["row", "a text is longer than its column"],
  8169: ["row", "a value is no unique identifier"],
  8645: ["transient", "the server had no memory for the statement in time"],
  8651: ["transient", "the server had no memory for the statement"],
  9002: ["transient", "the transaction log is full"],
  10928: ["transient", "the database has reached a resource limit"],
  10929: ["transient", "the server is too busy"],
  11720: ["schema", "a sequence cannot be used here"],
  13535: ["transient", "rows changed under a temporal table"],
  15151: ["auth", "the object does not exist or the user lacks a privilege"],
  15247: ["auth", "the user lacks a privilege"],
  17142: ["connection", "the server is paused"],
  18401: ["connection", "the server is being upgraded"],
  18451: ["connection", "only administrators may connect at the moment"],
  18452: ["login", "the server refuses the login"],
  18456: ["login", "the server refuses the login"],
  18461: ["connection", "the server is in single-user mode"],
  18470: ["login", "the login is disabled"],
  18486: ["login", "the login is locked"],
  18487: ["login", "the password has expired"],
  18488: ["login", "the password must be changed"],
  40197: ["connection", "the service had an error"],
  40501: ["transient", "the service is busy"],
  40532: ["login", "the service does not know the login's server"],
  40544: ["transient", "the database has reached its size quota"],
  40549: ["transient", "the service ended a long transaction"],
  40550: ["transient", "the service ended the session for its many locks"],
  40551: ["transient", "the service ended the session for its use of tempdb"],
  40552: ["transient", "the service ended the session for its use of the transaction log"],
  40553: ["transient", "the service ended the session for its use of memory"],
  40613: ["connection", "the database is not available at the moment"],
  40615: ["login", "the service's firewall refuses this machine"],
  49918: ["transient", "the service is busy"],
  49919: ["transient", "the service is busy"],
  49920: ["transient", "the service is busy"],
  // Ours, see write-rows.ts and ddl.ts.
  50001: ["row", "a text has a character that the column's code page cannot hold"],
  50002: ["fatal", "the script is for the target database, and this is the source"],
};

/** RAISERROR without a number, and the first of those that THROW and sp_addmessage take ("RAISERROR", "THROW"). */
const FIRST_OF_USERS = 50_000;
const BY_A_TRIGGER = ["row", "a trigger of the table refuses the row"] as const;
const UNKNOWN = ["fatal", "the server reports an error"] as const;

/** Codes of the driver and of sockets, where no server's number comes with the error. */
const CODES: Readonly<Record<string, readonly [ErrorClass, string]>> = {
  ELOGIN: ["login", "the server refuses the login"],
  EENCRYPT: ["login", "the server and the JDBC URL do not agree on encryption (option encrypt)"],
  EINSTLOOKUP: ["connection", "the SQL Server Browser does not tell the port of the instance"],
  EFEDAUTH: ["login", "the server refuses the login"],
  [STANDBY]: ["connection", "the host is a secondary replica, another one is tried"],
  ECANCEL: ["transient", "the statement was interrupted"],
};

interface DriverError {
  readonly number?: unknown;
  readonly code?: unknown;
  readonly isTransient?: unknown;
}

/** Classifies by the server's number, or by the socket's or driver's code. Of several errors the first decides. */
export function classifyError(error: unknown): ClassifiedError {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { number, code, isTransient } = (first ?? {}) as DriverError;
  if (typeof number === "number" && number > 0) {
    const [errorClass, reason] = NUMBERS[number] ?? (number >= FIRST_OF_USERS ? BY_A_TRIGGER : UNKNOWN);
    return { class: errorClass, code: String(number), reason, lockTimeout: number === 1222 };
  }
  if (typeof code === "string") {
    if (isTransient === true) return { class: "connection", code, reason: "the server is not ready" };
    const [errorClass, reason] = CODES[code] ?? ["connection", "the server cannot be reached"];
    return { class: errorClass, code, reason };
  }
  const lost = first instanceof Error && /Timeout acquiring|connection/i.test(first.message);
  return { class: lost ? "connection" : "fatal", code: "none", reason: "the connection ended" };
}
