/** One datasource of deployment.toml, validated: from URL or parts to ConnectionSettings. */
import type { Deployment, RawDatasource } from "./deployment-toml.ts";
import type { FewestConnections } from "./fewest-connections.ts";
import type { ParsedUrl } from "./jdbc-url/parsed-url.ts";
import { parseJdbcUrl, unsupportedProduct } from "./jdbc-url.ts";
import { nearestName } from "./nearest-name.ts";
import type { Resolve } from "./placeholders.ts";
import { readPoolOptions } from "./pool-options.ts";
import { didYouMean, type Findings, hintFound, quoteFound } from "./problem.ts";
import { redactUrlHead } from "./redact.ts";
import type { ConnectionSettings, DatabaseType, Datasource } from "./sync-config.ts";
import { type TableReader, tableReader } from "./table-reader.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 10_000;

/** Keys of `[[datasource]]` and of `[database.x]`; those after `pool_options` are the server's own business. */
const KEYS = {
  datasource: [
    "id",
    "url",
    "username",
    "password",
    "driver",
    "pool_options",
    "description",
    "jmx_enable",
    "jndi_config",
  ],
  database: [
    "type",
    "url",
    "hostname",
    "port",
    "name",
    "sid",
    "username",
    "password",
    "driver",
    "pool_options",
    "description",
    "jmx_enable",
  ],
} as const;

/** `type` of `[database.x]` in WSO2's spelling, with the port the server takes when none is given. */
const TYPES: Readonly<Record<string, { readonly type: DatabaseType; readonly port: number }>> = {
  mysql: { type: "mysql", port: 3306 },
  mariadb: { type: "mariadb", port: 3306 },
  postgre: { type: "postgres", port: 5432 },
  postgresql: { type: "postgres", port: 5432 },
  mssql: { type: "mssql", port: 1433 },
  oracle: { type: "oracle", port: 1521 },
};

/** Beginnings of the driver classes; the class itself is not loaded, but a wrong one shows a slip of the pen. */
const DRIVERS: readonly (readonly [string, readonly DatabaseType[]])[] = [
  ["com.mysql.", ["mysql"]],
  ["org.mariadb.", ["mariadb", "mysql"]],
  ["org.postgresql.", ["postgres"]],
  ["com.microsoft.sqlserver.", ["mssql"]],
  ["net.sourceforge.jtds.", ["mssql"]],
  ["oracle.", ["oracle"]],
];

/** Undefined, with problems in `findings`, when the datasource is not usable. */
export function readDatasource(
  raw: RawDatasource,
  deployment: Deployment,
  resolve: Resolve,
  fewest: FewestConnections,
  findings: Findings,
): Datasource | undefined {
  const problemsBefore = findings.problems.length;
  const reader = tableReader(raw, deployment, resolve, findings);
  checkKeys(raw, reader);
  const hasUrl = raw.form === "datasource" || reader.names.includes("url");
  const url = hasUrl ? readUrl(reader) : readParts(reader);
  if (raw.form === "database" && hasUrl) checkType(reader, url);
  checkDriver(reader, url);
  const user = readCredential("username", url?.user);
  const password = readCredential("password", url?.password);
  const poolReader = reader.inner("pool_options");
  const pool = readPoolOptions(poolReader, fewest);
  const isComplete = url !== undefined && user !== undefined && password !== undefined;
  if (!isComplete || findings.problems.length > problemsBefore) return undefined;
  const { user: _user, password: _password, connectTimeoutMs, ...location } = url;
  const settings = withoutUndefined({
    ...location,
    user,
    password,
    connectTimeoutMs: connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
    pool,
  });
  return { id: raw.id, settings, at: reader.at };

  function readCredential(name: "username" | "password", ofUrl: string | undefined): string | undefined {
    if (!reader.names.includes(name)) {
      if (ofUrl === undefined)
        noteMissing(raw.form, reader, name, `the database user's ${name === "username" ? "name" : name}`);
      return ofUrl;
    }
    const value = reader.text(name);
    if (name === "username" && value?.trim() === "") reader.problem(name, "is empty");
    if (value !== undefined && ofUrl !== undefined && ofUrl !== value) {
      reader.warn(name, `differs from the one in the URL; the key "${name}" counts`);
    }
    if (value !== undefined && value !== value.trim()) {
      reader.warn(name, "begins or ends with a blank, which is kept");
    }
    return value;
  }
}

