/**
 * What `doctor` asks every database: the question is the dialect's, and so is what an answer says, as plain values. How it
 * is judged and worded stands here once.
 */

import type { Statement } from "../contract/dialect.ts";
import type { Fact, FactScope, Finding } from "../contract/fact.ts";
import type { ResultRow } from "../db/database.ts";
import { ok } from "./doctor-answers.ts";
import { isLocal } from "./needed-grants.ts";

/** What can be said when a database refuses the question; `found` defaults to its reason. */
type Untold = Partial<Pick<Finding, "found" | "advice" | "statements">>;

const untold =
  (wanted: string, { found, ...rest }: Untold) =>
  (reason: string): Finding => ({ status: "unknown", found: found ?? reason, wanted, ...rest });

interface TlsQuestion {
  readonly ask: Statement;
  /** What encrypts the connection; undefined when nothing does. */
  readonly encryption: (row: ResultRow | undefined) => string | undefined;
  /** The setting that encrypts it. */
  readonly advice: string;
}

export const ENCRYPTED = "an encrypted connection";

/** Tokens cross the network in every batch; within a machine nobody listens. */
export function tlsFact(scope: FactScope, { ask, encryption, advice }: TlsQuestion): Fact {
  return {
    id: "tls",
    group: "connection",
    title: "encryption of the connection",
    ask,
    judge: ([row]) => {
      const found = encryption(row);
      if (found !== undefined) return ok(found, ENCRYPTED);
      if (isLocal(scope)) return ok("none, on this machine", ENCRYPTED);
      return {
        status: "warn",
        found: "none: tokens cross the network readable",
        wanted: ENCRYPTED,
        advice,
      };
    },
  };
}

interface OldTransactionsQuestion {
  /** One row for each transaction, with its age in seconds as "age"; none when all is well. */
  readonly ask: Statement;
  /** Names one of them, without its age. */
  readonly name: (row: ResultRow) => string;
  readonly untold?: Untold;
  /** How the source's rows are carried over; default: a dump. */
  readonly copy?: { readonly what: string; readonly which: string };
}

/** A copy that was begun in a transaction older than capture lacks what was changed before and committed after. */
export function oldTransactionsFact(question: OldTransactionsQuestion): Fact {
  const { what, which } = question.copy ?? { what: "dump", which: "a dump" };
  const wanted = `none: ${which} that began before \`prepare\` ended misses changes`;
  return {
    id: "old-transactions",
    group: "capture",
    title: "transactions older than capture",
    ask: question.ask,
    ...(question.untold === undefined ? {} : { refused: untold(wanted, question.untold) }),
    judge: (rows) =>
      rows.length === 0
        ? ok("none", wanted)
        : {
            status: "warn",
            found: rows.map((row) => `${question.name(row)}, ${String(row["age"])} s`).join("; "),
            wanted,
            advice: `Wait for them to end before the ${what} begins; if one of them is the ${what}, take it again`,
          },
  };
}

const MIN_FREE_PERCENT = 10;

/** `ask` gives one row, column "free": percent of the fullest disk that are free; no row or no value is no answer. */
export function freeDiskFact(ask: Statement, refused: Untold): Fact {
  const wanted = `at least ${MIN_FREE_PERCENT} %`;
  return {
    id: "disk",
    group: "server",
    title: "free disk space",
    ask,
    refused: untold(wanted, refused),
    judge: ([row]) => {
      const free = Number(row?.["free"] ?? Number.NaN);
      if (Number.isNaN(free)) return { status: "unknown", found: "the server does not tell", wanted };
      if (free >= MIN_FREE_PERCENT) return ok(`${free} %`, wanted);
      return { status: "warn", found: `${free} %`, wanted, advice: "Make room before the journals grow" };
    },
  };
}
