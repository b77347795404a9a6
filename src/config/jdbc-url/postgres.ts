/** URLs of pgjdbc 42: `jdbc:postgresql://host:port,host:port/database?option=value`, `jdbc:postgresql:database`. */
import type { TlsMode, TlsSettings } from "../sync-config.ts";
import { readHostList } from "./hosts.ts";
import type { ParsedUrl } from "./parsed-url.ts";
import { percentDecode, readUrlOptions, type UrlOptions, type UrlReport } from "./url-options.ts";

const DEFAULT_PORT = 5432;

const SSL_MODES: Readonly<Record<string, TlsMode>> = {
  disable: "disable",
  // "allow" tries without encryption first; nobody loses by the other order.
  allow: "prefer",
  prefer: "prefer",
  require: "require",
  "verify-ca": "verify-ca",
  "verify-full": "verify-full",
};

/** `rest` follows `jdbc:postgresql:`. */
export function parsePostgresUrl(rest: string, report: UrlReport): ParsedUrl | undefined {
  const match = /^(?:\/\/([^/?]*)(?:\/([^?]*))?|\/?([^/?]*))(?:\?(.*))?$/s.exec(rest);
  if (match === null) {
    report.problems.push("wanted jdbc:postgresql://host:port/database");
    return undefined;
  }
  const [, authority = "", afterHost, alone, optionText = ""] = match;
  if (authority.includes("@")) {
    report.problems.push(
      "the PostgreSQL driver takes no user before @, wanted username and password as keys of their own",
    );
    return undefined;
  }
  const hosts = readHostList(authority, DEFAULT_PORT, report);
  const database = percentDecode(afterHost ?? alone ?? "");
  if (database === undefined) {
    report.problems.push("the URL has a % that is not followed by two hexadecimal digits");
  }
  const options = readUrlOptions(optionText.split("&"), report, { ignoreCase: false, decode: percentDecode });
  const connectTimeoutMs = options.millis("connectTimeout", 1000);
  const loginTimeoutMs = options.millis("loginTimeout", 1000);
  const parsed = {
    type: "postgres" as const,
    hosts: hosts ?? [],
    tls: readTls(options, report),
    // Without a database in the URL the server takes the one named like the user; so does our driver.
    database: database || undefined,
    schema: readSchema(options.text("currentSchema"), report),
    user: options.text("user"),
    password: options.text("password"),
    socketPath: readSocket(options),
    connectTimeoutMs: connectTimeoutMs ?? loginTimeoutMs,
    socketTimeoutMs: options.millis("socketTimeout", 1000),
  };
  options.expect("targetServerType", "primary", "master", "any");
  options.expect("stringtype", "unspecified", "varchar");
  options.warnOfRest();
  return hosts === undefined ? undefined : parsed;
}

function readTls(options: UrlOptions, report: UrlReport): TlsSettings {
  const explicit = options.choice("sslmode", SSL_MODES);
  // `ssl` alone, or with an empty value, switches it on.
  const sslText = options.text("ssl");
  const isOn = sslText !== undefined && (sslText === "" || options.flag("ssl") === true);
  const ca = options.text("sslrootcert");
  const factory = options.text("sslfactory");
  const trustsAll = factory === "org.postgresql.ssl.NonValidatingFactory";
  if (factory !== undefined && !trustsAll && !/^org\.postgresql\.ssl\.(LibPQ|DefaultJava)/.test(factory)) {
    report.warnings.push('URL option "sslfactory" has no effect in sync-tool');
  }
  const implied = isOn ? "verify-full" : "prefer";
  const mode = trustsAll && (isOn || explicit !== undefined) ? "require" : (explicit ?? implied);
  if (explicit !== undefined) options.idle("beside sslmode", "ssl");
  if (trustsAll && mode !== "require") options.idle("without ssl=true or sslmode", "sslfactory");
  if (!mode.startsWith("verify")) options.idle("where no certificate is verified", "sslrootcert");
  return ca === undefined ? { mode } : { mode, ca };
}

function readSchema(searchPath: string | undefined, report: UrlReport): string | undefined {
  if (searchPath === undefined) return undefined;
  const [first = "", ...others] = searchPath.split(",").map((name) => name.trim());
  if (others.length > 0) {
    report.warnings.push(
      `URL option "currentSchema" names several schemas; sync-tool uses the first, "${first}"`,
    );
  }
  const quoted = /^"(.*)"$/.exec(first)?.[1];
  // An unquoted name is folded to lower case, as the server does with search_path.
  return quoted?.replaceAll('""', '"') ?? (first === "" ? undefined : first.toLowerCase());
}

function readSocket(options: UrlOptions): string | undefined {
  const factory = options.text("socketFactory");
  const path = options.text("socketFactoryArg");
  if (factory?.startsWith("org.newsclub.net.unix.AFUNIXSocketFactory")) return path;
  options.idle("but junixsocket's", "socketFactory");
  if (path !== undefined) options.idle("without junixsocket's socketFactory", "socketFactoryArg");
  return undefined;
}
