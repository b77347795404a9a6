/** Spellings that Java's drivers take and operators write: read the wrong way, the tool looks at another server, or none. */
import { describe, expect, it } from "vitest";
import { parseJdbcUrl } from "../../../src/config/jdbc-url.ts";

const MALFORMED_HOST = "the URL's host is malformed, wanted host:port, or [address]:port for IPv6";
const BAD_PORT = "the URL's port is not a number from 1 to 65535";
const BAD_PERCENT = "the URL has a % that is not followed by two hexadecimal digits";
const FORMS = "@//host:port/service, @host:port:SID or @(DESCRIPTION=...)";

const host = (name: string, port: number): object => ({ hosts: [{ host: name, port }] });

describe("a URL leads to the server that Java's driver finds", () => {
  it.each([
    [" jdbc:mysql://blue:3306/identity ", { ...host("blue", 3306), database: "identity" }],
    ["JDBC:MySQL://blue/identity", { type: "mysql", ...host("blue", 3306) }],
    ["jdbc:mysql://blue:1/identity", host("blue", 1)],
    ["jdbc:mysql://blue:65535/identity", host("blue", 65_535)],
    ["jdbc:mysql://[fe80::1%eth0]/identity", host("fe80::1%eth0", 3306)],
    [
      "jdbc:mysql://a:1, b:2/identity",
      {
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
      },
    ],
    ["jdbc:mysql://ADDRESS=(Host=blue)(PORT=3307)(protocol=TCP)/identity", host("blue", 3307)],
    ["jdbc:mysql://(port=3307)/identity", host("localhost", 3307)],
    [
      "jdbc:mysql://[(host=a,port=1),(host=b,port=2)]/identity",
      {
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
      },
    ],
    ["jdbc:mysql:failover://blue/identity", host("blue", 3306)],
    ["jdbc:mysql://blue/identity?user=sync&password=in-options", { user: "sync", password: "in-options" }],
    ["jdbc:mysql://url:one@blue/identity?user=two&password=three", { user: "two", password: "three" }],
    ["jdbc:mysql://blue/identity?username=sync", { user: "sync" }],
    ["jdbc:mysql://blue/identity", { user: undefined, password: undefined, socketPath: undefined }],
    ["jdbc:mysql://sync@blue/identity", { user: "sync", password: undefined }],
    ["jdbc:mysql://sync:pass:with:colons@blue/identity", { user: "sync", password: "pass:with:colons" }],
    ["jdbc:postgresql://green/", { ...host("green", 5432), database: undefined }],
    ["jdbc:postgresql:///identity", { ...host("localhost", 5432), database: "identity" }],
    ["jdbc:postgresql://green/my%20identity", { database: "my identity" }],
    ["jdbc:postgresql://green/identity?loginTimeout=7", { connectTimeoutMs: 7000 }],
    ["jdbc:postgresql://green/identity?loginTimeout=7&connectTimeout=3", { connectTimeoutMs: 3000 }],
    ['jdbc:postgresql://green/identity?currentSchema="My""Schema"', { schema: 'My"Schema' }],
    ["jdbc:postgresql://green/identity?currentSchema=", { schema: undefined }],
    ["jdbc:sqlserver://green/;databaseName=identity", { ...host("green", 1433), database: "identity" }],
    ["jdbc:sqlserver://green\\PROD:1444", { ...host("green", 1444), instance: undefined }],
    ["jdbc:sqlserver://green;instance=PROD", { ...host("green", 1433), instance: "PROD" }],
    ["jdbc:sqlserver://;server=green;port=1444", host("green", 1444)],
    ["jdbc:sqlserver://green;userName=sync;password= { pa;ss } ", { user: "sync", password: " pa;ss " }],
    ["jdbc:sqlserver://green;password={a}};b};user=sync", { user: "sync", password: "a};b" }],
    [
      "jdbc:sqlserver://green;socketTimeout=5000;loginTimeout=0",
      { socketTimeoutMs: 5000, connectTimeoutMs: undefined },
    ],
    [
      "jdbc:sqlserver://green:1444;failoverPartner=other:1445",
      {
        hosts: [
          { host: "green", port: 1444 },
          { host: "other", port: 1445 },
        ],
      },
    ],
    ["jdbc:jtds:sqlserver://green", { ...host("green", 1433), database: undefined }],
    ["jdbc:jtds:sqlserver://green;databaseName=identity", { database: "identity" }],
    [
      "jdbc:jtds:sqlserver://green/identity;user=sync;password=p;socketTimeout=60;loginTimeout=5",
      { user: "sync", password: "p", socketTimeoutMs: 60_000, connectTimeoutMs: 5000 },
    ],
    ["jdbc:oracle:thin:@ //green:1522/identity ", { ...host("green", 1522), database: "identity" }],
    ["jdbc:oracle:thin:@tcp://green:1522/identity", { ...host("green", 1522), tls: { mode: "disable" } }],
    [
      "jdbc:oracle:thin:@TCPS://green:2484/identity",
      { ...host("green", 2484), tls: { mode: "verify-full" } },
    ],
    ["jdbc:oracle:thin:sync/plain@green:1521:ORCL", { user: "sync", password: "plain", sid: "ORCL" }],
    ["jdbc:oracle:thin:/@green:1521:ORCL", { user: undefined, password: undefined, sid: "ORCL" }],
    [
      "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS = (HOST = green)) (CONNECT_DATA = (SERVICE_NAME = identity)))",
      { ...host("green", 1521), database: "identity", tls: { mode: "disable" } },
    ],
    [
      "jdbc:oracle:thin:@ (description=(address=(protocol=TCPS)(host=green)(port=2484))(connect_data=(service_name=identity)))",
      { ...host("green", 2484), database: "identity", tls: { mode: "verify-full" } },
    ],
  ] as [string, object][])("%s", (text, expected) => {
    const { url, problems } = parseJdbcUrl(text);
    expect(problems).toEqual([]);
    expect(url).toMatchObject(expected);
  });
});

