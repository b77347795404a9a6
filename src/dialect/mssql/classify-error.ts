import type { ClassifiedError, ErrorClass } from "../../db/classified-error.ts";
import { connectionError } from "../connection-error.ts";
import { isPassing } from "../is-passing.ts";
import { knownNumber } from "./error-numbers.ts";

/** Codes of the driver and of sockets, where no server's number comes with the error. */
const CODES: Readonly<Record<string, readonly [ErrorClass, string]>> = {
  ELOGIN: ["login", "the server refuses the login"],
  EENCRYPT: ["login", "the server and the JDBC URL do not agree on encryption (option encrypt)"],
  EINSTLOOKUP: ["connection", "the SQL Server Browser does not tell the port of the instance"],
  EFEDAUTH: ["login", "the server refuses the login"],
  ECANCEL: ["transient", "the statement was interrupted"],
};

interface DriverError {
  readonly number?: unknown;
  readonly class?: unknown;
  readonly code?: unknown;
  readonly refusals?: readonly Refusal[];
}

/** A message with which the server refused a login: its number and severity. */
export interface Refusal {
  readonly number: number;
  readonly severity: number;
}

/** Classifies by the server's number, or by the socket's or driver's code. Of several errors the first decides. */
export function classifyError(error: unknown): ClassifiedError {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const { number, class: severity, code, refusals = [] } = (first ?? {}) as DriverError;
  if (typeof number === "number" && number > 0) {
    const [errorClass, reason] = knownNumber(number, Number(severity));
    return { class: errorClass, code: String(number), reason, lockTimeout: number === 1222 };
  }
  const refused = refusal(refusals);
  if (refused !== undefined) return refused;
  const known = connectionError(first);
  if (known !== undefined) return known;
  if (typeof code === "string") {
    const [errorClass, reason] = CODES[code] ?? ["connection", "the server cannot be reached"];
    return { class: errorClass, code, reason };
  }
  const lost = first instanceof Error && /connection/i.test(first.message);
  return { class: lost ? "connection" : "fatal", code: "none", reason: "the connection ended" };
}

/**
 * Why a login was refused. What is wrong with the database comes before 4060 and 18456, which say no more than that there is
 * something: the first that may pass decides, else the first.
 */
function refusal(refusals: readonly Refusal[]): ClassifiedError | undefined {
  const found = refusals.map(({ number, severity }) => ({ number, known: knownNumber(number, severity) }));
  const decisive = found.find(({ known }) => isPassing(known[0])) ?? found[0];
  if (decisive === undefined) return undefined;
  const [errorClass, reason] = decisive.known;
  if (isPassing(errorClass)) return { class: errorClass, code: String(decisive.number), reason };
  return {
    class: "login",
    code: String(decisive.number),
    reason: errorClass === "login" ? reason : "the server refuses the login",
  };
}
