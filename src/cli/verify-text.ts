/** What `verify` prints for people. */

import { wrap } from "../util/shorten.ts";
import { keyText } from "../verify/key-label.ts";
import type { TableCounts } from "../verify/table-counts.ts";
import type { Verdict } from "../verify/verdict.ts";
import type { ReportedDifference } from "../verify/verify-options.ts";
import { formatTable } from "./output.ts";

/** `different TABLE KEY=value (COLUMN, COLUMN)`, one line per row, no value but the key's. */
export function formatDifference(difference: ReportedDifference): string {
  const { table, kind, key, columns, reason, repaired } = difference;
  const parts = [
    kind.padEnd(9),
    table,
    keyText(key),
    ...(columns.length === 0 ? [] : [`(${columns.join(", ")})`]),
    ...(repaired === undefined ? [] : [repaired ? "repaired" : "not repaired"]),
    ...(reason === undefined ? [] : [`- ${reason}`]),
  ];
  return parts.join(" ");
}

/**
 * The tables, and one sentence for all of them at the end. `width`: columns of the terminal, where what is 0 everywhere and when
 * rows were read have no place unless they fit; without one all is told.
 */
export function formatVerdict(
  { tables, verdict }: { readonly tables: readonly TableCounts[]; readonly verdict: Verdict },
  width = Number.POSITIVE_INFINITY,
): string {
  // Two numbers that were not counted at one position look like a loss where there is none.
  const number = (n: number | null): string => (n === null ? "-" : String(n));
  const columns: readonly (readonly [string, (one: TableCounts) => string, "rare"?])[] = [
    ["TABLE", (one) => one.table],
    ["SOURCE", (one) => number(one.sourceRows)],
    ["TARGET", (one) => number(one.targetRows)],
    ["ON THEIR WAY", (one) => number(one.onTheirWay)],
    ["MISSING", (one) => String(one.missing)],
    ["EXTRA", (one) => String(one.extra)],
    ["DIFFERENT", (one) => String(one.different)],
    ["NOT TRANSFORMABLE", (one) => String(one.untransformable)],
    ["LEFT OUT", (one) => String(one.leftOut), "rare"],
    ["OWN CLAIMS", (one) => String(one.ownClaims), "rare"],
    ["NOT FOUND BY KEY", (one) => String(one.unfindable), "rare"],
    ["UNEXPLAINED", (one) => String(one.unexplained), "rare"],
    ["NOT READ", (one) => String(one.unread), "rare"],
    ["PENDING", (one) => String(one.pending)],
    ["REPAIRED", (one) => String(one.repaired)],
    [WHEN, readWhen],
  ];
  const shown = columns.filter(
    ([, cell, rare]) => rare === undefined || tables.some((one) => cell(one) !== "0"),
  );
  const some = shown.filter(([title, cell]) => title === "TABLE" || tables.some((one) => cell(one) !== "0"));
  const few = some.filter(([title]) => title !== WHEN);
  const texts = [shown, shown.filter(([title]) => title !== WHEN), some, few].map((own) =>
    formatTable(
      own.map(([title]) => title),
      tables.map((one) => own.map(([, cell]) => cell(one))),
    ),
  );
  const fits = (text: string): boolean => text.split("\n").every((line) => line.length <= width);
  const table = texts.find(fits) ?? texts.at(-1) ?? "";
  return `${table}\n${wrap(verdict.sentence, width).join("\n")}`;
}

const WHEN = "READ (UTC)";

/** `2026-01-31 23:59:01 - 00:12:40`: the second day only where it is another. */
function readWhen({ readFrom, readTo }: TableCounts): string {
  if (readFrom === null || readTo === null) return "-";
  const [from, to] = [readFrom, readTo].map((time) => time.replace("T", " ").slice(0, 19)) as [
    string,
    string,
  ];
  return `${from} - ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to}`;
}