/** Silent about a key that is there in a misspelling: that one's own line says it. */
function noteMissing(form: RawDatasource["form"], reader: TableReader, name: string, wanted: string): void {
  const known: readonly string[] = KEYS[form];
  const isMisspelt = reader.names.some(
    (given) => !known.includes(given) && nearestName(given, known) === name,
  );
  if (!isMisspelt) reader.problem(name, `missing, wanted ${wanted}`);
}

function checkKeys(raw: RawDatasource, reader: TableReader): void {
  const known: readonly string[] = KEYS[raw.form];
  for (const name of reader.names) {
    if (known.includes(name)) continue;
    const near = nearestName(name, known);
    if (near === undefined) reader.warn(name, "is not a key that sync-tool knows; it has no effect");
    else reader.problem(name, `unknown key${didYouMean(near)}`);
  }
}

function readUrl(reader: TableReader): ParsedUrl | undefined {
  if (!reader.names.includes("url")) {
    noteMissing("datasource", reader, "url", "a JDBC URL");
    return undefined;
  }
  const text = reader.text("url");
  if (text === undefined) return undefined;
  const { url, problems, warnings } = parseJdbcUrl(text);
  const head = redactUrlHead(reader.written("url"));
  const shown = /^\s*[a-z]+:/i.test(head) ? quoteFound(head) : hintFound(head);
  for (const reason of problems) reader.problem("url", `found ${shown}: ${reason}`);
  for (const reason of warnings) reader.warn("url", reason);
  return url;
}

function readParts(reader: TableReader): ParsedUrl | undefined {
  const known = readType(reader);
  const host = mandatory("hostname", "a host name or address");
  const port = reader.integer("port", 1, 65_535);
  const isOracle = known?.type === "oracle";
  const sid = reader.text("sid");
  const name = isOracle && sid !== undefined ? reader.text("name") : mandatory("name", "the database's name");
  if (known === undefined || host === undefined) return undefined;
  return {
    type: known.type,
    hosts: [{ host, port: port ?? known.port }],
    tls: {
      mode:
        known.type === "mysql" || known.type === "postgres" || known.type === "mssql" ? "prefer" : "disable",
    },
    ...(isOracle && sid !== undefined ? { sid } : { database: name }),
  };

  function mandatory(key: string, wanted: string): string | undefined {
    if (!reader.names.includes(key)) {
      noteMissing("database", reader, key, wanted);
      return undefined;
    }
    const value = reader.text(key)?.trim();
    if (value === "") reader.problem(key, `found "", wanted ${wanted}`);
    return value;
  }
}

function readType(reader: TableReader): (typeof TYPES)[string] | undefined {
  if (!reader.names.includes("type")) {
    noteMissing("database", reader, "type", `one of ${Object.keys(TYPES).join(", ")}`);
    return undefined;
  }
  const text = reader.text("type")?.trim();
  if (text === undefined) return undefined;
  const known = TYPES[text.toLowerCase()];
  if (known !== undefined) return known;
  if (text === "h2" || text === "db2") reader.problem("type", `found "${text}": ${unsupportedProduct(text)}`);
  else {
    const names = Object.keys(TYPES);
    const near = nearestName(text, names);
    reader.problem(
      "type",
      `found ${hintFound(text, near)}, wanted one of ${names.join(", ")}${didYouMean(near)}`,
    );
  }
  return undefined;
}

function checkType(reader: TableReader, url: ParsedUrl | undefined): void {
  // With a URL the type adds nothing, but the two must not speak of different products.
  if (!reader.names.includes("type") || url === undefined) return;
  const known = readType(reader);
  const isSameFamily = (a: DatabaseType, b: DatabaseType) =>
    a.replace("mariadb", "mysql") === b.replace("mariadb", "mysql");
  if (known === undefined || isSameFamily(known.type, url.type)) return;
  reader.problem("type", `found ${quoteFound(reader.written("type"))}, but the URL is of ${url.type}`);
}

function checkDriver(reader: TableReader, url: ParsedUrl | undefined): void {
  const driver = reader.names.includes("driver") ? reader.text("driver") : undefined;
  const types = DRIVERS.find(([beginning]) => driver?.startsWith(beginning))?.[1];
  if (url === undefined || driver === undefined || types === undefined || types.includes(url.type)) return;
  reader.warn(
    "driver",
    `${quoteFound(reader.written("driver"))} is not a driver for the URL, which is of ${url.type}`,
  );
}

/** Drops the keys whose value is undefined, which exactOptionalPropertyTypes keeps apart from absent ones. */
function withoutUndefined(
  settings: {
    [K in keyof ConnectionSettings]: ConnectionSettings[K] | undefined;
  },
): ConnectionSettings;
function withoutUndefined(settings: object): object {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
