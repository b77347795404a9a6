import type { Ddl } from "../../contract/ddl.ts";
import { sharedTables } from "../../contract/object-names.ts";
import { alsoWritten } from "../../contract/sync-plan.ts";
import { sequenceName } from "../sequence-name.ts";
import { quote } from "./connect.ts";
import { guarded } from "./guarded.ts";
import { TRANSACTION_VIEWS } from "./horizon.ts";
import { LOCKS } from "./lock.ts";

/** The owner of the tables cannot be granted them, and need not be. */
const TO_ONESELF = 1749;
/** Only an administrator may grant what shows transactions; a run goes on without it, more slowly. */
const NOT_ADMINISTRATOR = [942, 1031, 41900];

/** A user's name as GRANT takes it: the catalogue has it in upper case unless it was made otherwise. */
export const grantee = (user: string): string =>
  quote(/[a-z]/.test(user) && /[A-Z]/.test(user) ? user : user.toUpperCase());

/** What a run needs. Its user finds the tables when it owns them, or when its CURRENT_SCHEMA is their owner's. */
export const grants: Ddl["grants"] = (side, tables, readOnly, user) => {
  const to = grantee(user.name);
  const grant = (privileges: string, object: string): string =>
    guarded(`GRANT ${privileges} ON ${quote(object)} TO ${to}`, [TO_ONESELF]);
  const reads = readOnly.map((name) => grant("SELECT", name));
  const [first] = tables;
  if (side === "source") {
    return [
      ...tables.flatMap((t) => [
        grant("SELECT", t.source.name),
        grant("SELECT, UPDATE, DELETE", t.names.journal),
        // Without it the sequence, which belongs to capture, is not seen ("Database Reference", "ALL_SEQUENCES").
        grant("SELECT", sequenceName(t.names.journal)),
      ]),
      ...reads,
      ...TRANSACTION_VIEWS.map((view) =>
        guarded(`GRANT SELECT ON SYS.${view} TO ${to}`, [TO_ONESELF, ...NOT_ADMINISTRATOR]),
      ),
    ];
  }
  const shared = first === undefined ? [] : [...sharedTables(first.target.name), LOCKS];
  return [
    ...tables.flatMap((t) => [
      ...[t, ...alsoWritten(t)].map(({ target }) => grant("SELECT, INSERT, UPDATE, DELETE", target.name)),
      grant("SELECT, INSERT, UPDATE, DELETE", t.targetNames.checkpoint),
    ]),
    ...shared.map((table) => grant("SELECT, INSERT, UPDATE, DELETE", table)),
    ...reads,
  ];
};
