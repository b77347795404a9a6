/** What the documentation of each driver lists, and what becomes of it here: an effect, silence by the reference's list, or a warning. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseJdbcUrl } from "../../../src/config/jdbc-url.ts";

const REFERENCE = readFileSync(join(import.meta.dirname, "../../../config/README.md"), "utf8");
const SECTION = REFERENCE.slice(
  REFERENCE.indexOf("### JDBC URLs"),
  REFERENCE.indexOf("Defaults follow each Java driver"),
);

interface Driver {
  readonly base: string;
  readonly separator: string;
  /** Options with a value that changes something. */
  readonly effect: readonly string[];
  readonly silent: readonly string[];
  readonly named: readonly string[];
}

const DRIVERS: Readonly<Record<string, Driver>> = {
  PostgreSQL: {
    base: "jdbc:postgresql://h/db?",
    separator: "&",
    effect: [
      ...["sslmode=require", "ssl=true", "sslrootcert=/ca.pem&sslmode=verify-ca", "currentSchema=s"],
      ...["connectTimeout=3", "loginTimeout=3", "socketTimeout=3", "user=u", "password=p"],
    ],
    silent: ["targetServerType=primary", "stringtype=unspecified", "stringtype=varchar"],
    named: [
      ...[
        "sslcert=x",
        "sslkey=x",
        "sslpassword=x",
        "sslhostnameverifier=x",
        "sslpasswordcallback=x",
        "sslNegotiation=direct",
      ],
      ...[
        "sslrootcert=/ca.pem",
        "ssl=true&sslmode=require",
        "sslfactory=org.postgresql.ssl.NonValidatingFactory",
      ],
      ...[
        "sslfactory=x",
        "socketFactory=x",
        "socketFactoryArg=x",
        "protocolVersion=3",
        "loggerLevel=TRACE",
        "loggerFile=x",
      ],
      ...[
        "allowEncodingChanges=true",
        "logUnclosedConnections=true",
        "autosave=always",
        "cleanupSavepoints=true",
      ],
      ...["binaryTransfer=false", "binaryTransferEnable=x", "binaryTransferDisable=x", "prepareThreshold=0"],
      ...["preparedStatementCacheQueries=0", "preparedStatementCacheSizeMiB=0", "preferQueryMode=simple"],
      ...["databaseMetadataCacheFields=1", "databaseMetadataCacheFieldsMiB=1", "defaultRowFetchSize=1"],
      ...[
        "cancelSignalTimeout=1",
        "tcpKeepAlive=true",
        "tcpNoDelay=true",
        "unknownLength=1",
        "ApplicationName=x",
      ],
      ...[
        "kerberosServerName=x",
        "jaasApplicationName=x",
        "jaasLogin=true",
        "gssEncMode=disable",
        "gsslib=x",
        "sspiServiceClass=x",
      ],
      ...[
        "useSpnego=true",
        "assumeMinServerVersion=9",
        "receiveBufferSize=1",
        "sendBufferSize=1",
        "readOnly=true",
      ],
      ...[
        "readOnlyMode=always",
        "disableColumnSanitiser=true",
        "hostRecheckSeconds=1",
        "loadBalanceHosts=true",
      ],
      ...[
        "targetServerType=secondary",
        "targetServerType=preferSecondary",
        "reWriteBatchedInserts=true",
        "replication=database",
      ],
      ...["escapeSyntaxCallMode=call", "maxResultBuffer=1", "adaptiveFetch=true", "adaptiveFetchMinimum=1"],
      ...[
        "adaptiveFetchMaximum=1",
        "quoteReturningIdentifiers=true",
        "hideUnprivilegedObjects=true",
        "options=-c%20x",
      ],
      ...[
        "logServerErrorDetail=false",
        "xmlFactoryFactory=x",
        "authenticationPluginClassName=x",
        "localSocketAddress=x",
      ],
      ...[
        "channelBinding=require",
        "requireAuth=x",
        "groupStartupParameters=true",
        "maxSendBufferSize=1",
        "queryTimeout=1",
      ],
    ],
  },
  MySQL: {
    base: "jdbc:mysql://h/db?",
    separator: "&",
    effect: [
      ...[
        "sslMode=REQUIRED",
        "useSSL=false",
        "requireSSL=true",
        "verifyServerCertificate=true",
        "connectTimeout=3",
      ],
      ...["socketTimeout=3", "junixsocket.file=/s", "user=u", "password=p"],
    ],
    silent: [
      ...[
        "useUnicode=true",
        "characterEncoding=UTF-8",
        "allowPublicKeyRetrieval=true",
        "noAccessToProcedureBodies=true",
      ],
      ...["socketFactory=org.newsclub.net.mysql.AFUNIXDatabaseSocketFactory"],
    ],
    named: [
      ...[
        "trustServerCertificate=true",
        "serverSslCert=/ca.pem",
        "sslMode=REQUIRED&useSSL=false",
        "useSSL=false&requireSSL=true",
      ],
      ...[
        "allowPublicKeyRetrieval=false",
        "characterEncoding=latin1",
        "useUnicode=false",
        "connectionCollation=x",
        "characterSetResults=x",
      ],
      ...[
        "trustCertificateKeyStoreUrl=x",
        "trustCertificateKeyStorePassword=x",
        "clientCertificateKeyStoreUrl=x",
        "tlsVersions=x",
      ],
      ...[
        "tlsCiphersuites=x",
        "enabledSSLCipherSuites=x",
        "fallbackToSystemTrustStore=true",
        "serverRSAPublicKeyFile=x",
      ],
      ...[
        "autoReconnect=true",
        "autoReconnectForPools=true",
        "failOverReadOnly=true",
        "maxReconnects=1",
        "initialTimeout=1",
      ],
      ...[
        "serverTimezone=UTC",
        "connectionTimeZone=UTC",
        "forceConnectionTimeZoneToSession=true",
        "preserveInstants=true",
      ],
      ...[
        "useLegacyDatetimeCode=false",
        "useTimezone=true",
        "zeroDateTimeBehavior=CONVERT_TO_NULL",
        "noDatetimeStringSync=true",
      ],
      ...[
        "tinyInt1isBit=true",
        "transformedBitIsBoolean=true",
        "yearIsDateType=true",
        "sendFractionalSeconds=false",
      ],
      ...[
        "rewriteBatchedStatements=true",
        "useServerPrepStmts=true",
        "cachePrepStmts=true",
        "prepStmtCacheSize=1",
      ],
      ...[
        "prepStmtCacheSqlLimit=1",
        "cacheServerConfiguration=true",
        "cacheResultSetMetadata=true",
        "useConfigs=maxPerformance",
      ],
      ...[
        "useLocalSessionState=true",
        "useLocalTransactionState=true",
        "elideSetAutoCommits=true",
        "maintainTimeStats=false",
      ],
      ...[
        "useCursorFetch=true",
        "defaultFetchSize=1",
        "useCompression=true",
        "maxAllowedPacket=1",
        "tcpKeepAlive=true",
      ],
      ...[
        "tcpNoDelay=true",
        "tcpRcvBuf=1",
        "tcpSndBuf=1",
        "allowMultiQueries=true",
        "allowLoadLocalInfile=true",
      ],
      ...[
        "sessionVariables=x",
        "connectionAttributes=none",
        "defaultAuthenticationPlugin=x",
        "authenticationPlugins=x",
      ],
      ...[
        "createDatabaseIfNotExist=true",
        "nullCatalogMeansCurrent=true",
        "databaseTerm=SCHEMA",
        "useInformationSchema=true",
      ],
      ...[
        "paranoid=true",
        "profileSQL=true",
        "logger=x",
        "logSlowQueries=true",
        "useAffectedRows=true",
        "jdbcCompliantTruncation=true",
      ],
      ...[
        "useOldAliasMetadataBehavior=true",
        "socksProxyHost=x",
        "dnsSrv=true",
        "loadBalanceStrategy=x",
        "interactiveClient=true",
      ],
    ],
  },
  MariaDB: {
    base: "jdbc:mariadb://h/db?",
    separator: "&",
    effect: [
      ...[
        "sslMode=trust",
        "useSSL=true",
        "useSSL=true&trustServerCertificate=true",
        "sslMode=verify-ca&serverSslCert=/ca.pem",
      ],
      ...["connectTimeout=3", "socketTimeout=3", "localSocket=/s", "user=u", "password=p"],
    ],
    silent: [
      "useUnicode=true",
      "characterEncoding=utf8",
      "allowPublicKeyRetrieval=true",
      "noAccessToProcedureBodies=true",
    ],
    named: [
      ...[
        "trustServerCertificate=true",
        "serverSslCert=/ca.pem",
        "sslMode=trust&useSSL=true",
        "requireSSL=true",
      ],
      ...[
        "verifyServerCertificate=true",
        "keyStore=x",
        "keyStorePassword=x",
        "trustStore=x",
        "enabledSslProtocolSuites=x",
      ],
      ...[
        "enabledSslCipherSuites=x",
        "disableSslHostnameVerification=true",
        "serverRsaPublicKeyFile=x",
        "credentialType=x",
      ],
      ...[
        "restrictedAuth=x",
        "timezone=UTC",
        "serverTimezone=UTC",
        "preserveInstants=true",
        "useLegacyDatetimeCode=false",
      ],
      ...[
        "sessionVariables=x",
        "initSql=x",
        "autocommit=false",
        "transactionIsolation=x",
        "assureReadOnly=true",
        "maxQuerySizeToLog=1",
      ],
      ...[
        "useServerPrepStmts=true",
        "cachePrepStmts=true",
        "prepStmtCacheSize=1",
        "useBulkStmts=true",
        "rewriteBatchedStatements=true",
      ],
      ...[
        "allowMultiQueries=true",
        "allowLocalInfile=true",
        "tinyInt1isBit=true",
        "yearIsDateType=true",
        "useCompression=true",
      ],
      ...[
        "tcpKeepAlive=true",
        "tcpAbortiveClose=true",
        "pool=true",
        "poolName=x",
        "maxPoolSize=1",
        "minPoolSize=1",
      ],
      ...[
        "connectionAttributes=x",
        "socketFactory=x",
        "localSocketAddress=x",
        "galeraAllowedState=4",
        "transactionReplay=true",
      ],
      ...[
        "useReadAheadInput=true",
        "connectionCollation=x",
        "dumpQueriesOnException=true",
        "includeInnodbStatusInDeadlockExceptions=true",
      ],
    ],
  },
  "SQL Server": {
    base: "jdbc:sqlserver://h;",
    separator: ";",
    effect: [
      ...[
        "databaseName=db",
        "database=db",
        "encrypt=true",
        "encrypt=true;trustServerCertificate=true",
        "failoverPartner=h2",
      ],
      ...[
        "encrypt=true;hostNameInCertificate=x",
        "encrypt=true;serverCertificate=/ca.pem",
        "instanceName=X",
        "portNumber=5",
      ],
      ...["loginTimeout=3", "socketTimeout=3", "user=u", "password=p"],
    ],
    silent: [
      ...[
        "sendTimeAsDatetime=true",
        "multiSubnetFailover=true",
        "applicationIntent=ReadWrite",
        "authentication=SqlPassword",
      ],
    ],
    named: [
      ...[
        "trustServerCertificate=true",
        "hostNameInCertificate=x",
        "serverCertificate=/ca.pem",
        "applicationIntent=ReadOnly",
      ],
      ...[
        "encrypt=false;trustServerCertificate=true",
        "encrypt=strict",
        "applicationName=x",
        "workstationID=x",
        "packetSize=1",
      ],
      ...[
        "lockTimeout=1",
        "queryTimeout=1",
        "cancelQueryTimeout=1",
        "selectMethod=cursor",
        "responseBuffering=full",
      ],
      ...[
        "sendStringParametersAsUnicode=false",
        "sendTemporalDataTypesAsStringForBulkCopy=true",
        "delayLoadingLobs=true",
      ],
      ...[
        "disableStatementPooling=false",
        "statementPoolingCacheSize=1",
        "enablePrepareOnFirstPreparedStatementCall=true",
      ],
      ...[
        "serverPreparedStatementDiscardThreshold=1",
        "useBulkCopyForBatchInsert=true",
        "columnEncryptionSetting=Enabled",
      ],
      ...[
        "keyStoreAuthentication=x",
        "trustStore=x",
        "trustStorePassword=x",
        "trustStoreType=x",
        "sslProtocol=TLSv1.2",
      ],
      ...[
        "fips=true",
        "gsscredential=x",
        "realm=x",
        "serverSpn=x",
        "accessToken=x",
        "msiClientId=x",
        "ipAddressPreference=x",
      ],
      ...[
        "transparentNetworkIPResolution=true",
        "connectRetryCount=1",
        "connectRetryInterval=1",
        "replication=true",
      ],
      ...[
        "lastUpdateCount=true",
        "xopenStates=true",
        "datetimeParameterType=x",
        "maxResultBuffer=1",
        "domain=x",
      ],
    ],
  },
  jTDS: {
    base: "jdbc:jtds:sqlserver://h/db;",
    separator: ";",
    effect: ["ssl=require", "instance=X", "user=u", "password=p", "loginTimeout=3", "socketTimeout=3"],
    silent: [],
    named: [
      ...[
        "appName=x",
        "autoCommit=true",
        "batchSize=1",
        "bindAddress=x",
        "bufferDir=x",
        "bufferMaxMemory=1",
        "cacheMetaData=true",
      ],
      ...[
        "charset=x",
        "language=x",
        "lastUpdateCount=true",
        "lobBuffer=1",
        "macAddress=x",
        "maxStatements=1",
        "namedPipe=true",
      ],
      ...[
        "packetSize=1",
        "prepareSQL=1",
        "progName=x",
        "processId=1",
        "sendStringParametersAsUnicode=true",
        "socketKeepAlive=true",
      ],
      ...[
        "TDS=8.0",
        "tcpNoDelay=true",
        "useCursors=true",
        "useJCIFS=true",
        "useLOBs=true",
        "useNTLMv2=true",
        "wsid=x",
        "xaEmulation=true",
      ],
    ],
  },
  Oracle: {
    base: "jdbc:oracle:thin:@tcps://h/s?",
    separator: "&",
    effect: ["connect_timeout=3", "oracle.jdbc.ReadTimeout=3", "ssl_server_dn_match=off"],
    silent: [],
    named: [
      ...[
        "retry_count=1",
        "retry_delay=1",
        "expire_time=1",
        "transport_connect_timeout=1",
        "ssl_server_cert_dn=x",
        "wallet_location=x",
      ],
      ...[
        "https_proxy=x",
        "failover=on",
        "load_balance=on",
        "source_route=on",
        "sdu=1",
        "recv_buf_size=1",
        "oracle.jdbc.defaultRowPrefetch=1",
      ],
    ],
  },
};

