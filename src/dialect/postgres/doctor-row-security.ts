import type { Fact, FactScope } from "../../contract/fact.ts";
import { deadLettersName } from "../../contract/object-names.ts";
import type { ResultRow } from "../../db/database.ts";
import { ok, text } from "../doctor-answers.ts";
import { quote } from "./connect.ts";

/**
 * Row-level security that applies to this user, whose sessions refuse to read a table under it; and that applies to the owner of
 * a capture function where it writes to the journal, which fails every write on blue. Owners, superusers and roles with
 * BYPASSRLS are exempt, owners not where it is forced (PostgreSQL docs, "Row Security Policies").
 */
export function rowSecurity({ side, tables, settings }: FactScope): Fact {
  const wanted = "none that applies to the user, nor to the owner of the capture functions";
  const own = tables.flatMap(({ source, names, target, targetNames }) =>
    side === "source" ? [source.name, names.journal] : [target.name, targetNames.checkpoint],
  );
  const all = side === "target" ? [...own, deadLettersName(tables[0]?.target.name ?? "")] : own;
  const writers = tables.flatMap(({ names }) =>
    [names.insertTrigger, names.updateTrigger, names.deleteTrigger].map((name) => ({
      journal: names.journal,
      name,
    })),
  );
  const asked = side === "source" ? writers : [];
  return {
    id: "row-security",
    group: "grants",
    title: "row-level security",
    ask: {
      sql: `SELECT c.oid::regclass AS tbl, NULL AS owner FROM pg_class c
WHERE c.oid IN (SELECT to_regclass(n) FROM unnest(?::text[]) AS n) AND row_security_active(c.oid)
UNION ALL
SELECT DISTINCT j.oid::regclass, r.rolname::text FROM unnest(?::text[], ?::text[]) AS n(journal, fn)
JOIN pg_class j ON j.oid = to_regclass(n.journal) JOIN pg_proc p ON p.pronamespace = j.relnamespace AND p.proname = n.fn
JOIN pg_roles r ON r.oid = p.proowner
WHERE j.relrowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls
AND (j.relforcerowsecurity OR NOT pg_has_role(r.oid, j.relowner, 'USAGE')) ORDER BY 1, 2`,
      params: [all.map(quote), asked.map(({ journal }) => quote(journal)), asked.map(({ name }) => name)],
    },
    judge: (rows) => {
      if (rows.length === 0) return ok("none", wanted);
      const isWriter = (row: ResultRow): boolean => text(row, "owner") !== "";
      const mine = rows.filter((row) => !isWriter(row)).map((row) => text(row, "tbl"));
      const theirs = rows.filter(isWriter);
      return {
        status: "fail",
        found: [
          ...(mine.length === 0
            ? []
            : [`row-level security hides rows of ${mine.join(", ")} from ${settings.user}`]),
          ...theirs.map(
            (row) =>
              `row-level security applies to ${text(row, "owner")}, whose function writes to ${text(row, "tbl")}: writes on the source fail`,
          ),
        ].join("; "),
        wanted,
        statements: [
          ...(mine.length === 0 ? [] : [`ALTER ROLE ${quote(settings.user)} BYPASSRLS`]),
          ...theirs.map((row) => `ALTER TABLE ${text(row, "tbl")} DISABLE ROW LEVEL SECURITY`),
        ],
        ...(mine.length === 0
          ? {}
          : { advice: "Or let the owner of the tables be the user, where row-level security is not forced" }),
      };
    },
  };
}
