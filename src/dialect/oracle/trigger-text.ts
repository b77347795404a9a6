import type { Column } from "../../contract/table-schema.ts";
import { MARK, quote } from "./connect.ts";

interface Capturing {
  readonly table: string;
  readonly journal: string;
  readonly sequence: string;
  readonly columns: readonly Column[];
  readonly key: readonly Column[];
}

const UNLESS_MARKED = `  IF SYS_CONTEXT('USERENV', 'CLIENT_INFO') = '${MARK}' THEN
    RETURN;
  END IF;`;

/** What stands before and after the place where a trigger is enabled or not; `%shape%` takes the fingerprint. */
interface TriggerText {
  readonly head: string;
  readonly body: string;
}

/**
 * The triggers of a table. They run with their owner's rights, so that the application's user needs none ("PL/SQL Language
 * Reference", "CREATE TRIGGER Statement", prerequisites), and use no package: one whose EXECUTE was revoked from PUBLIC
 * would make them invalid, and every login fail. Row triggers also fire for MERGE, and on the child for a cascade; a
 * direct-path INSERT becomes a conventional one where a trigger stands ("SQL Language Reference", "INSERT").
 *
 * An UPDATE can move keys along (1 becomes 2, 2 becomes 3), for keys need to differ at its end only: row by row the DELETE
 * of the old 2 would come after the row that has become 2. So rows whose key changes are journaled as deleted at once and
 * as they are when the statement has ended ("Compound DML Triggers": variables live as long as the statement). The row is
 * found by its row id, which AFTER row triggers may read, also of index-organized and of movable rows ("Trigger Design
 * Guidelines"; ORA-25017 refuses it before). Oracle may start a statement over, and does not undo variables ("Trigger
 * Design Guidelines"): a row noted twice is journaled twice as it is then, never as it was.
 *
 * The table itself is read after the statement only, and only when a key has changed: a row trigger, and one that a
 * cascade fired, must not read it (ORA-04091, "Mutating-Table Restriction"), and a cascade never changes a key.
 */
export function capturing(context: Capturing): Record<"insert" | "update" | "delete", TriggerText> {
  const row = `FOR EACH ROW`;
  const on = quote(context.table);
  const simple = (action: string, correlation: "NEW" | "OLD"): string =>
    `BEGIN\n  -- %shape%\n${UNLESS_MARKED}\n${insert(context, action, correlation, "  ")}\nEND;`;
  return {
    insert: { head: `AFTER INSERT ON ${on}\n${row}`, body: simple("INSERT", "NEW") },
    delete: { head: `AFTER DELETE ON ${on}\n${row}`, body: simple("DELETE", "OLD") },
    update: { head: `FOR UPDATE ON ${on}`, body: compound(context) },
  };
}

function compound(context: Capturing): string {
  const { table, journal, sequence, columns } = context;
  return `COMPOUND TRIGGER
  -- %shape%
  TYPE row_ids IS TABLE OF UROWID INDEX BY PLS_INTEGER;
  moved row_ids;
AFTER EACH ROW IS
BEGIN
${UNLESS_MARKED}
  IF ${context.key.map(differs).join("\n  OR ")} THEN
${insert(context, "DELETE", "OLD", "    ")}
    moved(moved.COUNT + 1) := :NEW.ROWID;
  ELSE
${insert(context, "UPDATE", "NEW", "    ")}
  END IF;
END AFTER EACH ROW;
AFTER STATEMENT IS
BEGIN
  FORALL i IN 1 .. moved.COUNT
    INSERT INTO ${quote(journal)} (
      ${columns.map((c) => quote(c.name)).join(",\n      ")},
      "SYNC_ID", "ACTION")
    SELECT
      ${columns.map((c) => `t.${quote(c.name)}`).join(",\n      ")},
      ${quote(sequence)}.NEXTVAL, 'UPDATE'
    FROM ${quote(table)} t WHERE t.ROWID = moved(i);
  moved.DELETE;
END AFTER STATEMENT;
END;`;
}

/** One column a line: sqlplus takes no longer one than 2500 characters before 18c ("SQL*Plus User's Guide", "Limits"). */
function insert(
  { journal, sequence, columns }: Capturing,
  action: string,
  correlation: "NEW" | "OLD",
  indent: string,
): string {
  const inner = `${indent}  `;
  return `${indent}INSERT INTO ${quote(journal)} (
${inner}${columns.map((c) => quote(c.name)).join(`,\n${inner}`)},
${inner}"SYNC_ID", "ACTION")
${indent}VALUES (
${inner}${columns.map((c) => `:${correlation}.${quote(c.name)}`).join(`,\n${inner}`)},
${inner}${quote(sequence)}.NEXTVAL, '${action}');`;
}

/**
 * Compared byte by byte: the application's session may take letters of another case for equal, also in PL/SQL ("Database
 * Reference", "NLS_COMP"). With BINARY the key of a text is the text itself as RAW ("SQL Language Reference", "NLSSORT").
 */
function differs(column: Column): string {
  const [before, after] = [`:OLD.${quote(column.name)}`, `:NEW.${quote(column.name)}`];
  const changed =
    column.kind === "text"
      ? `NLSSORT(${before}, 'NLS_SORT=BINARY') <> NLSSORT(${after}, 'NLS_SORT=BINARY')`
      : `${before} <> ${after}`;
  return column.nullable
    ? `(${changed} OR (${before} IS NULL AND ${after} IS NOT NULL) OR (${before} IS NOT NULL AND ${after} IS NULL))`
    : changed;
}
