/** Users that enter a database with no right of their own, and what a DBA says to make and remove them. */

import type { TestDialectName } from "./env.ts";
import { TEST_PASSWORD } from "./servers/database.ts";
import type { TestDatabase } from "./servers/test-server.ts";
import { waitFor } from "./wait-for.ts";

interface UserWords {
  /** The user's name as GRANT takes it. */
  readonly grantee: (user: string) => string;
  /** Once on the server. */
  readonly create: (user: string) => readonly string[];
  /** In each database that the user enters. */
  readonly enter: (user: string, database: string) => readonly string[];
  /** In each of them again, with what the user was granted there. */
  readonly leave: (user: string) => readonly string[];
  readonly drop: (user: string) => readonly string[];
  /** Rows while somebody is logged in as the user, where that keeps it from being dropped. */
  readonly sessions?: (user: string) => string;
}

const MYSQL: UserWords = {
  grantee: (user) => `'${user}'@'%'`,
  create: (user) => [`CREATE USER '${user}'@'%' IDENTIFIED BY '${TEST_PASSWORD}'`],
  enter: () => [],
  leave: () => [],
  drop: (user) => [`DROP USER '${user}'@'%'`],
};

const WORDS: Readonly<Record<TestDialectName, UserWords>> = {
  postgres: {
    grantee: (user) => user,
    create: (user) => [`CREATE ROLE ${user} LOGIN PASSWORD '${TEST_PASSWORD}'`],
    enter: () => [],
    leave: (user) => [`DROP OWNED BY ${user}`],
    drop: (user) => [`DROP ROLE ${user}`],
  },
  mysql: MYSQL,
  mariadb: MYSQL,
  // A login of the server, and a user of each database that stands for it.
  mssql: {
    grantee: (user) => `[${user}]`,
    create: (user) => [`CREATE LOGIN [${user}] WITH PASSWORD = '${TEST_PASSWORD}', CHECK_POLICY = OFF`],
    enter: (user) => [`CREATE USER [${user}] FOR LOGIN [${user}]`],
    leave: (user) => [`DROP USER [${user}]`],
    drop: (user) => [`DROP LOGIN [${user}]`],
    sessions: (user) => `SELECT 1 AS S FROM sys.dm_exec_sessions WHERE login_name = '${user}'`,
  },
  // A user has a schema of its own. To find another's tables by their bare names is a DBA's doing, at the logon ("PL/SQL
  // Language Reference", "CREATE TRIGGER Statement", ON SCHEMA; "SQL Language Reference", "ALTER SESSION").
  oracle: {
    grantee: (user) => `"${user}"`,
    create: (user) => [
      `CREATE USER "${user}" IDENTIFIED BY "${TEST_PASSWORD}"`,
      `GRANT CREATE SESSION TO "${user}"`,
    ],
    enter: (user, database) => [
      `CREATE OR REPLACE TRIGGER "${user}"."TO_THE_TABLES" AFTER LOGON ON "${user}".SCHEMA
BEGIN
  EXECUTE IMMEDIATE 'ALTER SESSION SET CURRENT_SCHEMA = "${database}"';
END;`,
    ],
    leave: () => [],
    drop: (user) => [`DROP USER "${user}" CASCADE`],
    sessions: (user) => `SELECT 1 AS S FROM V$SESSION WHERE USERNAME = '${user}'`,
  },
};

const wordsOf = ({ settings }: TestDatabase): UserWords => WORDS[settings.type];

async function asAdmin(database: TestDatabase, statements: readonly string[]): Promise<void> {
  const session = await database.session({ admin: true });
  await session.exec(statements).finally(() => session.close());
}

/** A name for a user of this database, in the case that its own name has. */
export function userName(prefix: string, { name }: TestDatabase): string {
  const text = `${prefix}_${name}`.slice(0, 30);
  return name === name.toUpperCase() ? text.toUpperCase() : text;
}

/** The same database, entered as this user. */
export const enteredBy = (user: string, database: TestDatabase): TestDatabase => ({
  ...database,
  settings: { ...database.settings, user },
});

/** The user as GRANT names it in this database. */
export const granteeOf = (database: TestDatabase, user: string): string => wordsOf(database).grantee(user);

/** Makes a user with {@link TEST_PASSWORD} that can log in to these databases of one server. */
export async function createUser(user: string, databases: readonly TestDatabase[]): Promise<void> {
  const [first] = databases;
  if (first === undefined) return;
  await asAdmin(first, wordsOf(first).create(user));
  for (const database of databases) await asAdmin(database, wordsOf(database).enter(user, database.name));
}

/** Removes the user with everything that it was granted in these databases. */
export async function dropUser(user: string, databases: readonly TestDatabase[]): Promise<void> {
  const [first] = databases;
  if (first === undefined) return;
  const { drop, leave, sessions } = wordsOf(first);
  if (sessions !== undefined) {
    const admin = await first.session({ admin: true });
    await waitFor(async () => (await admin.query(sessions(user))).length === 0, {
      what: "the user's connections to end",
    });
    await admin.close();
  }
  for (const database of databases) await asAdmin(database, leave(user));
  await asAdmin(first, drop(user));
}
