/** A good configuration, and the means to spoil one line of it. All passwords in it contain "secret". */

export const VERSIONS =
  "5.0.0, 5.1.0, 5.2.0, 5.3.0, 5.4.0, 5.4.1, 5.5.0, 5.6.0, 5.7.0, 5.8.0, 5.9.0, 5.10.0, 5.11.0";

export const GOOD_PROPERTIES = `sourceVersion=5.7.0
targetVersion=5.11.0
syncTables=IDN_OAUTH2_ACCESS_TOKEN,IDN_OAUTH2_ACCESS_TOKEN_SCOPE
identitySchema=jdbc/Blue,jdbc/Green
`;

export const GOOD_TOML = `[[datasource]]
id = "Blue"
url = "jdbc:mysql://blue:3306/identity"
username = "sync"
password = "blue-secret"

[[datasource]]
id = "Green"
url = "jdbc:postgresql://green:5432/identity"
username = "sync"
password = "green-secret"
`;

/** GOOD_PROPERTIES with one line replaced. */
export function properties(line: number, text: string): string {
  return withLine(GOOD_PROPERTIES, line, text);
}

/** GOOD_TOML with one line replaced. */
export function toml(line: number, text: string): string {
  return withLine(GOOD_TOML, line, text);
}

export function withLine(text: string, line: number, replacement: string): string {
  return text
    .split("\n")
    .map((old, index) => (index === line - 1 ? replacement : old))
    .join("\n");
}

export interface MalformedConfiguration {
  readonly name: string;
  /** Default: GOOD_PROPERTIES; null: no such file. */
  readonly properties?: string | null;
  /** Default: GOOD_TOML; null: no such file. */
  readonly toml?: string | null;
  readonly dotenv?: string;
  readonly defines?: readonly string[];
  /** The lines of the report. */
  readonly report: readonly string[];
}