describe("a connection is as safe as the URL asks for", () => {
  it.each([
    ["jdbc:mysql://h/d?sslMode=preferred", "prefer"],
    ["jdbc:mysql://h/d?sslMode=REQUIRED", "require"],
    ["jdbc:mysql://h/d?sslMode=VERIFY_CA", "verify-ca"],
    ["jdbc:mysql://h/d?sslMode= disabled ", "disable"],
    ["jdbc:mysql://h/d?useSSL=true", "prefer"],
    ["jdbc:mysql://h/d?useSSL=yes&verifyServerCertificate=1", "verify-ca"],
    ["jdbc:mysql://h/d?useSSL=true&requireSSL=no", "prefer"],
    ["jdbc:mariadb://h/d?useSSL=true&trustServerCertificate=true", "require"],
    ["jdbc:mariadb://h/d?useSSL=true&trustServerCertificate=off", "verify-full"],
    ["jdbc:mariadb://h/d?sslMode=verify-full", "verify-full"],
    ["jdbc:mariadb://h/d?sslMode=disable", "disable"],
    ["jdbc:postgresql://h/d?sslmode=allow", "prefer"],
    ["jdbc:postgresql://h/d?sslmode=require", "require"],
    ["jdbc:postgresql://h/d?sslmode=verify-full", "verify-full"],
    ["jdbc:postgresql://h/d?ssl", "prefer", "one of the URL's options is not of the form name=value"],
    ["jdbc:postgresql://h/d?ssl=", "verify-full"],
    ["jdbc:postgresql://h/d?ssl=false", "prefer"],
    ["jdbc:postgresql://h/d?sslmode=verify-ca&sslfactory=org.postgresql.ssl.NonValidatingFactory", "require"],
    ["jdbc:postgresql://h/d?sslfactory=org.postgresql.ssl.NonValidatingFactory", "prefer"],
    ["jdbc:sqlserver://h;encrypt=yes", "verify-full"],
    ["jdbc:sqlserver://h;encrypt=mandatory", "verify-full"],
    ["jdbc:sqlserver://h;encrypt=optional", "disable"],
    ["jdbc:sqlserver://h;encrypt=no", "disable"],
    ["jdbc:sqlserver://h;encrypt=true;trustServerCertificate=false", "verify-full"],
    ["jdbc:sqlserver://h;encrypt=strict;trustServerCertificate=true", "verify-full"],
    ["jdbc:sqlserver://h;trustServerCertificate=true", "prefer"],
    ["jdbc:jtds:sqlserver://h/d;ssl=off", "disable"],
    ["jdbc:jtds:sqlserver://h/d;ssl=request", "prefer"],
    ["jdbc:jtds:sqlserver://h/d;ssl=authenticate", "verify-ca"],
    ["jdbc:oracle:thin:@tcps://h/s?ssl_server_dn_match=false", "verify-ca"],
    ["jdbc:oracle:thin:@tcps://h/s?ssl_server_dn_match=true", "verify-full"],
    ["jdbc:oracle:thin:@tcp://h/s?ssl_server_dn_match=false", "disable"],
  ] as [string, string, string?][])("%s: %s", (text, mode, problem) => {
    const { url, problems } = parseJdbcUrl(text);
    expect(problems).toEqual(problem === undefined ? [] : [problem]);
    expect(url?.tls.mode).toBe(mode);
  });

  it("the certificate to trust is the one that the URL names", () => {
    expect(
      parseJdbcUrl("jdbc:mariadb://h/d?sslMode=verify-ca&serverSslCert=file:///etc/ca.pem").url?.tls.ca,
    ).toBe("/etc/ca.pem");
    expect(parseJdbcUrl("jdbc:mariadb://h/d?sslMode=verify-ca&serverSslCert=file:ca.pem").url?.tls.ca).toBe(
      "ca.pem",
    );
    const mssql = parseJdbcUrl("jdbc:sqlserver://h;encrypt=true;serverCertificate=/etc/ca.pem");
    expect(mssql.url?.tls).toEqual({ mode: "verify-full", ca: "/etc/ca.pem" });
  });
});

