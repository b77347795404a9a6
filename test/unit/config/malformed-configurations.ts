/** Configurations with mistakes, each with the report an operator gets. All passwords in them contain "secret". */

const VERSIONS =
  "5.0.0, 5.1.0, 5.2.0, 5.3.0, 5.4.0, 5.4.1, 5.5.0, 5.6.0, 5.7.0, 5.8.0, 5.9.0, 5.10.0, 5.11.0";

export const GOOD_PROPERTIES = `sourceVersion=5.7.0
targetVersion=5.11.0
syncTables=IDN_OAUTH2_ACCESS_TOKEN,IDN_OAUTH2_ACCESS_TOKEN_SCOPE
identitySchema=jdbc/Blue,jdbc/Green
`;

export const GOOD_TOML = `[[datasource]]
id = "Blue"
url = "jdbc:mysql://blue:3306/identity"
username = "sync"
password = "blue-secret"

[[datasource]]
id = "Green"
url = "jdbc:postgresql://green:5432/identity"
username = "sync"
password = "green-secret"
`;

/** GOOD_PROPERTIES with one line replaced. */
function properties(line: number, text: string): string {
  return withLine(GOOD_PROPERTIES, line, text);
}

/** GOOD_TOML with one line replaced. */
function toml(line: number, text: string): string {
  return withLine(GOOD_TOML, line, text);
}

function withLine(text: string, line: number, replacement: string): string {
  return text
    .split("\n")
    .map((old, index) => (index === line - 1 ? replacement : old))
    .join("\n");
}

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

export interface MalformedConfiguration {
  readonly name: string;
  /** Default: GOOD_PROPERTIES; null: no such file. */
  readonly properties?: string | null;
  /** Default: GOOD_TOML; null: no such file. */
  readonly toml?: string | null;
  readonly dotenv?: string;
  readonly defines?: readonly string[];
  /** The lines of the report. */
  readonly report: readonly string[];
}

