/** URLs of Oracle's thin driver: `@host:port:SID`, `@//host:port/service`, `@tcps://...`, `@(DESCRIPTION=...)`. */
import type { HostPort } from "../sync-config.ts";
import { readHostList, readPort } from "./hosts.ts";
import type { ParsedUrl } from "./parsed-url.ts";
import { percentDecode, readUrlOptions, type UrlReport } from "./url-options.ts";

const DEFAULT_PORT = 1521;
const FORMS = "@//host:port/service, @host:port:SID or @(DESCRIPTION=...)";

/** `rest` follows `jdbc:oracle:`. */
export function parseOracleUrl(rest: string, report: UrlReport): ParsedUrl | undefined {
  const match = /^(\w+):(?:([^/@"]*)\/("[^"]*"|[^@]*))?@(.*)$/s.exec(rest);
  if (match === null) {
    report.problems.push(`wanted jdbc:oracle:thin:${FORMS}`);
    return undefined;
  }
  const [, driver = "", user, quotedPassword, address = ""] = match;
  if (driver !== "thin") {
    report.problems.push(`the "${driver}" driver of Oracle is not supported, wanted jdbc:oracle:thin:`);
    return undefined;
  }
  const parsed = address.trim().startsWith("(")
    ? parseDescriptor(address.trim(), report)
    : parseAddress(address.trim(), report);
  if (parsed === undefined) return undefined;
  const password = quotedPassword?.replace(/^"(.*)"$/s, "$1");
  return { ...parsed, user: user || undefined, password: password || undefined };
}

function parseAddress(address: string, report: UrlReport): ParsedUrl | undefined {
  const [location = "", optionText = ""] = splitAt(address, "?");
  const options = readUrlOptions(optionText.split("&"), report, { ignoreCase: true, decode: percentDecode });
  const scheme = /^(\w+):\/\//.exec(location)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "tcp" && scheme !== "tcps") {
    report.problems.push(`the URL's "${scheme}:" names are not supported, wanted ${FORMS}`);
    return undefined;
  }
  const mode = scheme === "tcps" ? ("verify-full" as const) : ("disable" as const);
  const connectTimeoutMs = options.millis("connect_timeout", 1000);
  // Connection properties may follow the address since 19c (JDBC Java API Reference, URL formats).
  const socketTimeoutMs = options.millis("oracle.jdbc.ReadTimeout", 1);
  const verify = options.flag("ssl_server_dn_match");
  options.warnOfRest();
  const facts = {
    type: "oracle" as const,
    tls: { mode: mode === "verify-full" && verify === false ? ("verify-ca" as const) : mode },
    connectTimeoutMs,
    socketTimeoutMs,
  };
  const plain = location.replace(/^(\w+:)?\/\//, "");
  const bySid = /^([^/]*?:\d+):([^:/]+)$/.exec(plain);
  if (bySid !== null && plain === location) {
    const hosts = readHostList(bySid[1] ?? "", DEFAULT_PORT, report);
    return hosts === undefined ? undefined : { ...facts, hosts, sid: bySid[2] };
  }
  const [hostText = "", servicePart = ""] = splitAt(plain, "/");
  const [service = "", serverMode] = servicePart.split("/", 1)[0]?.split(":", 2) ?? [];
  if (plain === location && !/[:/]/.test(plain)) {
    report.problems.push(`names of tnsnames.ora are not supported, wanted ${FORMS}`);
    return undefined;
  }
  const hosts = readHostList(hostText, DEFAULT_PORT, report);
  if (service === "" && hosts !== undefined) {
    report.problems.push(`the URL names neither a service nor a SID, wanted ${FORMS}`);
  }
  if (serverMode !== undefined || servicePart.includes("/")) {
    report.warnings.push("the URL's server mode and instance after the service have no effect in sync-tool");
  }
  return hosts === undefined ? undefined : { ...facts, hosts, database: service };
}

/** The driver gets the descriptor verbatim; hosts, service and SID are read from it for messages and comparisons. */
function parseDescriptor(descriptor: string, report: UrlReport): ParsedUrl | undefined {
  if (!isBalanced(descriptor)) {
    report.problems.push("the TNS descriptor's parentheses do not match");
    return undefined;
  }
  const fact = (text: string, name: string) =>
    new RegExp(`\\(\\s*${name}\\s*=\\s*([^()\\s]+)\\s*\\)`, "i").exec(text)?.[1];
  const addresses = descriptor.match(/\(\s*ADDRESS\s*=\s*(?:\([^()]*\)\s*)*\)/gi) ?? [];
  const hosts: HostPort[] = [];
  let hasHost = false;
  for (const address of addresses) {
    const host = fact(address, "HOST");
    const port = readPort(fact(address, "PORT"), DEFAULT_PORT, report);
    hasHost ||= host !== undefined;
    if (host !== undefined && port !== undefined) hosts.push({ host, port });
  }
  const database = fact(descriptor, "SERVICE_NAME");
  const sid = fact(descriptor, "SID");
  if (!hasHost) report.problems.push("the TNS descriptor names no (ADDRESS=(HOST=...)(PORT=...))");
  else if (database === undefined && sid === undefined) {
    report.problems.push("the TNS descriptor names neither SERVICE_NAME nor SID");
  }
  if (hosts.length === 0) return undefined;
  const isEncrypted = fact(descriptor, "PROTOCOL")?.toLowerCase() === "tcps";
  const tls = { mode: isEncrypted ? ("verify-full" as const) : ("disable" as const) };
  return { type: "oracle", hosts, tls, database, sid, connectString: descriptor };
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === "(") depth++;
    if (character === ")") depth--;
    if (depth < 0) return false;
  }
  return depth === 0;
}

function splitAt(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
