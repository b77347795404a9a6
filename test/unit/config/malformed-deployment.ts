/** Mistakes in deployment.toml outside its URLs, each with the report an operator gets. */
import {
  GOOD_TOML,
  type MalformedConfiguration,
  properties,
  toml,
  withLine,
} from "./malformed-configuration.ts";

const IDENTITY_DB = `[database.identity_db]
type = "mysql"
hostname = "green"
name = "identity"
username = "sync"
password = "green-secret"
`;
const TO_IDENTITY_DB = properties(4, "identitySchema=jdbc/Blue,jdbc/WSO2IdentityDB");
function identityDb(line: number, text: string): string {
  return GOOD_TOML + withLine(IDENTITY_DB, line, text);
}

export const MALFORMED_DEPLOYMENT: readonly MalformedConfiguration[] = [
  {
    name: "a placeholder that is set nowhere",
    toml: toml(5, 'password = "$env{BLUE_PASSWORD}"'),
    report: [
      'conf/deployment.toml:5: datasource "Blue": password: $env{BLUE_PASSWORD} is set neither in the environment nor in conf/.env',
    ],
  },
  {
    name: "a system property that is not given",
    toml: toml(3, 'url = "jdbc:mysql://$sys{db.host}/identity"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: $sys{db.host} is not set, wanted -D db.host=VALUE',
    ],
  },
  {
    name: "a reference to nothing",
    toml: toml(5, 'password = "$ref{keystore.password}"'),
    report: [
      'conf/deployment.toml:5: datasource "Blue": password: $ref{ke...} names no value in deployment.toml',
    ],
  },
  {
    name: "a secret without an alias",
    toml: toml(5, 'password = "$secret{blue}"'),
    report: [
      'conf/deployment.toml:5: datasource "Blue": password: $secret{bl...} names no alias in [secrets]',
    ],
  },
  {
    name: "references in a circle",
    toml: `${toml(5, 'password = "$ref{a.b}"')}[a]\nb = "$ref{a.c}"\nc = "$ref{a.b}"\n`,
    report: [
      'conf/deployment.toml:5: datasource "Blue": password: $ref{a.b} -> $ref{a.c} -> $ref{a.b} leads back to itself',
    ],
  },
  {
    name: "a secret encrypted by the cipher tool",
    toml: `${toml(5, 'password = "$secret{blue}"')}[secrets]\nblue = "${"Zm9vYmFy".repeat(43)}"\n`,
    report: [
      'conf/deployment.toml:5: datasource "Blue": password: $secret{blue} is encrypted by WSO2\'s cipher tool, wanted its plain text in brackets, or $env{NAME} in its place',
    ],
  },
  {
    name: "a text that is not TOML",
    toml: toml(5, 'password = "blue-secret'),
    report: [
      'conf/deployment.toml:5: not valid TOML: control characters are not allowed in strings; a closing quote is missing, or a text of several lines stands in " and not in """',
    ],
  },
  {
    name: "a URL over several lines in single quotes",
    toml: toml(3, 'url = "jdbc:oracle:thin:@(DESCRIPTION=\n(X))"'),
    report: [
      'conf/deployment.toml:3: not valid TOML: control characters are not allowed in strings; a closing quote is missing, or a text of several lines stands in " and not in """',
    ],
  },
  {
    name: "single brackets around datasource",
    toml: "[datasource]\nid = 'Blue'\n",
    report: [
      'conf/sync.properties:4: identitySchema: found "jdbc/Blue", wanted a datasource of conf/deployment.toml, which has no datasource',
      'conf/sync.properties:4: identitySchema: found "jdbc/Green", wanted a datasource of conf/deployment.toml, which has no datasource',
      "conf/deployment.toml:1: datasource: wanted [[datasource]], in two pairs of brackets",
    ],
  },
  {
    name: "two datasources of one name",
    toml: toml(8, 'id = "Blue"'),
    report: [
      'conf/sync.properties:4: identitySchema: found "jdbc/Green", wanted a datasource of conf/deployment.toml, which has jdbc/Blue',
      'conf/deployment.toml:7: datasource "Blue": given twice, first on line 1',
    ],
  },
  {
    name: "a datasource without an id",
    toml: toml(8, 'url2 = ""'),
    report: [
      'conf/sync.properties:4: identitySchema: found "jdbc/Green", wanted a datasource of conf/deployment.toml, which has jdbc/Blue',
      'conf/deployment.toml:7: datasource: missing "id", wanted the name that follows jdbc/ in sync.properties',
    ],
  },
  {
    name: "no URL",
    toml: toml(3, ""),
    report: ['conf/deployment.toml:1: datasource "Blue": url: missing, wanted a JDBC URL'],
  },
  {
    name: "a misspelt key of a datasource",
    toml: toml(4, 'usrname = "sync"'),
    report: ['conf/deployment.toml:4: datasource "Blue": usrname: unknown key; did you mean "username"?'],
  },
  {
    name: "neither user nor password",
    toml: toml(4, "").replace(/password = "blue-secret"\n/, ""),
    report: [
      'conf/deployment.toml:1: datasource "Blue": username: missing, wanted the database user\'s name',
      'conf/deployment.toml:1: datasource "Blue": password: missing, wanted the database user\'s password',
    ],
  },
  {
    name: "an empty user",
    toml: toml(4, 'username = ""'),
    report: ['conf/deployment.toml:4: datasource "Blue": username: is empty'],
  },
  {
    name: "a password that is not a text",
    toml: toml(5, "password = [1, 2]"),
    report: ['conf/deployment.toml:5: datasource "Blue": password: wanted a text in quotes'],
  },
  {
    name: "a pool size that is not a number",
    toml: `${GOOD_TOML}[datasource.pool_options]\nmaxActive = "lots"\n`,
    report: [
      'conf/deployment.toml:13: datasource "Green": pool_options: maxActive: found "lo...", wanted a whole number from 1 to 10000',
    ],
  },
  {
    name: "a pool of the source that a command would wait for itself with",
    toml: toml(5, 'password = "blue-secret"\n[datasource.pool_options]\nmaxActive = 2'),
    report: [
      'conf/deployment.toml:7: datasource "Blue": pool_options: maxActive: found 2, wanted at least 3 connections: one that reads the journals, one for look-ups, one for a lock',
    ],
  },
  {
    name: "a pool of the target that is too small for the parallelism",
    defines: ["parallelism=8"],
    toml: `${GOOD_TOML}[datasource.pool_options]\nmaxActive = 9\n`,
    report: [
      'conf/deployment.toml:13: datasource "Green": pool_options: maxActive: found 9, wanted at least 10 connections: 8 that write (parallelism=8), one for look-ups, one for the locks',
    ],
  },
  {
    name: "pool options that are no table",
    toml: `${GOOD_TOML}pool_options = 5\n`,
    report: ['conf/deployment.toml:12: datasource "Green": pool_options: wanted a table of options'],
  },
  {
    name: "a database type without support",
    properties: TO_IDENTITY_DB,
    toml: identityDb(2, 'type = "h2"'),
    report: [
      'conf/deployment.toml:13: database.identity_db: type: found "h2": H2 is not supported by sync-tool, which writes no scripts for it either (prepare --generate-ddl), wanted MySQL, MariaDB, PostgreSQL, SQL Server or Oracle: move the data to one of them first, or migrate with WSO2\'s client while the source is stopped',
    ],
  },
  {
    name: "a misspelt database type",
    properties: TO_IDENTITY_DB,
    toml: identityDb(2, 'type = "postgress"'),
    report: [
      'conf/deployment.toml:13: database.identity_db: type: found "postgress", wanted one of mysql, mariadb, postgre, postgresql, mssql, oracle; did you mean "postgre"?',
    ],
  },
  {
    name: "a database without a host",
    properties: TO_IDENTITY_DB,
    toml: identityDb(3, ""),
    report: [
      "conf/deployment.toml:12: database.identity_db: hostname: missing, wanted a host name or address",
    ],
  },
  {
    name: "a database with a misspelt host",
    properties: TO_IDENTITY_DB,
    toml: identityDb(3, 'host = "green"'),
    report: ['conf/deployment.toml:14: database.identity_db: host: unknown key; did you mean "hostname"?'],
  },
  {
    name: "a port out of range",
    properties: TO_IDENTITY_DB,
    toml: identityDb(3, 'hostname = "green"\nport = "70000"'),
    report: [
      'conf/deployment.toml:15: database.identity_db: port: found "70000", wanted a whole number from 1 to 65535',
    ],
  },
  {
    name: "a type that contradicts the URL",
    properties: TO_IDENTITY_DB,
    toml: identityDb(3, 'url = "jdbc:postgresql://green/identity"'),
    report: [
      'conf/deployment.toml:13: database.identity_db: type: found "mysql", but the URL is of postgres',
    ],
  },
];
