import type { Fact, FactScope } from "../../contract/fact.ts";
import { ok, text } from "../doctor-answers.ts";
import { quote } from "./connect.ts";

/**
 * Triggers that fire after a row was written and before ours: what they write to that row is journaled before the row as
 * it was. PostgreSQL fires the triggers of one event in the order of their names, byte by byte ("CREATE TRIGGER").
 */
export function otherTriggers({ tables }: FactScope): Fact {
  const wanted = "none that fires before capture";
  return {
    id: "other-triggers",
    group: "capture",
    title: "other triggers on the synced tables",
    // pg_trigger.tgtype: 1 for each row, 2 before, 4 on INSERT, 16 on UPDATE, 64 instead of.
    ask: {
      sql: `SELECT c.relname AS tbl, g.tgname AS name FROM unnest(?::text[], ?::name[], ?::name[]) AS n(tbl, on_insert, on_update)
JOIN pg_class c ON c.oid = to_regclass(n.tbl) JOIN pg_trigger g ON g.tgrelid = c.oid
WHERE NOT g.tgisinternal AND g.tgenabled <> 'D' AND g.tgtype & 67 = 1
AND (g.tgtype & 4 = 4 AND g.tgname < n.on_insert OR g.tgtype & 16 = 16 AND g.tgname < n.on_update) ORDER BY 1, 2`,
      params: [
        tables.map((table) => quote(table.source.name)),
        tables.map(({ names }) => names.insertTrigger),
        tables.map(({ names }) => names.updateTrigger),
      ],
    },
    judge: (rows) => {
      if (rows.length === 0) return ok("none", wanted);
      return {
        status: "warn",
        found: rows.map((row) => `${text(row, "name")} on ${text(row, "tbl")}`).join(", "),
        wanted,
        advice:
          "If it writes to the row that fired it, rename it (ALTER TRIGGER ... RENAME TO) so that it sorts after ours, or make it a BEFORE trigger that sets NEW",
      };
    },
  };
}
