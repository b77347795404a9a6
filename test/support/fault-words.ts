/** How a set-up is broken that `doctor` is to mend, in the words of each database. */

import { IDENTITY_PROPERTY } from "../../src/dialect/mssql/introspect.ts";
import type { TestDialectName } from "./env.ts";

export interface FaultWords {
  /** Where a trigger can be there and not fire. */
  readonly disableTrigger?: (trigger: string, table: string) => string;
  readonly dropPrimaryKey: (table: string) => string;
  /** Gives a journal the identity of another one, as a dump does. */
  readonly copyIdentity: (journal: string, id: string, home: string) => string;
  /** What a user must be granted to see a journal, and the triggers of a table. */
  readonly showCopies: (journal: string, table: string, grantee: string) => readonly string[];
}

const MYSQL: FaultWords = {
  dropPrimaryKey: (table) => `ALTER TABLE ${table} DROP PRIMARY KEY`,
  copyIdentity: (journal, id, home) => `ALTER TABLE ${journal} COMMENT = 'sync-tool journal ${id} ${home}'`,
  showCopies: (journal, table, grantee) => [
    `GRANT SELECT ON ${journal} TO ${grantee}`,
    `GRANT TRIGGER ON ${table} TO ${grantee}`,
  ],
};

const WORDS: Readonly<Record<TestDialectName, FaultWords>> = {
  postgres: {
    disableTrigger: (trigger, table) => `ALTER TABLE ${table} DISABLE TRIGGER ${trigger}`,
    dropPrimaryKey: (table) => `ALTER TABLE ${table} DROP CONSTRAINT ${table.toLowerCase()}_pkey`,
    copyIdentity: (journal, id, home) => `COMMENT ON TABLE ${journal} IS 'sync-tool journal ${id} ${home}'`,
    showCopies: () => [],
  },
  mysql: MYSQL,
  mariadb: MYSQL,
  mssql: {
    disableTrigger: (trigger, table) => `DISABLE TRIGGER [${trigger}] ON [${table}]`,
    // The server has named the key itself.
    dropPrimaryKey: (table) =>
      `DECLARE @drop nvarchar(400) = (SELECT N'ALTER TABLE [${table}] DROP CONSTRAINT ' + QUOTENAME(name) FROM sys.key_constraints
WHERE parent_object_id = OBJECT_ID(N'[${table}]') AND type = 'PK');
EXEC (@drop)`,
    copyIdentity: (journal, id, home) =>
      `EXEC sp_updateextendedproperty @name = N'${IDENTITY_PROPERTY}', @value = N'${id} ${home}', @level0type = N'SCHEMA', @level0name = N'dbo', @level1type = N'TABLE', @level1name = N'${journal}'`,
    // Properties and triggers of a table are seen with VIEW DEFINITION ("Metadata visibility configuration").
    showCopies: (journal, table, grantee) => [
      `GRANT SELECT, VIEW DEFINITION ON [${journal}] TO ${grantee}`,
      `GRANT VIEW DEFINITION ON [${table}] TO ${grantee}`,
    ],
  },
  // Triggers and comments are seen with their table.
  oracle: {
    disableTrigger: (trigger) => `ALTER TRIGGER ${trigger} DISABLE`,
    dropPrimaryKey: (table) => `ALTER TABLE ${table} DROP PRIMARY KEY`,
    copyIdentity: (journal, id, home) => `COMMENT ON TABLE ${journal} IS 'sync-tool journal ${id} ${home}'`,
    showCopies: (journal, _table, grantee) => [`GRANT SELECT ON ${journal} TO ${grantee}`],
  },
};

export const faultWords = (dialect: TestDialectName): FaultWords => WORDS[dialect];
