import { describe, expect, it } from "vitest";
import { parseJdbcUrl } from "../../../src/config/jdbc-url.ts";

const DESCRIPTOR =
  "(DESCRIPTION=(LOAD_BALANCE=on)\n (ADDRESS=(PROTOCOL=TCP)(HOST=rac1) (PORT=1521))\n (ADDRESS=(PROTOCOL=TCP)(HOST=rac2)(PORT=1522))\n (CONNECT_DATA=(SERVICE_NAME=rac)))";

const READ: [string, object][] = [
  [
    "jdbc:mysql://h/db",
    { type: "mysql", hosts: [{ host: "h", port: 3306 }], database: "db", tls: { mode: "prefer" } },
  ],
  ["jdbc:mysql:///db", { hosts: [{ host: "localhost", port: 3306 }], database: "db" }],
  [
    "jdbc:mysql://a:1,b,[::1]:3/db",
    {
      hosts: [
        { host: "a", port: 1 },
        { host: "b", port: 3306 },
        { host: "::1", port: 3 },
      ],
    },
  ],
  [
    "jdbc:mysql://address=(host=a)(port=1)(protocol=tcp),address=(host=b)/db",
    {
      hosts: [
        { host: "a", port: 1 },
        { host: "b", port: 3306 },
      ],
    },
  ],
  [
    "jdbc:mysql://(host=a,port=1),(host=b,port=2)/db",
    {
      hosts: [
        { host: "a", port: 1 },
        { host: "b", port: 2 },
      ],
    },
  ],
  ["jdbc:mysql://u:p%40w@h/db", { user: "u", password: "p@w" }],
  ["jdbc:mysql://u@h/db?password=a%26b", { user: "u", password: "a&b" }],
  ["jdbc:mysql://h/my%20db?useSSL=false", { database: "my db", tls: { mode: "disable" } }],
  ["jdbc:mysql://h/db?usessl=true&requiressl=true", { tls: { mode: "require" } }],
  [
    "jdbc:mysql://h/db?useSSL=true&requireSSL=true&verifyServerCertificate=true",
    { tls: { mode: "verify-ca" } },
  ],
  ["jdbc:mysql://h/db?useSSL=false&sslMode=VERIFY_IDENTITY", { tls: { mode: "verify-full" } }],
  [
    "jdbc:mysql://h/db?connectTimeout=5000&socketTimeout=0",
    { connectTimeoutMs: 5000, socketTimeoutMs: undefined },
  ],
  [
    "jdbc:mysql://h/db?socketFactory=org.newsclub.net.mysql.AFUNIXDatabaseSocketFactory&junixsocket.file=/run/mysqld.sock",
    { socketPath: "/run/mysqld.sock" },
  ],
  ["jdbc:mariadb://h/db", { type: "mariadb", tls: { mode: "disable" } }],
  [
    "jdbc:mariadb:sequential://a,b/db?useSsl=true",
    {
      hosts: [
        { host: "a", port: 3306 },
        { host: "b", port: 3306 },
      ],
      tls: { mode: "verify-full" },
    },
  ],
  ["jdbc:mariadb://h/db?sslMode=trust", { tls: { mode: "require" } }],
  [
    "jdbc:mariadb://h/db?sslMode=verify-ca&serverSslCert=/etc/ca.pem",
    { tls: { mode: "verify-ca", ca: "/etc/ca.pem" } },
  ],
  [
    "jdbc:mariadb://localhost/db?localSocket=/run/mysqld/mysqld.sock",
    { socketPath: "/run/mysqld/mysqld.sock" },
  ],
  [
    "jdbc:postgresql://h:5433/db",
    { type: "postgres", hosts: [{ host: "h", port: 5433 }], database: "db", tls: { mode: "prefer" } },
  ],
  ["jdbc:postgresql:db", { hosts: [{ host: "localhost", port: 5432 }], database: "db" }],
  ["jdbc:postgresql:/", { hosts: [{ host: "localhost", port: 5432 }], database: undefined }],
  [
    "jdbc:postgresql://a,[fe80::1]:2/db?currentSchema=Identity",
    {
      hosts: [
        { host: "a", port: 5432 },
        { host: "fe80::1", port: 2 },
      ],
      schema: "identity",
    },
  ],
  ['jdbc:postgresql://h/db?currentSchema="Identity"', { schema: "Identity" }],
  [
    "jdbc:postgresql://h/db?user=u&password=p%25w&sslmode=verify-ca&sslrootcert=/ca.pem",
    { user: "u", password: "p%w", tls: { mode: "verify-ca", ca: "/ca.pem" } },
  ],
  ["jdbc:postgresql://h/db?ssl=true", { tls: { mode: "verify-full" } }],
  [
    "jdbc:postgresql://h/db?ssl=true&sslfactory=org.postgresql.ssl.NonValidatingFactory",
    { tls: { mode: "require" } },
  ],
  [
    "jdbc:postgresql://h/db?sslmode=disable&connectTimeout=5&socketTimeout=60",
    { tls: { mode: "disable" }, connectTimeoutMs: 5000, socketTimeoutMs: 60_000 },
  ],
  [
    "jdbc:postgresql://h/db?socketFactory=org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg&socketFactoryArg=/run/postgresql/.s.PGSQL.5432",
    { socketPath: "/run/postgresql/.s.PGSQL.5432" },
  ],
  [
    "jdbc:sqlserver://h",
    { type: "mssql", hosts: [{ host: "h", port: 1433 }], tls: { mode: "prefer" }, instance: undefined },
  ],
  [
    "jdbc:sqlserver://h:1444;databaseName=db;encrypt=true;trustServerCertificate=true",
    { hosts: [{ host: "h", port: 1444 }], database: "db", tls: { mode: "require" } },
  ],
  [
    "jdbc:sqlserver://h\\SQL2019;database=db;encrypt=true;hostNameInCertificate=*.example.com",
    { instance: "SQL2019", tls: { mode: "verify-full", serverName: "*.example.com" } },
  ],
  [
    "jdbc:sqlserver://;serverName=h;portNumber=5;instanceName=X;encrypt=false",
    { hosts: [{ host: "h", port: 5 }], instance: undefined, tls: { mode: "disable" } },
  ],
  [
    "jdbc:sqlserver://h;user=sa;password={a;b}}c};databaseName=db;loginTimeout=30",
    { user: "sa", password: "a;b}c", database: "db", connectTimeoutMs: 30_000 },
  ],
  [
    "jdbc:sqlserver://h;failoverPartner=h2",
    {
      hosts: [
        { host: "h", port: 1433 },
        { host: "h2", port: 1433 },
      ],
    },
  ],
  [
    "jdbc:sqlserver://listener;multiSubnetFailover=true;applicationIntent=ReadWrite",
    { hosts: [{ host: "listener", port: 1433 }] },
  ],
  [
    "jdbc:jtds:sqlserver://h:1444/db;instance=X;ssl=require",
    {
      type: "mssql",
      hosts: [{ host: "h", port: 1444 }],
      database: "db",
      instance: undefined,
      tls: { mode: "require" },
    },
  ],
  ["jdbc:jtds:sqlserver://h/db;instance=X", { instance: "X", tls: { mode: "disable" } }],
  [
    "jdbc:oracle:thin:@h:1521:ORCL",
    { type: "oracle", hosts: [{ host: "h", port: 1521 }], sid: "ORCL", tls: { mode: "disable" } },
  ],
  [
    "jdbc:oracle:thin:@//h:1522/svc.example.com",
    { hosts: [{ host: "h", port: 1522 }], database: "svc.example.com" },
  ],
  ["jdbc:oracle:thin:@h:1521/svc", { hosts: [{ host: "h", port: 1521 }], database: "svc" }],
  ["jdbc:oracle:thin:@//h/svc", { hosts: [{ host: "h", port: 1521 }], database: "svc" }],
  [
    "jdbc:oracle:thin:@//h/svc?oracle.jdbc.ReadTimeout=90000&connect_timeout=5",
    { database: "svc", socketTimeoutMs: 90_000, connectTimeoutMs: 5_000 },
  ],
  [
    "jdbc:oracle:thin:@tcps://h1:2484,h2:2485/svc",
    {
      hosts: [
        { host: "h1", port: 2484 },
        { host: "h2", port: 2485 },
      ],
      database: "svc",
      tls: { mode: "verify-full" },
    },
  ],
  ['jdbc:oracle:thin:scott/"ti@ger"@//h/svc', { user: "scott", password: "ti@ger", database: "svc" }],
  [
    `jdbc:oracle:thin:@${DESCRIPTOR}`,
    {
      hosts: [
        { host: "rac1", port: 1521 },
        { host: "rac2", port: 1522 },
      ],
      database: "rac",
      connectString: DESCRIPTOR,
    },
  ],
  [
    "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=tcps)(HOST=h)(PORT=2484))(CONNECT_DATA=(SID=X)))",
    { sid: "X", database: undefined, tls: { mode: "verify-full" } },
  ],
];

