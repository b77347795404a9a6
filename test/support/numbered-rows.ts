/** Rows that the database numbers by a trigger and a sequence, as on Oracle; nothing to do where the column does it. */

import type { TestDialectName } from "./env.ts";

/**
 * WSO2's sequence and trigger for a table. `sparing`: as the README has the target's changed, so that a row with a number
 * keeps it; otherwise every row gets a new one.
 */
export function numberRows(
  dialect: TestDialectName,
  table: string,
  key: string,
  { sparing = true } = {},
): readonly string[] {
  if (dialect !== "oracle") return [];
  return [
    `CREATE SEQUENCE ${table}_SEQUENCE START WITH 1 INCREMENT BY 1 NOCACHE`,
    `CREATE OR REPLACE TRIGGER ${table}_TRIGGER BEFORE INSERT ON ${table} REFERENCING NEW AS NEW FOR EACH ROW${
      sparing ? ` WHEN (NEW.${key} IS NULL)` : ""
    }
BEGIN
  SELECT ${table}_SEQUENCE.nextval INTO :NEW.${key} FROM dual;
END;`,
  ];
}

/** What an operator does on green after the restore: its own numbers come after these. */
export function moveCounter(dialect: TestDialectName, table: string, next: number): readonly string[] {
  if (dialect !== "oracle") return [];
  return [
    `DROP SEQUENCE ${table}_SEQUENCE`,
    `CREATE SEQUENCE ${table}_SEQUENCE START WITH ${next} INCREMENT BY 1 NOCACHE`,
  ];
}