export const MALFORMED: readonly MalformedConfiguration[] = [
  {
    name: "an empty sync.properties",
    properties: "",
    report: [
      `conf/sync.properties: sourceVersion: missing, wanted one of ${VERSIONS}`,
      `conf/sync.properties: targetVersion: missing, wanted one of ${VERSIONS}`,
      "conf/sync.properties: syncTables: missing, wanted table names separated by commas",
      "conf/sync.properties: identitySchema: missing, wanted two JNDI names, source,target",
    ],
  },
  { name: "no sync.properties", properties: null, report: ["conf/sync.properties: no such file"] },
  {
    name: "no deployment.toml",
    toml: null,
    report: [
      "deployment.toml: not found, looked at conf/deployment.toml (CARBON_HOME is not set); wanted there, or named by --deployment",
    ],
  },
  {
    name: "neither file",
    properties: null,
    toml: null,
    report: [
      "conf/sync.properties: no such file",
      "deployment.toml: not found, looked at conf/deployment.toml (CARBON_HOME is not set); wanted there, or named by --deployment",
    ],
  },
  {
    name: "a version that was never released",
    properties: properties(1, "sourceVersion=5.7"),
    report: [
      `conf/sync.properties:1: sourceVersion: found "5.7", wanted one of ${VERSIONS}; did you mean "5.7.0"?`,
    ],
  },
  {
    name: "a version that is no version",
    properties: properties(2, "targetVersion=latest"),
    report: [`conf/sync.properties:2: targetVersion: found "latest", wanted one of ${VERSIONS}`],
  },
  {
    name: "a source above the target",
    properties: properties(2, "targetVersion=5.6.0"),
    report: [
      'conf/sync.properties:1: sourceVersion: found "5.7.0", wanted a version not above the targetVersion, 5.6.0',
    ],
  },
  {
    name: "a batch size that is not a number",
    properties: `${GOOD_PROPERTIES}batchSize=many\n`,
    report: ['conf/sync.properties:5: batchSize: found "many", wanted a whole number from 1 to 100000'],
  },
  {
    name: "a batch size of zero",
    properties: `${GOOD_PROPERTIES}batchSize=0\n`,
    report: ['conf/sync.properties:5: batchSize: found "0", wanted a whole number from 1 to 100000'],
  },
  {
    name: "a batch size that is too large",
    properties: `${GOOD_PROPERTIES}batchSize=100001\n`,
    report: ['conf/sync.properties:5: batchSize: found "100001", wanted a whole number from 1 to 100000'],
  },
  {
    name: "a negative interval",
    properties: `${GOOD_PROPERTIES}\nsyncInterval=-1\n`,
    report: ['conf/sync.properties:6: syncInterval: found "-1", wanted a whole number from 0 to 86400000'],
  },
  {
    name: "an interval with a unit",
    properties: `${GOOD_PROPERTIES}syncInterval=5s\n`,
    report: ['conf/sync.properties:5: syncInterval: found "5s", wanted a whole number from 0 to 86400000'],
  },
  {
    name: "an optional key without a value",
    properties: `${GOOD_PROPERTIES}batchSize=\n`,
    report: ['conf/sync.properties:5: batchSize: found "", wanted a whole number from 1 to 100000'],
  },
  {
    name: "an unknown conflict policy",
    properties: `${GOOD_PROPERTIES}conflictPolicy=newst\n`,
    report: [
      'conf/sync.properties:5: conflictPolicy: found "newst", wanted one of dead-letter, keep-target, newest; did you mean "newest"?',
    ],
  },
  {
    name: "a misspelt key",
    properties: `${GOOD_PROPERTIES}batchsize=10\n`,
    report: ['conf/sync.properties:5: batchsize: unknown key; did you mean "batchSize"?'],
  },
  {
    name: "a misspelt mandatory key",
    properties: properties(3, "syncTable=IDN_OAUTH2_ACCESS_TOKEN"),
    report: ['conf/sync.properties:3: syncTable: unknown key; did you mean "syncTables"?'],
  },
  {
    name: "a key that is like no other",
    properties: `${GOOD_PROPERTIES}colour=green\n`,
    report: ["conf/sync.properties:5: colour: unknown key"],
  },
  {
    name: "a value without a key",
    properties: `${GOOD_PROPERTIES}=5\n`,
    report: ["conf/sync.properties:5: a value without a key"],
  },
  {
    name: "a malformed unicode escape",
    properties: `${GOOD_PROPERTIES}batchSize=\\u00g0\n`,
    report: ["conf/sync.properties:5: \\u is not followed by four hexadecimal digits"],
  },
  {
    name: "a misspelt table",
    properties: properties(3, "syncTables=IDN_OAUTH2_ACCESS_TOKENS"),
    report: [
      'conf/sync.properties:3: syncTables: found "IDN_OAUTH2_ACCESS_TOKENS", not a known table; did you mean "IDN_OAUTH2_ACCESS_TOKEN"?',
    ],
  },
  {
    name: "a table name with a quote in it",
    properties: properties(3, "syncTables=IDN'X"),
    report: [
      'conf/sync.properties:3: syncTables: found "IDN\'X", wanted a table name of letters, digits and _',
    ],
  },
  {
    name: "no table at all",
    properties: properties(3, "syncTables="),
    report: ['conf/sync.properties:3: syncTables: found "", wanted table names separated by commas'],
  },
  {
    name: "an empty name between two tables",
    properties: properties(3, "syncTables=IDN_A,,IDN_B"),
    report: ["conf/sync.properties:3: syncTables: has an empty name between two commas"],
  },
  {
    name: "one datasource where two are wanted",
    properties: properties(4, "identitySchema=jdbc/Blue"),
    report: [
      'conf/sync.properties:4: identitySchema: found "jdbc/Blue", wanted two JNDI names, source,target',
    ],
  },
  {
    name: "the same datasource twice",
    properties: properties(4, "identitySchema=jdbc/Blue,jdbc/Blue"),
    report: [
      'conf/sync.properties:4: identitySchema: found "jdbc/Blue,jdbc/Blue", wanted two different datasources for source and target',
    ],
  },
  {
    name: "a misspelt datasource",
    properties: properties(4, "identitySchema=jdbc/Blue,jdbc/Gren"),
    report: [
      'conf/sync.properties:4: identitySchema: found "jdbc/Gren", wanted a datasource of conf/deployment.toml, which has jdbc/Blue, jdbc/Green; did you mean "jdbc/Green"?',
    ],
  },
  {
    name: "a datasource without jdbc/",
    properties: properties(4, "identitySchema=Blue,jdbc/Green"),
    report: [
      'conf/sync.properties:4: identitySchema: found "Blue", wanted a datasource of conf/deployment.toml, which has jdbc/Blue, jdbc/Green; did you mean "jdbc/Blue"?',
    ],
  },
  {
    name: "a mistake in an override",
    defines: ["batchSize=0"],
    report: ['-D batchSize: found "0", wanted a whole number from 1 to 100000'],
  },
  {
    name: "a misspelt override",
    defines: ["batchSise=10"],
    report: ['-D batchSise: unknown key; did you mean "batchSize"?'],
  },
  {
    name: "an override without a value",
    defines: ["batchSize"],
    report: ["-D batchSize: wanted -D key=value"],
  },
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
      'conf/deployment.toml:5: datasource "Blue": password: $ref{keystore.password} names no value in deployment.toml',
    ],
  },
  {
    name: "a secret without an alias",
    toml: toml(5, 'password = "$secret{blue}"'),
    report: [
      'conf/deployment.toml:5: datasource "Blue": password: $secret{blue} names no alias in [secrets]',
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
    name: "a URL that is not one of JDBC",
    toml: toml(3, 'url = "mysql://root:blue-secret@blue:3306/identity"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "mysql://root:***@blue:3306/identity": wanted jdbc:, then one of mysql, mariadb, postgresql, sqlserver, jtds, oracle',
    ],
  },
  {
    name: "a misspelt product in the URL",
    toml: toml(3, 'url = "jdbc:mysq://blue:3306/identity"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:mysq://blue:3306/identity": wanted jdbc: and one of mysql, mariadb, postgresql, sqlserver, jtds, oracle; did you mean "mysql"?',
    ],
  },
  {
    name: "a URL of DB2",
    toml: toml(3, 'url = "jdbc:db2://blue:50000/identity"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:db2://blue:50000/identity": DB2 is not supported by sync-tool, wanted MySQL, MariaDB, PostgreSQL, SQL Server or Oracle',
    ],
  },
  {
    name: "a URL of H2",
    toml: toml(3, 'url = "jdbc:h2:./repository/database/WSO2_IDENTITY_DB"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:h2:./repository/database/WSO2_IDENTITY_DB": H2 is not supported by sync-tool, wanted MySQL, MariaDB, PostgreSQL, SQL Server or Oracle',
    ],
  },
  {
    name: "a URL without a database",
    toml: toml(3, 'url = "jdbc:mysql://blue:3306"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:mysql://blue:3306": the URL names no database, wanted jdbc:mysql://host:port/database',
    ],
  },
  {
    name: "a port that is no port",
    toml: toml(3, 'url = "jdbc:mysql://blue:330600/identity"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:mysql://blue:330600/identity": the URL\'s port is not a number from 1 to 65535',
    ],
  },
  {
    name: "a password with a slash and an @ in the URL",
    toml: toml(3, 'url = "jdbc:mysql://root:blue/secret@x@blue:x/identity"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:mysql://root:***@blue:x/identity": the URL\'s port is not a number from 1 to 65535',
    ],
  },
  {
    name: "a URL option with a wrong value",
    toml: toml(3, 'url = "jdbc:mysql://blue/identity?useSSL=maybe&sslMode=REQUIERD&password=blue-secret"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:mysql://blue/identity?...": URL option "sslMode": found "REQUIERD", wanted DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY; did you mean "REQUIRED"?',
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:mysql://blue/identity?...": URL option "useSSL": found "maybe", wanted true or false',
    ],
  },
  {
    name: "a raw & in a password in the URL",
    toml: toml(3, 'url = "jdbc:mysql://blue/identity?password=blue&secret"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:mysql://blue/identity?...": one of the URL\'s options is not of the form name=value',
    ],
  },
  {
    name: "a malformed percent escape",
    toml: toml(3, 'url = "jdbc:mysql://blue/identity?user=a%zz"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:mysql://blue/identity?...": URL option "user" has a % that is not followed by two hexadecimal digits',
    ],
  },
  {
    name: "a user before @ in a PostgreSQL URL",
    toml: toml(9, 'url = "jdbc:postgresql://sync:green-secret@green/identity"'),
    report: [
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:postgresql://sync:***@green/identity": the PostgreSQL driver takes no user before @, wanted username and password as keys of their own',
    ],
  },
  {
    name: "a wrong sslmode",
    toml: toml(9, 'url = "jdbc:postgresql://green/identity?sslmode=full"'),
    report: [
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:postgresql://green/identity?...": URL option "sslmode": found "full", wanted disable, allow, prefer, require, verify-ca, verify-full',
    ],
  },
  {
    name: "a Windows login",
    toml: toml(9, 'url = "jdbc:sqlserver://green:1433;databaseName=id;integratedSecurity=true"'),
    report: [
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:sqlserver://green:1433;...": URL option "integratedSecurity" asks for a Windows login, which is not supported; wanted a SQL Server login',
    ],
  },
  {
    name: "a SQL Server URL in the form of others",
    toml: toml(9, 'url = "jdbc:sqlserver:green:1433/identity"'),
    report: [
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:sqlserver:green:1433/identity": wanted jdbc:sqlserver://host:port;databaseName=...',
    ],
  },
  {
    name: "jTDS for Sybase",
    toml: toml(9, 'url = "jdbc:jtds:sybase://green/identity"'),
    report: [
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:jtds:sybase://green/identity": wanted jdbc:jtds:sqlserver://host:port/database',
    ],
  },
  {
    name: "an alias of tnsnames.ora",
    toml: toml(9, 'url = "jdbc:oracle:thin:@orcl"'),
    report: [
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:oracle:thin:@orcl": names of tnsnames.ora are not supported, wanted @//host:port/service, @host:port:SID or @(DESCRIPTION=...)',
    ],
  },
  {
    name: "the thick driver of Oracle",
    toml: toml(9, 'url = "jdbc:oracle:oci:@green:1521:orcl"'),
    report: [
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:oracle:oci:@green:1521:orcl": the "oci" driver of Oracle is not supported, wanted jdbc:oracle:thin:',
    ],
  },
  {
    name: "a TNS descriptor with a parenthesis missing",
    toml: toml(9, 'url = "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=green)(PORT=1521))"'),
    report: [
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=green)(PORT=1521))": the TNS descriptor\'s parentheses do not match',
    ],
  },
  {
    name: "an Oracle URL without service or SID",
    toml: toml(9, 'url = "jdbc:oracle:thin:@//green:1521"'),
    report: [
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:oracle:thin:@//green:1521": the URL names neither a service nor a SID, wanted @//host:port/service, @host:port:SID or @(DESCRIPTION=...)',
    ],
  },
  {
    name: "a pool size that is not a number",
    toml: `${GOOD_TOML}[datasource.pool_options]\nmaxActive = "lots"\n`,
    report: [
      'conf/deployment.toml:13: datasource "Green": pool_options: maxActive: found "lots", wanted a whole number from 1 to 10000',
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
      'conf/deployment.toml:13: database.identity_db: type: found "h2": H2 is not supported by sync-tool, wanted MySQL, MariaDB, PostgreSQL, SQL Server or Oracle',
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
  {
    name: "mistakes in both files",
    properties:
      "sourceVersion=5.12.0\ntargetversion=5.11.0\nsyncTables=IDN_IDENTITY_USERDATA\nidentitySchema=jdbc/Blue,jdbc/Green\n",
    toml: toml(3, 'url = "jdbc:mysql://blue:0/identity"').replace("jdbc:postgresql", "jdbc:postgres"),
    defines: ["syncInterval=soon"],
    report: [
      `conf/sync.properties:1: sourceVersion: found "5.12.0", wanted one of ${VERSIONS}`,
      'conf/sync.properties:2: targetversion: unknown key; did you mean "targetVersion"?',
      'conf/sync.properties:3: syncTables: found "IDN_IDENTITY_USERDATA", not a known table; did you mean "IDN_IDENTITY_USER_DATA"?',
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:mysql://blue:0/identity": the URL\'s port is not a number from 1 to 65535',
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:postgres://green:5432/identity": wanted jdbc: and one of mysql, mariadb, postgresql, sqlserver, jtds, oracle; did you mean "postgresql"?',
      '-D syncInterval: found "soon", wanted a whole number from 0 to 86400000',
    ],
  },
];
