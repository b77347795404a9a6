/** Mistakes in sync.properties and in -D overrides, and mistakes in both files at once, each with the report an operator gets. */
import {
  GOOD_PROPERTIES,
  type MalformedConfiguration,
  properties,
  toml,
  VERSIONS,
} from "./malformed-configuration.ts";

export const MALFORMED_PROPERTIES: readonly MalformedConfiguration[] = [
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
    report: [`conf/sync.properties:2: targetVersion: found "la...", wanted one of ${VERSIONS}`],
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
    report: ['conf/sync.properties:5: batchSize: found "ma...", wanted a whole number from 1 to 100000'],
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
    report: ["conf/sync.properties:5: co...: unknown key"],
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
      'conf/sync.properties:3: syncTables: found "ID...", wanted a table name of letters, digits and _',
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
    name: "throttle queries that are no single SELECT, and a limit of nothing",
    properties: properties(
      5,
      "throttleQuery.source=DELETE FROM T\nthrottleQuery.target=SELECT 1; SELECT 2\nmaxRowsPerSecond=0\nlogKeepDays=0\nlogMaxMegabytes=none",
    ),
    report: [
      'conf/sync.properties:5: throttleQuery.source: found "DE...", wanted one SELECT statement',
      'conf/sync.properties:6: throttleQuery.target: found "SE...", wanted one SELECT statement',
      'conf/sync.properties:7: maxRowsPerSecond: found "0", wanted a whole number from 1 to 1000000000',
      'conf/sync.properties:8: logKeepDays: found "0", wanted a whole number from 1 to 3650',
      'conf/sync.properties:9: logMaxMegabytes: found "no...", wanted a whole number from 1 to 10000',
    ],
  },
  {
    name: "a parallelism that is neither a number nor auto",
    properties: properties(5, "parallelism=atuo"),
    report: ['conf/sync.properties:5: parallelism: found "atuo", wanted a whole number from 1 to 32 or auto'],
  },
  {
    name: "batches that nobody can mean together with the parallelism",
    properties: properties(5, "batchSize=20000\nparallelism=8"),
    report: [
      'conf/sync.properties:5: batchSize: found "20000", wanted at most 12500, since parallelism=8 reads that many batches at once',
    ],
  },
  {
    name: "a misspelt override",
    defines: ["batchSise=10"],
    report: ['-D batchSise: unknown key; did you mean "batchSize"?'],
  },
  {
    name: "an override without a value",
    defines: ["batchSize"],
    report: ['-D: found "batchSize", wanted -D key=value'],
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
      '-D syncInterval: found "so...", wanted a whole number from 0 to 86400000',
    ],
  },
];
