/**
 * What an operator does wrong on the first evenings. Each mistake has one error with one advice, the exit code of the README's
 * table, and leaves both databases as they were: their catalogues and every row.
 */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readCatalogue } from "../support/catalogue.ts";
import { type CliPair, openCliPair } from "../support/cli-pair.ts";
import { runInProcess } from "../support/command-in-process.ts";
import { writeConfigFiles } from "../support/config-files.ts";
import { describeDialects } from "../support/dialects.ts";
import { testEnv } from "../support/env.ts";
import type { TestDatabase } from "../support/servers/test-server.ts";
import { createTables } from "../support/wso2-tables.ts";

const TABLE = "IDN_IDENTITY_USER_DATA";
const OTHER = "X_NOTE";
const put = (name: string): string =>
  `INSERT INTO ${TABLE} (TENANT_ID, USER_NAME, DATA_KEY, DATA_VALUE) VALUES (1, '${name}', 'k', 'v')`;

interface Mistake {
  readonly what: string;
  readonly args: readonly string[];
  /** Files of the folder that are other than they should be. */
  readonly files?: Readonly<Record<string, string | ((right: string) => string)>>;
  readonly exit: number;
  readonly code: string;
  readonly says: RegExp;
}

/** Mistakes that no database is needed for: made once. */
const WORDS: readonly Mistake[] = [
  {
    what: "a command that does not exist",
    args: ["migrate"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /unknown command 'mi\.\.\.'/,
  },
  {
    what: "a misspelt command",
    args: ["prepar"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /Did you mean prepare\?/,
  },
  {
    what: "an option of another command",
    args: ["run", "--yes"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /unknown option/,
  },
  {
    what: "an argument too many",
    args: ["run", "now"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /too many arguments for 'run'/,
  },
  {
    what: "an option without its value",
    args: ["drain", "--wait", "--timeout"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /argument missing/,
  },
  {
    what: "--once with --until-drained",
    args: ["run", "--once", "--until-drained"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /exclude each other/,
  },
  {
    what: "a misspelt option",
    args: ["drain", "--wiat"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /Did you mean --wait\?/,
  },
  {
    what: "a timeout of nothing",
    args: ["drain", "--wait", "--timeout", "0"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /--timeout is "0"/,
  },
  {
    what: "a lag with a unit",
    args: ["drain", "--max-lag", "2s"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /--max-lag is "2s"/,
  },
  {
    what: "--delete-extra without --repair",
    args: ["verify", "--delete-extra"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /--delete-extra is given without --repair/,
  },
  {
    what: "a negative speed",
    args: ["verify", "--max-rows-per-second=-1"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /--max-rows-per-second is "-1"/,
  },
  {
    what: "--out without --generate-ddl",
    args: ["prepare", "--out", "x"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /--out is given without --generate-ddl/,
  },
  {
    what: "--generate-ddl with --dry-run",
    args: ["prepare", "--generate-ddl", "--dry-run"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /exclude each other/,
  },
  {
    what: "purge without --yes",
    args: ["purge"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /purge deletes applied changes/,
  },
  {
    what: "two of the Java client's words at once",
    args: ["-DsyncData", "-DprepareSync"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /two commands at once/,
  },
  {
    what: "-DconfigFile without a path",
    args: ["-DsyncData", "-DconfigFile"],
    exit: 2,
    code: "USAGE_INVALID",
    says: /names no file/,
  },
  {
    what: "a configuration that is not there",
    args: ["run", "--config", "/nonexistent/sync.properties"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /\/nonexistent\/sync\.properties: no such file/,
  },
  {
    what: "a folder in the place of the configuration",
    args: ["run", "--config", "/tmp"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /\/tmp: is a directory, wanted a file/,
  },
  {
    what: "a deployment.toml that is not there",
    args: ["run", "--deployment", "/nonexistent/deployment.toml"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /deployment\.toml: no such file/,
  },
  {
    what: "a key left out",
    args: ["run"],
    files: { "sync.properties": (right) => right.replace(/^syncTables.*$/m, "") },
    exit: 3,
    code: "CONFIG_INVALID",
    says: /syncTables: missing/,
  },
  {
    what: "a misspelt key",
    args: ["run"],
    files: { "sync.properties": (right) => `${right}batchsize=5\n` },
    exit: 3,
    code: "CONFIG_INVALID",
    says: /unknown key; did you mean "batchSize"\?/,
  },
  {
    what: "an override without a value",
    args: ["run", "-D", "batchSize"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /-D: found "batchSize", wanted -D key=value/,
  },
  {
    what: "a source newer than the target",
    args: ["run", "-D", "targetVersion=5.0.0"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /not above the targetVersion, 5\.0\.0/,
  },
  {
    what: "a version without its last part",
    args: ["run", "-D", "sourceVersion=5.7"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /did you mean "5\.7\.0"\?/,
  },
  {
    what: "a misspelt table",
    args: ["run", "-D", "syncTables=IDN_IDENTITY_USERDATA"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /did you mean "IDN_IDENTITY_USER_DATA"\?/,
  },
  {
    what: "no table",
    args: ["run", "-D", "syncTables="],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /syncTables: found ""/,
  },
  {
    what: "one datasource for two",
    args: ["run", "-D", "identitySchema=jdbc/BlueIdentityDB"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /wanted two JNDI names/,
  },
  {
    what: "the same datasource twice",
    args: ["run", "-D", "identitySchema=jdbc/BlueIdentityDB,jdbc/BlueIdentityDB"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /two different datasources/,
  },
  {
    what: "a datasource that deployment.toml does not have",
    args: ["run", "-D", "identitySchema=jdbc/Blue,jdbc/Green"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /which has jdbc\/BlueIdentityDB, jdbc\/GreenIdentityDB/,
  },
  {
    what: "a batch of nothing",
    args: ["run", "-D", "batchSize=0"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /found "0", wanted a whole number from 1/,
  },
  {
    what: "a policy that does not exist",
    args: ["run", "-D", "conflictPolicy=newst"],
    exit: 3,
    code: "CONFIG_INVALID",
    says: /did you mean "newest"\?/,
  },
  {
    what: "a quote left open in deployment.toml",
    args: ["run"],
    files: { "deployment.toml": (right) => right.replace(/username = "/, "username = ") },
    exit: 3,
    code: "CONFIG_INVALID",
    says: /not valid TOML/,
  },
  {
    what: "a password left out",
    args: ["run"],
    files: { "deployment.toml": (right) => right.replace(/^password.*$/m, "") },
    exit: 3,
    code: "CONFIG_INVALID",
    says: /password: missing/,
  },
  {
    what: "a variable that is not set",
    args: ["run"],
    files: {
      "deployment.toml": (right) => right.replace(/^password.*$/m, 'password = "$env{NO_SUCH_VARIABLE}"'),
    },
    exit: 3,
    code: "CONFIG_INVALID",
    says: /\$env\{NO_SUCH_VARIABLE\} is set neither in/,
  },
  {
    what: "a secret without [secrets]",
    args: ["run"],
    files: { "deployment.toml": (right) => right.replace(/^password.*$/m, 'password = "$secret{blue}"') },
    exit: 3,
    code: "CONFIG_INVALID",
    says: /names no alias in \[secrets\]/,
  },
  {
    what: "the URL of an embedded H2",
    args: ["run"],
    files: {
      "deployment.toml": (right) =>
        right.replace(/^url.*$/m, 'url = "jdbc:h2:./repository/database/WSO2IDENTITY_DB"'),
    },
    exit: 3,
    code: "CONFIG_INVALID",
    says: /H2/i,
  },
  {
    what: "a URL that is none of JDBC",
    args: ["run"],
    files: { "deployment.toml": (right) => right.replace(/^url.*$/m, 'url = "postgres://blue/identity"') },
    exit: 3,
    code: "CONFIG_INVALID",
    says: /wanted jdbc:/,
  },
  {
    what: "a port beyond all ports",
    args: ["run"],
    files: {
      "deployment.toml": (right) => right.replace(/^url.*$/m, 'url = "jdbc:mysql://blue:330600/identity"'),
    },
    exit: 3,
    code: "CONFIG_INVALID",
    says: /port is not a number from 1 to 65535/,
  },
  {
    what: "a Windows login",
    args: ["run"],
    files: {
      "deployment.toml": (right) =>
        right.replace(/^url.*$/m, 'url = "jdbc:sqlserver://blue;databaseName=d;integratedSecurity=true"'),
    },
    exit: 3,
    code: "CONFIG_INVALID",
    says: /Windows login, which is not supported/,
  },
  {
    what: "a keystore that is not there",
    args: [
      "run",
      "-D",
      "source.tokenProcessor=encrypted",
      "-D",
      "source.keystore.1.path=/nonexistent.jks",
      "-D",
      "source.keystore.1.storePassword=x",
      "-D",
      "source.keystore.1.alias=x",
    ],
    exit: 3,
    code: "KEY_INVALID",
    says: /\/nonexistent\.jks/,
  },
  {
    what: "a home of a server that is not there",
    args: ["run", "--source-home", "/nonexistent"],
    exit: 3,
    code: "KEY_INVALID",
    says: /\/nonexistent/,
  },
];

const url = (change: (url: string) => string) => ({
  "deployment.toml": (right: string) =>
    right.replace(/^url = "(.*)"$/m, (_, one: string) => `url = "${change(one)}"`),
});

describeDialects(
  "The operator's mistakes",
  (dialect) => {
    let pair: CliPair;
    let right: Readonly<Record<string, string>>;
    let http: Server;
    let httpPort: number;
    const { name } = dialect;

    const rows = async (database: TestDatabase): Promise<string> => {
      const all: unknown[] = [];
      // SYNC_STATE is left out: what a command found is remembered there.
      for (const table of [TABLE, `${TABLE}_S`, `${TABLE}_SV`, "SYNC_DEAD_LETTERS"])
        all.push(await database.query(`SELECT * FROM ${table}`).catch(() => "no such table"));
      return JSON.stringify(all);
    };
    const state = async () => [
      await readCatalogue(pair.blue),
      await readCatalogue(pair.green),
      await rows(pair.blue),
      await rows(pair.green),
    ];
    const place = async (files: Mistake["files"] = {}): Promise<void> => {
      for (const [file, text] of Object.entries(right)) {
        const change = files[file];
        const content = change === undefined ? text : typeof change === "string" ? change : change(text);
        await writeFile(join(pair.folder, file), content);
      }
    };

    beforeAll(async () => {
      http = createServer((socket) => {
        socket.on("error", () => undefined).on("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
      });
      await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
      httpPort = (http.address() as { port: number }).port;
      pair = await openCliPair(dialect);
      const { folder, blue, green } = pair;
      await blue.exec([
        ...createTables(name, "5.9.0", [TABLE]),
        `CREATE TABLE ${OTHER} (ID INTEGER PRIMARY KEY)`,
        put("missed by the dump"),
      ]);
      await green.exec(createTables(name, "5.9.0", [TABLE]));
      await green.exec([
        `CREATE TABLE ${OTHER} (ID INTEGER PRIMARY KEY)`,
        "CREATE TABLE W (ID INTEGER PRIMARY KEY)",
      ]);
      await blue.exec(`CREATE VIEW W AS SELECT TENANT_ID AS ID FROM ${TABLE}`);
      await writeConfigFiles(folder, {
        source: blue,
        target: green,
        sourceVersion: "5.9.0",
        targetVersion: "5.9.0",
        syncTables: [TABLE],
        properties: { syncInterval: "50" },
      });
      right = {
        "sync.properties": await readFile(join(folder, "sync.properties"), "utf8"),
        "deployment.toml": await readFile(join(folder, "deployment.toml"), "utf8"),
      };
      expect((await runInProcess(["prepare"], folder)).code).toBe(0);
      await blue.exec(put("applied"));
      expect((await runInProcess(["run", "--until-drained"], folder)).code).toBe(0);
      await blue.exec(put("pending"));
      await mkdir(join(folder, "logs"), { recursive: true });
      before = await state();
    });
    afterAll(async () => {
      await new Promise((resolve) => http.close(resolve));
      await pair.close();
    });

    let before: Awaited<ReturnType<typeof state>>;
    async function expectUnchanged(): Promise<void> {
      const was = before;
      before = await state();
      expect(before).toEqual(was);
    }

    async function make({ args, files, exit, code, says }: Mistake): Promise<void> {
      await place(files);
      const said = await runInProcess(args, pair.folder);
      await place();
      const lines = said.stderr.split("\n");
      expect({
        exit: said.code,
        stderr: said.stderr,
        errors: lines.filter((line) => line.startsWith("error: ")).length,
        advice: lines.filter((line) => line.startsWith("next: ")).length,
      }).toEqual({
        exit,
        stderr: expect.stringMatching(new RegExp(`\\[${code}\\]\\nnext: `)),
        errors: 1,
        advice: 1,
      });
      expect(`${said.stdout}${said.stderr}`).toMatch(says);
    }

    // What is refused before anything is connected to is the same whichever database it is.
    test.each(testEnv.dialects()[0] === name ? WORDS : [])("$what", make);
    test("in words leave both databases as they were", () => expectUnchanged());

    const wrongKind = name === "postgres" ? "mysql" : "postgresql";
    const ON_DATABASES: readonly (Omit<Mistake, "files"> & { readonly files?: () => Mistake["files"] })[] = [
      {
        what: "a port that nobody listens on",
        args: ["run"],
        files: () => url((one) => one.replace(/:\d+\//, ":1/")),
        exit: 4,
        code: "DATABASE_UNREACHABLE",
        says: /nothing listens on this port \(ECONNREFUSED\)/,
      },
      {
        what: "a host that does not exist",
        args: ["status"],
        files: () => url((one) => one.replace("127.0.0.1", "no-such-host.invalid")),
        exit: 4,
        code: "DATABASE_UNREACHABLE",
        says: /the host's name is not known|the name service does not answer/,
      },
      {
        what: "the port of an HTTP server",
        args: ["drain"],
        files: () => url((one) => one.replace(/:\d+\//, `:${httpPort}/`)),
        exit: 4,
        code: "DATABASE_UNREACHABLE",
        says: /an HTTP server answers there/,
      },
      {
        what: "the URL of another product",
        args: ["verify"],
        files: () => url((one) => one.replace(/^jdbc:\w+:/, `jdbc:${wrongKind}:`)),
        exit: 4,
        code: "DATABASE_UNREACHABLE",
        says: name === "postgres" ? /PostgreSQL answers there/ : /MySQL or MariaDB answers there/,
      },
      {
        what: "a database that does not exist",
        args: ["run"],
        files: () => url((one) => `${one}_none`),
        exit: 4,
        code: "DATABASE_UNREACHABLE",
        says: /the database does not exist|may not use the database/,
      },
      {
        what: "a wrong password",
        args: ["prepare"],
        files: () => ({
          "deployment.toml": (text) => text.replace(/^password = ".*"$/m, 'password = "another"'),
        }),
        exit: 4,
        code: "DATABASE_UNREACHABLE",
        says: /the password is wrong or was changed/,
      },
      {
        what: "an empty password",
        args: ["run"],
        files: () => ({ "deployment.toml": (text) => text.replace(/^password = ".*"$/m, 'password = ""') }),
        exit: 4,
        code: "DATABASE_UNREACHABLE",
        says:
          name === "postgres"
            ? /asks for a password, and the one that is configured is empty/
            : /refuses the login/,
      },
      {
        what: "TLS demanded of a server without it, or with a certificate of its own making",
        args: ["run"],
        files: () =>
          url(
            (one) =>
              `${one}?${name === "postgres" ? "sslmode=verify-full" : name === "mysql" ? "sslMode=VERIFY_IDENTITY" : "sslMode=verify-full"}`,
          ),
        exit: 4,
        code: "DATABASE_UNREACHABLE",
        says: name === "mysql" ? /certificate is refused/ : /offers no TLS, and the URL demands it/,
      },
      {
        what: "one database under two names",
        args: ["prepare"],
        files: () => ({
          "deployment.toml": (text) => {
            const [, blue = ""] = /^url = "(.*)"$/m.exec(text) ?? [];
            const [, user = ""] = /^username = "(.*)"$/m.exec(text) ?? [];
            return text
              .replace(/^url = ".*"$/gm, `url = "${blue}"`)
              .replace(/^username = ".*"$/gm, `username = "${user}"`);
          },
        }),
        exit: 5,
        code: "SAME_DATABASE",
        says: /one and the same database/,
      },
      {
        what: "source and target the wrong way round",
        args: ["prepare", "-D", "identitySchema=jdbc/GreenIdentityDB,jdbc/BlueIdentityDB"],
        exit: 5,
        code: "SIDES_SWAPPED",
        says: /changed places|swapped/,
      },
      {
        what: "repair with the sides the wrong way round",
        args: ["verify", "--repair", "-D", "identitySchema=jdbc/GreenIdentityDB,jdbc/BlueIdentityDB"],
        exit: 5,
        code: "SIDES_SWAPPED",
        says: /changed places|swapped/,
      },
      {
        what: "a table that blue does not have",
        args: ["run", "-D", "syncTables=X_NONE"],
        exit: 5,
        code: "PLAN_IMPOSSIBLE",
        says: /X_NONE: the source has no such table/,
      },
      {
        what: "a view in the place of a table",
        args: ["prepare", "-D", "syncTables=W"],
        exit: 5,
        code: "PLAN_IMPOSSIBLE",
        says: /W: on the source it is a view/,
      },
      {
        what: "a table that prepare was not told of",
        args: ["run", "-D", `syncTables=${TABLE},${OTHER}`],
        exit: 5,
        code: "NOT_PREPARED",
        says: new RegExp(`${OTHER}: no journal`),
      },
      {
        what: "drain while changes are pending",
        args: ["drain"],
        exit: 5,
        code: "CHANGES_PENDING",
        says: /drained: no/,
      },
      {
        what: "cleanup while changes are pending",
        args: ["cleanup", "--yes"],
        exit: 5,
        code: "CHANGES_PENDING",
        says: /1 change/,
      },
      {
        what: "cleanup without --yes",
        args: ["cleanup", "--discard-pending"],
        exit: 2,
        code: "USAGE_INVALID",
        says: /cleanup would remove/,
      },
      {
        what: "discard without --yes",
        args: ["dead-letters", "discard"],
        exit: 2,
        code: "USAGE_INVALID",
        says: /without --yes; there are no dead letters/,
      },
      {
        what: "letters of a table that is not synced",
        args: ["dead-letters", "list", "--table", OTHER],
        exit: 2,
        code: "USAGE_INVALID",
        says: /which is not in syncTables/,
      },
      {
        what: "a letter that does not exist",
        args: ["dead-letters", "retry", "--id", "0123abc"],
        exit: 2,
        code: "USAGE_INVALID",
        says: /There is no dead letter with the id 0123abc/,
      },
      {
        what: "scripts into a file's place",
        args: ["prepare", "--generate-ddl", "--out", "/dev/null/x"],
        exit: 2,
        code: "USAGE_INVALID",
        says: /cannot be written/,
      },
      {
        what: "a row that the dump missed",
        args: ["verify"],
        exit: 6,
        code: "VERIFY_MISMATCH",
        says: /missing +IDN_IDENTITY_USER_DATA/,
      },
      {
        what: "doctor on a wrong configuration of tables",
        args: ["doctor", "-D", "syncTables=X_NONE"],
        exit: 6,
        code: "DOCTOR_FAILED",
        says: /FAIL +identity tables\.match/,
      },
      ...(name === "postgres"
        ? [
            {
              what: "a schema that does not exist",
              args: ["run"],
              files: () => url((one) => `${one}?currentSchema=none`),
              exit: 5,
              code: "DATABASE_UNSUPPORTED",
              says: /No schema of the search path exists/,
            },
          ]
        : []),
    ];
    test.each(ON_DATABASES)("$what", async ({ files, ...mistake }) => {
      await make({ ...mistake, ...(files === undefined ? {} : { files: files() ?? {} }) });
      await expectUnchanged();
    });

    // Those of `verify` and `drain` are among the mistakes.
    test.each([
      ["doctor"],
      ["status"],
      ["status", "--json"],
      ["dead-letters", "list"],
      ["prepare", "--dry-run"],
      ["run", "--dry-run"],
    ])("commands that only look leave both databases as they are: %s", async (...args) => {
      const { code } = await runInProcess(args, pair.folder);
      expect([0, 5, 6]).toContain(code);
      await expectUnchanged();
    });

    test("are sixty and more", () => {
      expect(WORDS.length + ON_DATABASES.length).toBeGreaterThanOrEqual(60);
    });
  },
  ["postgres", "mysql", "mariadb"],
);
