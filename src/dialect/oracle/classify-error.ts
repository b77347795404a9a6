import { STANDBY } from "../../db/pick-host.ts";
import type { ClassifiedError, ErrorClass } from "../dialect.ts";

/** Numbers as in Oracle's "Database Error Messages". */
const NUMBERS: Readonly<Record<number, readonly [ErrorClass, string]>> = {
  1: ["unique", "another row holds the same unique key"],
  18: ["transient", "the server has too many sessions"],
  20: ["transient", "the server has too many processes"],
  28: ["connection", "the session was ended by an operator"],
  54: ["transient", "a lock was not to be had at once"],
  60: ["transient", "the transaction was the victim of a deadlock"],
  257: ["transient", "the archive destination is full"],
  604: ["transient", "an internal statement of the server failed"],
  902: ["schema", "a type is not known to the server"],
  904: ["schema", "a column does not exist"],
  911: ["schema", "the statement is not understood"],
  913: ["schema", "the columns are not those of the table"],
  932: ["schema", "a value's type is not the column's"],
  942: ["schema", "a table does not exist or the user may not use it"],
  947: ["schema", "the columns are not those of the table"],
  955: ["schema", "another object has the name"],
  1000: ["transient", "the session has too many open cursors"],
  1005: ["login", "the server refuses the login"],
  1012: ["connection", "the session is not logged on"],
  1013: ["transient", "the statement was interrupted"],
  1017: ["login", "the server refuses the login: the password is wrong or was changed"],
  1031: ["auth", "the user lacks a privilege"],
  1033: ["connection", "the server is starting up or shutting down"],
  1034: ["connection", "the server is not available"],
  1035: ["connection", "the server lets only administrators in"],
  1045: ["login", "the user may not log in (CREATE SESSION)"],
  1089: ["connection", "the server is shutting down"],
  1090: ["connection", "the server is shutting down"],
  1092: ["connection", "the server ended the session"],
  1109: ["connection", "the database is not open"],
  1110: ["transient", "a data file cannot be used"],
  1400: ["row", "a column that must not be null would be null; an empty text is one here"],
  1401: ["row", "a value is too large for its column"],
  1403: ["row", "a value is missing"],
  1407: ["row", "a column that must not be null would be null; an empty text is one here"],
  1426: ["row", "a number does not fit its column"],
  1438: ["row", "a number does not fit its column"],
  1455: ["row", "a number does not fit its column"],
  1461: ["row", "a text is longer than its column"],
  1465: ["row", "a value has digits that are not hexadecimal"],
  1483: ["row", "a value is too long"],
  1536: ["transient", "the space quota of the tablespace is used up"],
  1552: ["transient", "the server has no undo space"],
  1555: ["transient", "what a read needs was overwritten"],
  1562: ["transient", "the server has no undo space"],
  1650: ["transient", "the undo space is full"],
  1653: ["transient", "the tablespace is full"],
  1654: ["transient", "the tablespace is full"],
  1691: ["transient", "the tablespace is full"],
  1693: ["transient", "the table cannot grow"],
  1722: ["row", "a value is no number"],
  1830: ["row", "a value is no date that the column takes"],
  1839: ["row", "a value is no date"],
  1840: ["row", "a value is no date"],
  1841: ["row", "a value is no date"],
  1843: ["row", "a value is no date"],
  1847: ["row", "a value is no date"],
  1850: ["row", "a value is no time"],
  1858: ["row", "a value is no date"],
  1861: ["row", "a value is no date"],
  2049: ["transient", "a lock was not to be had in time"],
  2290: ["row", "a check constraint refuses the row"],
  2291: ["parent", "the row refers to a parent that is not there"],
  2292: ["row", "other rows refer to the row"],
  2391: ["transient", "the user has too many sessions"],
  2396: ["connection", "the session was idle for too long"],
  2399: ["connection", "the session lasted too long"],
  3113: ["connection", "the connection to the server was lost"],
  3114: ["connection", "the connection to the server was lost"],
  3135: ["connection", "the connection to the server was lost"],
  4020: ["transient", "the server found a deadlock"],
  4021: ["transient", "an object is in use"],
  4031: ["transient", "the server is out of memory"],
  4036: ["transient", "the server is out of memory"],
  4061: ["transient", "a trigger or package changed"],
  4068: ["transient", "a trigger or package changed"],
  4088: ["row", "a trigger of the table refuses the row"],
  4091: ["row", "a trigger of the table reads the table itself"],
  4098: ["schema", "a trigger of the table is invalid"],
  6512: ["row", "a trigger of the table refuses the row"],
  8102: ["transient", "an index does not match its table"],
  8176: ["transient", "what a read needs was overwritten"],
  8177: ["transient", "the transaction could not be serialized"],
  12154: ["connection", "the listener's address cannot be resolved"],
  12170: ["connection", "the server does not answer in time"],
  12500: ["connection", "the listener cannot start a session"],
  12505: ["login", "the listener does not know the SID"],
  12514: ["login", "the listener does not know the service"],
  12516: ["transient", "the server has too many sessions"],
  12518: ["transient", "the server has too many sessions"],
  12519: ["transient", "the server has too many sessions"],
  12520: ["transient", "the server has too many sessions"],
  12526: ["connection", "the listener lets only administrators in"],
  12528: ["connection", "the server is starting up or shutting down"],
  12537: ["connection", "the connection to the server was lost"],
  12541: ["connection", "no listener answers"],
  12547: ["connection", "the connection to the server was lost"],
  12570: ["connection", "the connection to the server was lost"],
  12571: ["connection", "the connection to the server was lost"],
  12704: ["row", "a text has a character set that the column does not take"],
  12805: ["transient", "a parallel server ended"],
  12899: ["row", "a text is longer than its column"],
  12801: ["transient", "a parallel server failed"],
  14450: ["transient", "a temporary table is in use"],
  16000: ["transient", "the database is read-only"],
  20997: ["transient", "a transaction from before the triggers were made is still open"],
  20998: ["fatal", "a trigger does not compile; it was removed again"],
  20999: ["fatal", "the script is for the target database, and this is the source"],
  24344: ["fatal", "a trigger does not compile"],
  24816: ["row", "long values of the row are in an order that the server does not take"],
  25408: ["connection", "the connection to the server was lost"],
  28000: ["login", "the user is locked"],
  28001: ["login", "the password has expired"],
  30006: ["transient", "a lock was not to be had in time"],
  32795: ["schema", "the server numbers the rows of the table itself"],
};