const read = (url: string) => {
  const { url: parsed, problems, warnings } = parseJdbcUrl(url);
  return { parsed, problems, warnings };
};
const nameOf = (option: string): string => option.slice(option.lastIndexOf("&") + 1).split("=", 1)[0] ?? "";

for (const [name, { base, separator, effect, silent, named }] of Object.entries(DRIVERS)) {
  const plain = read(base.slice(0, -1));

  test.each(effect)(`${name}: %s has an effect`, (option) => {
    const { parsed, problems, warnings } = read(`${base}${option}`);
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
    expect(parsed).not.toEqual(plain.parsed);
  });

  test.each(silent)(
    `${name}: %s asks for nothing that is not so anyhow, which config/README.md lists`,
    (option) => {
      const { parsed, problems, warnings } = read(`${base}${option}`);
      expect({ parsed, problems, warnings }).toEqual({ ...plain, problems: [], warnings: [] });
      expect(SECTION).toContain(`\`${nameOf(option)}`);
    },
  );

  test.each(named)(`${name}: %s is named in a warning`, (option) => {
    const { problems, warnings } = read(`${base}${option}`);
    const names = option.split(separator).map((one) => one.split("=", 1)[0] ?? "");
    const said = [...warnings, ...problems].join("\n");
    expect(names.some((one) => said.includes(`"${one}"`))).toBe(true);
  });
}
