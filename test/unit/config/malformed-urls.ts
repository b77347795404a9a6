/** Mistakes in JDBC URLs, each with the report an operator gets. */
import { type MalformedConfiguration, toml } from "./malformed-configuration.ts";

export const MALFORMED_URLS: readonly MalformedConfiguration[] = [
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
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:db2://blue:50000/identity": DB2 is not supported by sync-tool, which writes no scripts for it either (prepare --generate-ddl), wanted MySQL, MariaDB, PostgreSQL, SQL Server or Oracle: move the data to one of them first, or migrate with WSO2\'s client while the source is stopped',
    ],
  },
  {
    name: "a URL of H2",
    toml: toml(3, 'url = "jdbc:h2:./repository/database/WSO2_IDENTITY_DB"'),
    report: [
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:h2:./repository/database/WSO2_IDENTITY_DB": H2 is not supported by sync-tool, which writes no scripts for it either (prepare --generate-ddl), wanted MySQL, MariaDB, PostgreSQL, SQL Server or Oracle: move the data to one of them first, or migrate with WSO2\'s client while the source is stopped',
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
      'conf/deployment.toml:3: datasource "Blue": url: found "jdbc:mysql://blue/identity?...": URL option "useSSL": found "ma...", wanted true or false',
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
      'conf/deployment.toml:9: datasource "Green": url: found "jdbc:postgresql://green/identity?...": URL option "sslmode": found "fu...", wanted disable, allow, prefer, require, verify-ca, verify-full',
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
];