describe("a URL that leads nowhere is refused with what is wrong in it", () => {
  it.each([
    [
      "mysql://blue/identity",
      "wanted jdbc:, then one of mysql, mariadb, postgresql, sqlserver, jtds, oracle",
    ],
    [
      "see jdbc:mysql://blue/identity",
      "wanted jdbc:, then one of mysql, mariadb, postgresql, sqlserver, jtds, oracle",
    ],
    ["jdbc:mysql:blue/identity", "wanted jdbc:mysql://host:port/database"],
    ["jdbc:mysql://blue", "the URL names no database, wanted jdbc:mysql://host:port/database"],
    [
      "jdbc:mariadb://blue/?useSSL=true",
      "the URL names no database, wanted jdbc:mariadb://host:port/database",
    ],
    ["jdbc:mysql://blue:0/identity", BAD_PORT],
    ["jdbc:mysql://blue:65536/identity", BAD_PORT],
    ["jdbc:mysql://blue:/identity", BAD_PORT],
    ["jdbc:mysql://blue:33o6/identity", BAD_PORT],
    ["jdbc:mysql://blue:-1/identity", BAD_PORT],
    ["jdbc:mysql://(host=blue,port=0)/identity", BAD_PORT],
    ["jdbc:mysql://blue green/identity", MALFORMED_HOST],
    ["jdbc:mysql://[::1/identity", MALFORMED_HOST],
    ["jdbc:mysql://blue,[::1/identity", MALFORMED_HOST],
    ["jdbc:mysql://blue/iden%tity", BAD_PERCENT],
    ["jdbc:mysql://sy%nc@blue/identity", BAD_PERCENT],
    ["jdbc:mysql://sync:pass%@blue/identity", BAD_PERCENT],
    ["jdbc:mysql://(host=blue,password=x)/identity", '"password" inside an address is not supported'],
    ["jdbc:postgresql://green/iden%tity", BAD_PERCENT],
    ["jdbc:postgresql://green:0/identity", BAD_PORT],
    ["jdbc:sqlserver://green;portNumber=0", BAD_PORT],
    ["jdbc:sqlserver://green\\PROD:99999", BAD_PORT],
    ["jdbc:sqlserver://green;failoverPartner=other:x", BAD_PORT],
    ["jdbc:jtds:sqlserver://green:x/identity", BAD_PORT],
    ["jdbc:oracle:thin:green:1521:ORCL", `wanted jdbc:oracle:thin:${FORMS}`],
    ["jdbc:oracle:thin:@green:0:ORCL", BAD_PORT],
    ["jdbc:oracle:thin:@green:1521/", `the URL names neither a service nor a SID, wanted ${FORMS}`],
    [
      "jdbc:oracle:thin:@(ADDRESS=(HOST=h)))(CONNECT_DATA=(SID=X)",
      "the TNS descriptor's parentheses do not match",
    ],
    ["jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=h)(PORT=0))(CONNECT_DATA=(SID=X)))", BAD_PORT],
  ])("%s", (text, problem) => {
    expect(parseJdbcUrl(text).problems).toEqual([problem]);
  });

  it.each([
    ["jdbc:mysql://h/d?connectTimeout=1.5", "a whole number of milliseconds"],
    ["jdbc:mysql://h/d?connectTimeout=-1", "a whole number of milliseconds"],
    ["jdbc:postgresql://h/d?socketTimeout=1m", "a whole number of seconds"],
    ["jdbc:postgresql://h/d?socketTimeout=1234567890", "a whole number of seconds"],
    ["jdbc:sqlserver://h;loginTimeout=soon", "a whole number of seconds"],
  ])("a time in %s is wanted as %s", (text, wanted) => {
    expect(parseJdbcUrl(text).problems).toEqual([expect.stringContaining(`wanted ${wanted}`)]);
  });

  it("a time longer than Node's timers run is cut, not turned into none", () => {
    const { url } = parseJdbcUrl("jdbc:postgresql://h/d?socketTimeout=999999999");
    expect(url?.socketTimeoutMs).toBe(2_147_483_647);
  });
});