describe("parseJdbcUrl", () => {
  it.each(READ)("reads %s", (text, expected) => {
    const result = parseJdbcUrl(text);
    expect(result.problems).toEqual([]);
    expect(result.url).toMatchObject(expected);
  });

  it.each([
    ["jdbc:mysql://h/db?useUnicode=true&characterEncoding=UTF-8&allowPublicKeyRetrieval=true", []],
    ["jdbc:mysql://h/db?autoReconnect=true", ['URL option "autoReconnect" has no effect in sync-tool']],
    [
      "jdbc:mysql://h/db?characterEncoding=latin1",
      ['URL option "characterEncoding" has no effect in sync-tool, which works as with UTF-8'],
    ],
    [
      "jdbc:mysql:loadbalance://a,b/db",
      ['the URL\'s mode "loadbalance:" has no effect in sync-tool: hosts are tried first to last'],
    ],
    [
      "jdbc:mysql://h/db?ssIMode=REQUIRED",
      ['URL option "ssIMode" has no effect in sync-tool; did you mean "sslMode"?'],
    ],
    [
      "jdbc:mysql://h/db?useSSL=true&useSSL=false",
      ['URL option "useSSL" is given twice; the last one counts'],
    ],
    [
      "jdbc:postgresql://h/db?currentschema=x",
      ['URL option "currentschema" has no effect in sync-tool; did you mean "currentSchema"?'],
    ],
    [
      "jdbc:postgresql://h/db?currentSchema=a,public",
      ['URL option "currentSchema" names several schemas; sync-tool uses the first, "a"'],
    ],
    ["jdbc:sqlserver://h\\X:1433", ["the URL's instance name has no effect, because the URL gives a port"]],
    [
      "jdbc:sqlserver://h;encrypt=strict",
      ['URL option "encrypt" is "strict" (TDS 8), which sync-tool treats as "true"'],
    ],
    ["jdbc:sqlserver://h;applicationName=x", ['URL option "applicationName" has no effect in sync-tool']],
    [
      "jdbc:oracle:thin:@//h/svc:dedicated/inst",
      ["the URL's server mode and instance after the service have no effect in sync-tool"],
    ],
  ] as [string, string[]][])("warns of what it does not honour in %s", (text, warnings) => {
    const result = parseJdbcUrl(text);
    expect(result.problems).toEqual([]);
    expect(result.warnings).toEqual(warnings);
  });

  it.each([
    ["jdbc:mysql+srv://h/db", "DNS SRV names (+srv) are not supported, wanted the hosts themselves"],
    [
      "jdbc:mysql://u:p@a,v:q@b/db",
      "a user of its own for each host is not supported, wanted username and password as keys",
    ],
    ["jdbc:mysql:multi://h/db", 'the URL\'s mode "multi:" is not known'],
    ["jdbc:mysql://address=(host=a)(user=u)/db", '"user" inside an address is not supported'],
    ["jdbc:mysql://::1/db", "the URL's host is malformed, wanted host:port, or [address]:port for IPv6"],
    [
      "jdbc:postgresql://h/db?connectTimeout=5s",
      'URL option "connectTimeout": found "5s", wanted a whole number of seconds',
    ],
    [
      "jdbc:jtds:sqlserver://h/db;domain=CORP",
      'URL option "domain" asks for a Windows login, which is not supported; wanted a SQL Server login',
    ],
    [
      "jdbc:oracle:thin:@ldap://h:389/svc",
      'the URL\'s "ldap:" names are not supported, wanted @//host:port/service, @host:port:SID or @(DESCRIPTION=...)',
    ],
    [
      "jdbc:oracle:thin:@(DESCRIPTION=(CONNECT_DATA=(SID=X)))",
      "the TNS descriptor names no (ADDRESS=(HOST=...)(PORT=...))",
    ],
    ["jdbc:oracle:thin:@(ADDRESS=(HOST=h)(PORT=1))", "the TNS descriptor names neither SERVICE_NAME nor SID"],
  ])("refuses %s", (text, problem) => {
    expect(parseJdbcUrl(text).problems).toEqual([problem]);
  });
});
