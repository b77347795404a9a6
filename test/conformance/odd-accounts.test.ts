import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { runInProcess } from "../support/command-in-process.ts";
import { describeDialects, type TestDialect } from "../support/dialects.ts";
import { quoteName } from "../support/odd-names.ts";
import { testDatabase } from "../support/servers/database.ts";
import { openSession as openMysql } from "../support/servers/mysql-access.ts";
import { openSession as openPostgres } from "../support/servers/postgres-access.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { runScript } from "../support/sql-client.ts";

const PASSWORD = `p&w "q" 'a' \\ %41 $1 ? # é 日本`;
const TABLE = "IDN_IDENTITY_USER_DATA";
const COLUMNS = "TENANT_ID INTEGER, USER_NAME VARCHAR(100), DATA_KEY VARCHAR(100), DATA_VALUE VARCHAR(100)";
const CREATE = `CREATE TABLE ${TABLE} (${COLUMNS}, PRIMARY KEY (TENANT_ID, USER_NAME, DATA_KEY))`;

interface Names {
  readonly database: (side: string) => string;
  readonly user: (side: string) => string;
  readonly schema?: string;
}

const MYSQL: Names = {
  database: (side) => `odd "${side}" 'x' %41 ?&+; ü \``,
  user: (side) => `u "${side}" 'x'%?ü \``,
};
const NAMES: Partial<Record<string, Names>> = {
  mysql: MYSQL,
  mariadb: MYSQL,
  postgres: {
    database: (side) => `odd "${side}" 'x' %41 ?&+; ü $$`,
    user: (side) => `u "${side}" 'x'%?ü $sync_tool$`,
    schema: `Sch?ema "x" 'y' %1$I $sync_tool$`,
  },
};

const text = (value: string): string => `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
const postgresText = (value: string): string => `'${value.replaceAll("'", "''")}'`;

