import { literal } from "./connect.ts";

/** A statement that some ORA- numbers do not stop: before 23ai none has IF EXISTS. */
export function guarded(statement: string, codes: readonly number[]): string {
  return `BEGIN
  EXECUTE IMMEDIATE ${literal(statement)};
EXCEPTION
  WHEN OTHERS THEN
    IF SQLCODE NOT IN (${codes.map((code) => -code).join(", ")}) THEN
      RAISE;
    END IF;
END;`;
}
