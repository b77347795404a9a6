/** URLs of MySQL Connector/J (5.1 to 9) and MariaDB Connector/J (2 and 3). */
import type { HostPort, TlsMode, TlsSettings } from "../sync-config.ts";
import { readHostPort, readPort } from "./hosts.ts";
import type { ParsedUrl } from "./parsed-url.ts";
import { percentDecode, readUrlOptions, type UrlOptions, type UrlReport } from "./url-options.ts";

const DEFAULT_PORT = 3306;

// The names of both drivers; `trust` is MariaDB's word for encryption without verification.
const SSL_MODES: Readonly<Record<string, TlsMode>> = {
  disable: "disable",
  disabled: "disable",
  preferred: "prefer",
  prefer: "prefer",
  required: "require",
  require: "require",
  trust: "require",
  verify_ca: "verify-ca",
  "verify-ca": "verify-ca",
  verify_identity: "verify-full",
  "verify-full": "verify-full",
};

const SHOWN_SSL_MODES = {
  mysql: ["DISABLED", "PREFERRED", "REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"],
  mariadb: ["disable", "trust", "verify-ca", "verify-full"],
} as const;

/** `rest` follows `jdbc:mysql:` or `jdbc:mariadb:`. */
export function parseMysqlUrl(
  type: "mysql" | "mariadb",
  rest: string,
  report: UrlReport,
): ParsedUrl | undefined {
  const match = /^(\w+:)?\/\/([^/?]*(?:\([^)]*\)[^/?]*)*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(rest);
  if (match === null) {
    report.problems.push(`wanted jdbc:${type}://host:port/database`);
    return undefined;
  }
  const [, mode, authority = "", databaseText = "", optionText = ""] = match;
  if (mode !== undefined && mode !== "failover:" && mode !== "sequential:") {
    if (!/^(loadbalance|replication|load-balance|aurora):$/.test(mode)) {
      report.problems.push(`the URL's mode "${mode}" is not known`);
      return undefined;
    }
    report.warnings.push(
      `the URL's mode "${mode}" has no effect in sync-tool: hosts are tried first to last`,
    );
  }
  const at = authority.lastIndexOf("@");
  const [userText, passwordText] = at < 0 ? [] : splitOnce(authority.slice(0, at), ":");
  if (/@.*,|,.*@/s.test(authority.slice(0, Math.max(at, 0)))) {
    report.problems.push(
      "a user of its own for each host is not supported, wanted username and password as keys",
    );
  }
  const hosts = readHosts(authority.slice(at + 1), report);
  const options = readUrlOptions(optionText.split("&"), report, { ignoreCase: true, decode: percentDecode });
  const database = percentDecode(databaseText);
  const user = percentDecode(userText ?? "");
  const password = percentDecode(passwordText ?? "");
  if (database === undefined || user === undefined || password === undefined) {
    report.problems.push("the URL has a % that is not followed by two hexadecimal digits");
  } else if (database === "") {
    report.problems.push(`the URL names no database, wanted jdbc:${type}://host:port/database`);
  }
  const optionUser = options.text("user", "username");
  const optionPassword = options.text("password");
  const parsed = {
    type,
    hosts: hosts ?? [],
    tls: readTls(type, options),
    database,
    user: optionUser ?? (userText === undefined ? undefined : user),
    password: optionPassword ?? (passwordText === undefined ? undefined : password),
    socketPath: readSocket(options),
    connectTimeoutMs: options.millis("connectTimeout", 1),
    socketTimeoutMs: options.millis("socketTimeout", 1),
  };
  expectOwnBehaviour(options);
  options.warnOfRest();
  return hosts === undefined ? undefined : parsed;
}

function readHosts(text: string, report: UrlReport): readonly HostPort[] | undefined {
  const inner = /^\[(.*\).*)\]$/s.exec(text)?.[1] ?? text;
  const pieces = inner.split(/,(?![^(]*\))/);
  const hosts = pieces.map((piece) =>
    /^(address=)?\(/i.test(piece.trim())
      ? readAddress(piece, report)
      : readHostPort(piece, DEFAULT_PORT, report),
  );
  return hosts.every((one) => one !== undefined) ? hosts : undefined;
}

/** `address=(host=a)(port=1)(type=...)` or `(host=a,port=1)`. */
function readAddress(text: string, report: UrlReport): HostPort | undefined {
  const facts = new Map<string, string>();
  for (const [, name = "", value = ""] of text.matchAll(/([a-zA-Z]+)=([^(),=]*)(?=[),])/g)) {
    facts.set(name.toLowerCase(), value.trim());
  }
  for (const name of facts.keys()) {
    if (["host", "port"].includes(name)) continue;
    if (name === "protocol" && facts.get(name)?.toLowerCase() === "tcp") continue;
    if (name === "user" || name === "password")
      report.problems.push(`"${name}" inside an address is not supported`);
    else report.warnings.push(`"${name}" of an address in the URL has no effect in sync-tool`);
  }
  const port = readPort(facts.get("port"), DEFAULT_PORT, report);
  return port === undefined ? undefined : { host: facts.get("host") || "localhost", port };
}

function readTls(type: "mysql" | "mariadb", options: UrlOptions): TlsSettings {
  // Each driver's own words; the other's have no effect there either.
  const isMariadb = type === "mariadb";
  const ca = isMariadb ? options.text("serverSslCert") : undefined;
  const explicit = options.choice("sslMode", SSL_MODES, SHOWN_SSL_MODES[type]);
  const isOn = options.flag("useSSL");
  const isRequired = isMariadb ? undefined : options.flag("requireSSL");
  const isVerified = isMariadb ? undefined : options.flag("verifyServerCertificate");
  const isTrusted = isMariadb ? options.flag("trustServerCertificate") : undefined;
  const mode = explicit ?? (isOn === false ? "disable" : undefined) ?? impliedMode();
  const others = isMariadb ? ["trustServerCertificate"] : ["requireSSL", "verifyServerCertificate"];
  if (explicit !== undefined) options.idle("beside sslMode", "useSSL", ...others);
  else if (isOn === false) options.idle("with useSSL=false", ...others);
  else if (isMariadb && isOn === undefined) options.idle("without useSSL=true or sslMode", ...others);
  if (ca === undefined) return { mode };
  if (!mode.startsWith("verify")) options.idle("where no certificate is verified", "serverSslCert");
  return { mode, ca: ca.replace(/^file:(\/\/)?/, "") };

  function impliedMode(): TlsMode {
    // MariaDB's driver does not encrypt unless told, and then verifies; Connector/J 8 encrypts when the server can.
    if (type === "mariadb") {
      if (isOn !== true) return "disable";
      return isTrusted === true ? "require" : "verify-full";
    }
    if (isVerified === true) return "verify-ca";
    return isRequired === true ? "require" : "prefer";
  }
}

function readSocket(options: UrlOptions): string | undefined {
  // With Connector/J a socket needs a factory class, here junixsocket's; it is told the path by its own option.
  options.expect("socketFactory", "org.newsclub.net.mysql.AFUNIXDatabaseSocketFactory");
  return options.text("localSocket", "junixsocket.file");
}

function expectOwnBehaviour(options: UrlOptions): void {
  options.expect("useUnicode", "true");
  options.expect("characterEncoding", "UTF-8", "utf8", "utf8mb4");
  options.expect("allowPublicKeyRetrieval", "true");
  options.expect("noAccessToProcedureBodies", "true", "false");
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
