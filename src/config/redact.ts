/** Settings and JDBC URLs without what opens a database. What is doubtful is hidden: a wrong URL is printed too. */
import type { ConnectionSettings } from "./sync-config.ts";

const HIDDEN = "***";
// A value ends where the next `name=` begins: a raw & or ; inside a password is a mistake that must not show the rest of it.
const SECRET_OPTION =
  /((?:password|passwd|pwd|secret|token|passphrase|credential)\w*\s*=\s*)(?:\{(?:[^}]|\}\})*\}?|(?:[^&;]|[&;](?!\s*[A-Za-z][\w.]*\s*=))*)/gi;
const SECRET_IN_DESCRIPTOR = /(\(\s*\w*(?:password|pwd)\w*\s*=\s*)[^)]*/gi;

/**
 * The URL with `***` for passwords: in options (`password=...`, `{...}` of SQL Server), before `@` (`user:pass@`, Oracle's
 * `user/pass@`) and in TNS descriptors.
 */
export function redactUrl(url: string): string {
  const shown = /^(jdbc:oracle:[^@]*@)?\s*\(/i.test(url)
    ? url.replace(SECRET_IN_DESCRIPTOR, `$1${HIDDEN}`)
    : url.replace(SECRET_OPTION, `$1${HIDDEN}`);
  const optionsAt = shown.search(/[?;]/);
  const head = optionsAt < 0 ? shown : shown.slice(0, optionsAt);
  const slashes = head.indexOf("//");
  const authority = slashes < 0 ? head : head.slice(slashes + 2);
  // A password may hold a raw `?`, `;`, `/` or `@`: unless the part before the options is clearly a host and its port,
  // all up to the last @ may be the password.
  const isHostOnly =
    !head.includes("@") &&
    /^[\w.,-]*(:\d+)?([\\/,][^@]*)?$/.test(authority) &&
    !/^[?;][^@=]*@/.test(shown.slice(head.length));
  if (isHostOnly || !shown.includes("@")) return shown;
  const credentials = /^(.*?(?:\/\/|thin:|oci:))([^:/@]*)([:/].*)?@/s.exec(shown);
  if (credentials === null) return `${HIDDEN}${shown.slice(shown.lastIndexOf("@"))}`;
  const [, prefix = "", user = "", secret] = credentials;
  if (secret === undefined) return shown;
  return `${prefix}${user}${secret.charAt(0)}${HIDDEN}${shown.slice(shown.lastIndexOf("@"))}`;
}

/** The redacted URL without its options, for messages that name the option themselves. */
export function redactUrlHead(url: string): string {
  const shown = redactUrl(url);
  const optionsAt = shown.search(/[?;]/);
  const head = optionsAt < 0 ? shown : `${shown.slice(0, optionsAt + 1)}...`;
  // What stands in the place of a port and is no number may be a password without its @.
  return head.replace(/(\/\/[^/:@]*:)(?!\d{1,9}(?:[/,?;\\]|$))(?!\*\*\*)[^/@]+/, `$1${HIDDEN}`);
}

/** A copy of the settings that may be printed or logged. */
export function redactSettings(settings: ConnectionSettings): ConnectionSettings {
  return {
    ...settings,
    password: HIDDEN,
    ...(settings.connectString === undefined ? {} : { connectString: redactUrl(settings.connectString) }),
  };
}
