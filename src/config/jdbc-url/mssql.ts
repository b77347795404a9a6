/** URLs of Microsoft's driver (`jdbc:sqlserver://host\instance:port;name=value`) and of jTDS. */
import type { TlsMode, TlsSettings } from "../sync-config.ts";
import { readHostPort, readPort } from "./hosts.ts";
import type { ParsedUrl } from "./parsed-url.ts";
import { readUrlOptions, type UrlOptions, type UrlReport } from "./url-options.ts";

const DEFAULT_PORT = 1433;

/** `rest` follows `jdbc:sqlserver:`. */
export function parseMssqlUrl(rest: string, report: UrlReport): ParsedUrl | undefined {
  const match = /^\/\/([^;]*)(?:;(.*))?$/s.exec(rest);
  if (match === null) {
    report.problems.push("wanted jdbc:sqlserver://host:port;databaseName=...");
    return undefined;
  }
  const [, address = "", optionText = ""] = match;
  const options = readUrlOptions(splitProperties(optionText), report, { ignoreCase: true, decode: unbrace });
  const [hostText = "", instanceAndPort] = address.replace(/\/$/, "").split("\\", 2);
  const [instanceText, portOfInstance] = instanceAndPort?.split(":", 2) ?? [];
  const host = readHostPort(hostText || (options.text("serverName", "server") ?? ""), DEFAULT_PORT, report);
  const portText = portOfInstance ?? options.text("portNumber", "port");
  const port = readPort(portText, host?.port ?? DEFAULT_PORT, report);
  const hasPort = portText !== undefined || /:\d+$/.test(hostText);
  const partner = options.text("failoverPartner");
  const partnerHost = partner === undefined ? undefined : readHostPort(partner, DEFAULT_PORT, report);
  refuseOtherLogins(options, report);
  const parsed = {
    type: "mssql" as const,
    hosts:
      host === undefined || port === undefined
        ? []
        : [{ host: host.host, port }, ...(partnerHost === undefined ? [] : [partnerHost])],
    tls: readTls(options, report),
    database: options.text("databaseName", "database"),
    instance: chooseInstance(instanceText || options.text("instanceName", "instance"), hasPort, report),
    user: options.text("user", "userName"),
    password: options.text("password"),
    connectTimeoutMs: options.millis("loginTimeout", 1000),
    socketTimeoutMs: options.millis("socketTimeout", 1),
  };
  options.expect("sendTimeAsDatetime", "true", "false");
  // Every address of a listener is tried in any case, one after the other.
  options.expect("multiSubnetFailover", "true", "false");
  // Secondary replicas are read-only and refused.
  options.expect("applicationIntent", "ReadWrite");
  options.warnOfRest();
  return parsed.hosts.length === 0 ? undefined : parsed;
}

/** `rest` follows `jdbc:jtds:`. */
export function parseJtdsUrl(rest: string, report: UrlReport): ParsedUrl | undefined {
  const match = /^sqlserver:\/\/([^/;]*)(?:\/([^;]*))?(?:;(.*))?$/s.exec(rest);
  if (match === null) {
    report.problems.push("wanted jdbc:jtds:sqlserver://host:port/database");
    return undefined;
  }
  const [, address = "", database, optionText = ""] = match;
  const decode = (text: string) => text;
  const options = readUrlOptions(optionText.split(";"), report, { ignoreCase: true, decode });
  const host = readHostPort(address, DEFAULT_PORT, report);
  const ssl = options.choice<TlsMode>("ssl", {
    off: "disable",
    request: "prefer",
    require: "require",
    authenticate: "verify-ca",
  });
  if (options.text("domain") !== undefined) {
    report.problems.push(
      'URL option "domain" asks for a Windows login, which is not supported; wanted a SQL Server login',
    );
  }
  const parsed = {
    type: "mssql" as const,
    hosts: host === undefined ? [] : [host],
    tls: { mode: ssl ?? ("disable" as const) },
    database: database || options.text("databaseName"),
    instance: chooseInstance(options.text("instance"), /:\d+$/.test(address), report),
    user: options.text("user"),
    password: options.text("password"),
    connectTimeoutMs: options.millis("loginTimeout", 1000),
    socketTimeoutMs: options.millis("socketTimeout", 1000),
  };
  options.warnOfRest();
  return host === undefined ? undefined : parsed;
}

function readTls(options: UrlOptions, report: UrlReport): TlsSettings {
  const encrypt = options.choice<boolean | "strict">("encrypt", {
    true: true,
    mandatory: true,
    yes: true,
    false: false,
    optional: false,
    no: false,
    strict: "strict",
  });
  const trusts = options.flag("trustServerCertificate");
  const serverName = options.text("hostNameInCertificate");
  const ca = options.text("serverCertificate");
  if (encrypt === "strict") {
    report.warnings.push('URL option "encrypt" is "strict" (TDS 8), which sync-tool treats as "true"');
  }
  const chosen = mode();
  if (!chosen.startsWith("verify"))
    options.idle("where no certificate is verified", "hostNameInCertificate", "serverCertificate");
  if (encrypt === false || encrypt === undefined)
    options.idle("without encrypt=true", "trustServerCertificate");
  return {
    mode: chosen,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
  };

  function mode(): TlsMode {
    if (encrypt === false) return "disable";
    // Before version 10 the driver did not encrypt by default, since then it does: encrypt where the server can.
    if (encrypt === undefined) return "prefer";
    return trusts === true && encrypt !== "strict" ? "require" : "verify-full";
  }
}

function refuseOtherLogins(options: UrlOptions, report: UrlReport): void {
  if (options.flag("integratedSecurity") === true) {
    report.problems.push(
      'URL option "integratedSecurity" asks for a Windows login, which is not supported; wanted a SQL Server login',
    );
  }
  options.expect("authentication", "SqlPassword", "NotSpecified");
}

function chooseInstance(
  instance: string | undefined,
  hasPort: boolean,
  report: UrlReport,
): string | undefined {
  if (instance === undefined || !hasPort) return instance;
  // As in Microsoft's driver: with a port nobody asks the SQL Server Browser for the instance.
  report.warnings.push("the URL's instance name has no effect, because the URL gives a port");
  return undefined;
}

/** Splits at `;` outside `{...}`, in which `}}` stands for `}`. */
function splitProperties(text: string): string[] {
  return text.match(/(?:=\s*\{(?:[^}]|\}\})*\}|[^;])+/g) ?? [];
}

function unbrace(text: string): string {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  return inner === undefined ? text : inner.replaceAll("}}", "}");
}