/** Lock waits of DDL: NOWAIT, DDL_LOCK_TIMEOUT, the library cache, and our own wait for older transactions. */
const LOCK_TIMEOUTS = new Set([54, 4021, 30006, 20997]);

/** The driver's own codes, node-oracledb documentation, "Errors in Thin and Thick Modes". */
const DRIVER_LOST = /^NJS-(003|040|500|501|503|504|505|506|509|510|511|513|521)$/;

/** What no second attempt helps with. */
const REFUSED: Readonly<Record<string, string>> = {
  "NJS-507": "the server's certificate is another's",
  "NJS-508": "the server's certificate is another host's",
  "NJS-518": "the listener does not know the service",
  "NJS-519": "the listener does not know the SID",
};

interface DriverError {
  readonly errorNum?: unknown;
  readonly code?: unknown;
}

/** Classifies by the ORA- number, or by the driver's or the socket's code. */
export function classifyError(error: unknown): ClassifiedError {
  const { errorNum, code } = (error ?? {}) as DriverError;
  const text = typeof code === "string" ? code : "";
  const number = /^ORA-\d+$/.test(text) ? Number(text.slice(4)) : text === "" ? Number(errorNum ?? 0) : 0;
  if (number > 0) {
    const [errorClass, reason] = NUMBERS[number] ?? ["fatal", "the server reports an error"];
    const label = `ORA-${String(number).padStart(5, "0")}`;
    return { class: errorClass, code: label, reason, lockTimeout: LOCK_TIMEOUTS.has(number) };
  }
  if (text === STANDBY)
    return { class: "connection", code: text, reason: "the host is a standby, another one is tried" };
  if (DRIVER_LOST.test(text))
    return { class: "connection", code: text, reason: "the server cannot be reached" };
  const refused = REFUSED[text];
  if (refused !== undefined) return { class: "login", code: text, reason: refused };
  if (text.startsWith("NJS-123"))
    return { class: "transient", code: text, reason: "the statement ran into its time limit" };
  if (text.startsWith("NJS-")) return { class: "fatal", code: text, reason: "the driver reports an error" };
  if (text !== "") return { class: "connection", code: text, reason: "the server cannot be reached" };
  const lost = error instanceof Error && /Timeout acquiring|connection/i.test(error.message);
  return { class: lost ? "connection" : "fatal", code: "none", reason: "the connection ended" };
}