describeDialects(
  "Databases, schemas, users and passwords with odd characters",
  (dialect) => {
    const names = NAMES[dialect.name] as Names;
    const isPostgres = dialect.name === "postgres";
    let folder: string | undefined;
    let foothold: TestDatabase | undefined;
    afterEach(async () => {
      if (foothold !== undefined) await removeAll(foothold);
      await foothold?.drop();
      if (folder !== undefined) await rm(folder, { recursive: true });
    });

    const q = (name: string): string => quoteName(dialect.name, name);
    const account = (side: string): string =>
      isPostgres ? q(names.user(side)) : `${text(names.user(side))}@'%'`;

    async function removeAll(own: TestDatabase): Promise<void> {
      const admin = await own.session({ admin: true });
      for (const side of ["blue", "green"]) {
        await admin.exec(
          `DROP DATABASE IF EXISTS ${q(names.database(side))}${isPostgres ? " WITH (FORCE)" : ""}`,
        );
        await admin.exec(
          isPostgres ? `DROP ROLE IF EXISTS ${account(side)}` : `DROP USER IF EXISTS ${account(side)}`,
        );
      }
      await admin.close();
    }

    async function open(own: TestDialect, side: string): Promise<TestDatabase> {
      const server = await own.server();
      foothold ??= await server.createDatabase();
      const [database, user] = [names.database(side), names.user(side)];
      const admin = await foothold.session({ admin: true });
      await admin.exec(
        isPostgres
          ? [
              `CREATE ROLE ${q(user)} LOGIN PASSWORD ${postgresText(PASSWORD)}`,
              `CREATE DATABASE ${q(database)} OWNER ${q(user)} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`,
            ]
          : [
              `CREATE DATABASE ${q(database)} CHARACTER SET utf8mb4`,
              `CREATE USER ${account(side)} IDENTIFIED BY ${text(PASSWORD)}`,
              `GRANT ALL PRIVILEGES ON ${q(database.replaceAll("_", "\\_").replaceAll("%", "\\%"))}.* TO ${account(side)}`,
            ],
      );
      await admin.close();
      const openSession = isPostgres ? openPostgres : openMysql;
      const made = testDatabase({
        ...{ name: database, address: { ...server, dialect: dialect.name }, jdbcUrl: "" },
        open: (entered) => openSession({ ...entered, user, password: PASSWORD }),
        remove: () => Promise.resolve(),
      });
      const schema =
        names.schema === undefined
          ? []
          : [`CREATE SCHEMA ${q(names.schema)}`, `SET search_path = ${q(names.schema)}`];
      await made.exec([...schema, CREATE]);
      return { ...made, settings: { ...made.settings, user, password: PASSWORD } };
    }

    test("are logged in to, prepared, synced, verified and cleaned up, by commands and by scripts", {
      timeout: 240_000,
    }, async () => {
      folder = await mkdtemp(join(tmpdir(), "sync-tool-odd-"));
      const cwd = folder;
      const [blue, green] = [await open(dialect, "blue"), await open(dialect, "green")];
      const table = names.schema === undefined ? TABLE : `${q(names.schema)}.${TABLE}`;
      await writeFile(
        join(folder, "sync.properties"),
        `sourceVersion=5.11.0\ntargetVersion=5.11.0\nsyncTables=${TABLE}\nidentitySchema=jdbc/Blue,jdbc/Green\n`,
      );
      const datasource = (id: string, { settings }: TestDatabase): string => {
        const [{ host, port } = { host: "", port: 0 }] = settings.hosts;
        const product = isPostgres ? "postgresql" : dialect.name;
        const schema =
          names.schema === undefined ? "" : `?currentSchema=${encodeURIComponent(q(names.schema))}`;
        const url = `jdbc:${product}://${host}:${port}/${encodeURIComponent(settings.database)}${schema}`;
        // A TOML text in double quotes has JSON's escapes; the server reads an ampersand as one of XML.
        const toml = (value: string): string => JSON.stringify(value.replaceAll("&", "&amp;"));
        return `[[datasource]]\nid = "${id}"\nurl = ${toml(url)}\nusername = ${toml(settings.user)}\npassword = ${toml(settings.password)}\n`;
      };
      await writeFile(join(folder, "deployment.toml"), datasource("Blue", blue) + datasource("Green", green));
      const cli = async (...args: readonly string[]): Promise<string> => {
        const { code, stdout, stderr } = await runInProcess(args, cwd);
        expect({ args, code, stderr: code === 0 ? "" : stderr }).toEqual({ args, code: 0, stderr: "" });
        return stdout;
      };
      const play = async (script: string): Promise<void> => {
        const file = join(cwd, "scripts", `identity_${script}.sql`);
        if (names.schema !== undefined)
          await writeFile(file, `SET search_path = ${q(names.schema)};\n${await readFile(file, "utf8")}`);
        const result = await runScript(script.startsWith("source") ? blue : green, file);
        expect({ script, ...result }).toEqual({ script, code: 0, output: "" });
      };
      const rows = async (database: TestDatabase): Promise<unknown> =>
        await database.query(`SELECT USER_NAME, DATA_VALUE FROM ${table} ORDER BY TENANT_ID`);

      await cli("prepare");
      await blue.exec(`INSERT INTO ${table} VALUES (1, 'zoë', 'a?b', 'x'), (2, 'ann', 'k', 'y')`);
      await cli("run", "--until-drained");
      expect(await rows(green)).toEqual(await rows(blue));
      await cli("verify");
      await cli("status");
      await cli("cleanup", "--yes");

      await cli("prepare", "--generate-ddl", "--out", join(cwd, "scripts"));
      for (const script of ["source", "target"]) await play(script);
      if (!isPostgres) await grantAsAdmin(blue, green, cwd);
      await blue.exec(`DELETE FROM ${table} WHERE TENANT_ID = 1`);
      await cli("run", "--until-drained");
      expect(await rows(green)).toEqual([{ USER_NAME: "ann", DATA_VALUE: "y" }]);
      for (const script of ["source_remove", "target_remove"]) await play(script);
    });

    /** What the scripts grant is granted by somebody who may. */
    async function grantAsAdmin(blue: TestDatabase, green: TestDatabase, cwd: string): Promise<void> {
      for (const [side, database] of [
        ["source", blue],
        ["target", green],
      ] as const) {
        const file = join(cwd, "scripts", `identity_${side}_grants.sql`);
        const { user, password } = database.adminSettings;
        const result = await runScript(database, file, { ...database.settings, user, password });
        expect({ side, ...result }).toEqual({ side, code: 0, output: "" });
      }
    }
  },
  ["postgres", "mariadb", "mysql"],
);