describe("what a URL asks for in vain is said", () => {
  it.each([
    [
      "jdbc:mysql:replication://a,b/d",
      'the URL\'s mode "replication:" has no effect in sync-tool: hosts are tried first to last',
    ],
    [
      "jdbc:mariadb:aurora://a,b/d",
      'the URL\'s mode "aurora:" has no effect in sync-tool: hosts are tried first to last',
    ],
    [
      "jdbc:mysql://address=(host=a)(protocol=pipe)/d",
      '"protocol" of an address in the URL has no effect in sync-tool',
    ],
    [
      "jdbc:mysql://address=(host=a)(type=master)/d",
      '"type" of an address in the URL has no effect in sync-tool',
    ],
    [
      "jdbc:sqlserver://h;instanceName=X;portNumber=1444",
      "the URL's instance name has no effect, because the URL gives a port",
    ],
    [
      "jdbc:sqlserver://h:1444;instanceName=X",
      "the URL's instance name has no effect, because the URL gives a port",
    ],
    [
      "jdbc:sqlserver://h;applicationIntent=ReadOnly",
      'URL option "applicationIntent" has no effect in sync-tool, which works as with ReadWrite',
    ],
    [
      "jdbc:sqlserver://h;authentication=ActiveDirectoryPassword",
      'URL option "authentication" has no effect in sync-tool, which works as with SqlPassword',
    ],
    [
      "jdbc:oracle:thin:@//h/s:dedicated",
      "the URL's server mode and instance after the service have no effect in sync-tool",
    ],
    [
      "jdbc:oracle:thin:@//h/s/inst",
      "the URL's server mode and instance after the service have no effect in sync-tool",
    ],
    [
      "jdbc:postgresql://h/d?targetServerType=secondary",
      'URL option "targetServerType" has no effect in sync-tool, which works as with primary',
    ],
  ])("%s", (text, warning) => {
    const { problems, warnings } = parseJdbcUrl(text);
    expect(problems).toEqual([]);
    expect(warnings).toEqual([warning]);
  });

  it.each([
    "jdbc:mysql:sequential://a,b/d",
    "jdbc:mysql://h/d?useUnicode=TRUE&characterEncoding=utf8mb4&noAccessToProcedureBodies=false",
    "jdbc:mysql://h/d?connectTimeout=1&&socketTimeout=2&",
    "jdbc:sqlserver://h;integratedSecurity=false;authentication=NotSpecified;sendTimeAsDatetime=false",
    "jdbc:sqlserver://h\\X;databaseName=d",
    "jdbc:postgresql://h/d?targetServerType=master&stringtype=unspecified",
    "jdbc:oracle:thin:@//h/s",
  ])("nothing is said of %s, which works as it asks", (text) => {
    expect(parseJdbcUrl(text)).toMatchObject({ problems: [], warnings: [] });
  });

  it("the rest of a password after a raw separator shows two letters at most", () => {
    const { warnings } = parseJdbcUrl("jdbc:mysql://h/d?password=first&secondhalf=x&socketTimeout=1");
    expect(warnings).toEqual(['URL option "se..." has no effect in sync-tool']);
  });
});
