/**
 * Names of the objects that sync-tool makes. They are those of WSO2's Java client, so that a DBA finds what the
 * documentation says: table name plus suffix, cut to 30 bytes (Oracle's limit up to 12.1).
 */
const LIMIT = 30;

export interface ObjectNames {
  readonly journal: string;
  readonly insertTrigger: string;
  readonly updateTrigger: string;
  readonly deleteTrigger: string;
  readonly checkpoint: string;
}

/** One table each per schema, on the target. */
const DEAD_LETTERS = "SYNC_DEAD_LETTERS";
const STATE = "SYNC_STATE";

/** Names for a table as its catalogue spells it; suffixes follow the case of the name. */
export function objectNames(table: string): ObjectNames {
  return {
    journal: cut(table, "_S"),
    insertTrigger: cut(table, "_IT"),
    updateTrigger: cut(table, "_UT"),
    deleteTrigger: cut(table, "_DT"),
    checkpoint: cut(table, "_SV"),
  };
}

/** The n-th (from 1) cascade trigger that captures for `table`; it stands on a parent of the table. */
export function cascadeTriggerName(table: string, n: number): string {
  return cut(table, `_FK${n}`);
}

/** The dead-letter table's name, in the case of the tables it serves. */
export function deadLettersName(table: string): string {
  return inCaseOf(table, DEAD_LETTERS);
}

/** The name of the table of what a schema's commands remember, in the case of the tables it serves. */
export function stateName(table: string): string {
  return inCaseOf(table, STATE);
}

/** The tables that serve a whole schema, beside each table's checkpoint. */
export const sharedTables = (table: string): readonly string[] => [deadLettersName(table), stateName(table)];

const inCaseOf = (table: string, name: string): string =>
  table === table.toLowerCase() ? name.toLowerCase() : name;

/** The first whole characters of a text that have no more bytes: PostgreSQL and Oracle count a name's bytes. */
function firstBytes(text: string, bytes: number): string {
  let taken = "";
  for (const character of text) {
    if (Buffer.byteLength(taken + character) > bytes) break;
    taken += character;
  }
  return taken;
}

function cut(table: string, suffix: string): string {
  const cased = table === table.toLowerCase() ? suffix.toLowerCase() : suffix;
  return Buffer.byteLength(table) + suffix.length >= LIMIT
    ? firstBytes(table, LIMIT - suffix.length) + cased
    : table + cased;
}
