import type { ClassifiedError } from "../../db/classified-error.ts";
import { connectionError } from "../connection-error.ts";
import { isPassing } from "../is-passing.ts";
import { decisiveNumber, knownNumber } from "./error-numbers.ts";

/** Lock waits of DDL: NOWAIT, DDL_LOCK_TIMEOUT, the library cache, and our own wait for older transactions. */
const LOCK_TIMEOUTS = new Set([54, 4021, 30006, 20997]);

/**
 * The driver's own codes (node-oracledb documentation, "Errors in Thin and Thick Modes"; its lib/errors.js). 500 stands for
 * ORA-28, 600, 1012, 1089, 2396, 3113, 3114, 3135 and their like.
 */
const DRIVER_LOST = /^NJS-(003|040|500|501|503|504|505|506|509|510|511|513|521|530)$/;

/** The same; for up to a minute after a restart the listener does not know its services yet. */
const NOT_REGISTERED: Readonly<Record<string, string>> = {
  "NJS-518": "the listener does not know the service, at least not yet",
  "NJS-519": "the listener does not know the SID, at least not yet",
};

const UNREADABLE = "the connect descriptor is not understood";

/** What no second attempt helps with. */
const REFUSED: Readonly<Record<string, string>> = {
  "NJS-101": "user or password is missing",
  "NJS-116": "the account has only a password of the old kind (10G): set the password anew",
  "NJS-138": "the server is older than 12.1",
  "NJS-507": "the server's certificate is another's",
  "NJS-508": "the server's certificate is another host's",
  "NJS-512": UNREADABLE,
  "NJS-514": UNREADABLE,
  "NJS-515": UNREADABLE,
  "NJS-516": "names of tnsnames.ora are not supported",
  "NJS-517": "names of tnsnames.ora are not supported",
  "NJS-520": "names of tnsnames.ora are not supported",
  "NJS-533": "the server demands Native Network Encryption, which needs Oracle's client library: use TCPS",
};

interface DriverError {
  readonly errorNum?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
}

/** What the server or its listener gave as the reason, as far as it is one for a lost connection. */
function whyLost(number: number): string {
  const [errorClass, reason] = knownNumber(number);
  return isPassing(errorClass) ? reason : "the server cannot be reached";
}

/** Classifies by the ORA- number, or by the driver's or the socket's code. */
export function classifyError(error: unknown): ClassifiedError {
  const { errorNum, code, message } = (error ?? {}) as DriverError;
  const stack = [...String(message ?? "").matchAll(/\bORA-(\d{5})\b/g)].map((found) => Number(found[1]));
  const text = typeof code === "string" ? code : "";
  const number = /^ORA-\d+$/.test(text) ? Number(text.slice(4)) : text === "" ? Number(errorNum ?? 0) : 0;
  if (number > 0) {
    const decisive = stack[0] === number ? decisiveNumber(stack) : number;
    const [errorClass, reason] = knownNumber(decisive);
    const label = `ORA-${String(decisive).padStart(5, "0")}`;
    return { class: errorClass, code: label, reason, lockTimeout: LOCK_TIMEOUTS.has(decisive) };
  }
  const known = connectionError(error);
  if (known !== undefined) return known;
  if (DRIVER_LOST.test(text) || String(message ?? "").startsWith("NJS-500:"))
    return { class: "connection", code: text, reason: whyLost(stack[0] ?? Number(errorNum ?? 0)) };
  // Found out before the statement was sent.
  if (text === "LETTER_LOST")
    return {
      class: "row",
      code: text,
      reason: "a text has a character that the database's character set cannot hold",
    };
  const unknown = NOT_REGISTERED[text];
  if (unknown !== undefined) return { class: "connection", code: text, reason: unknown };
  const refused = REFUSED[text];
  if (refused !== undefined) return { class: "login", code: text, reason: refused };
  if (text.startsWith("NJS-123"))
    return { class: "transient", code: text, reason: "the statement ran into its time limit" };
  if (text.startsWith("NJS-")) return { class: "fatal", code: text, reason: "the driver reports an error" };
  if (text !== "") return { class: "connection", code: text, reason: "the server cannot be reached" };
  const lost = error instanceof Error && /connection/i.test(error.message);
  return { class: lost ? "connection" : "fatal", code: "none", reason: "the connection ended" };
}
