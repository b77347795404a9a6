/** JDBC URLs of the four databases, in the forms their Java drivers take. One file per database under jdbc-url/. */

import { parseJtdsUrl, parseMssqlUrl } from "./jdbc-url/mssql.ts";
import { parseMysqlUrl } from "./jdbc-url/mysql.ts";
import { parseOracleUrl } from "./jdbc-url/oracle.ts";
import type { ParsedUrl, UrlParser } from "./jdbc-url/parsed-url.ts";
import { parsePostgresUrl } from "./jdbc-url/postgres.ts";
import { nearestName } from "./nearest-name.ts";
import { didYouMean } from "./problem.ts";

const PARSERS: Readonly<Record<string, UrlParser>> = {
  mysql: (rest, report) => parseMysqlUrl("mysql", rest, report),
  mariadb: (rest, report) => parseMysqlUrl("mariadb", rest, report),
  postgresql: parsePostgresUrl,
  sqlserver: parseMssqlUrl,
  jtds: parseJtdsUrl,
  oracle: parseOracleUrl,
};

export interface UrlResult {
  /** Absent only when there are problems. */
  readonly url?: ParsedUrl;
  /** Sentences without secrets. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads one JDBC URL. Never throws; all problems of the URL come together. */
export function parseJdbcUrl(text: string): UrlResult {
  const match = /^jdbc:([a-z0-9]+)(?:\+\w+)?:(.*)$/is.exec(text.trim());
  const product = match?.[1]?.toLowerCase() ?? "";
  if (match === null) {
    return { problems: [`wanted jdbc:, then one of ${Object.keys(PARSERS).join(", ")}`], warnings: [] };
  }
  if (product === "h2" || product === "db2") return { problems: [unsupportedProduct(product)], warnings: [] };
  const parser = PARSERS[product];
  if (parser === undefined) {
    const names = Object.keys(PARSERS);
    const near = didYouMean(nearestName(product, names));
    return { problems: [`wanted jdbc: and one of ${names.join(", ")}${near}`], warnings: [] };
  }
  const report = { problems: [] as string[], warnings: [] as string[] };
  if (/^jdbc:\w+\+/i.test(text.trim())) {
    report.problems.push("DNS SRV names (+srv) are not supported, wanted the hosts themselves");
  }
  const url = parser(match[2] ?? "", report);
  return url === undefined ? report : { url, ...report };
}

/** For the two databases that WSO2 ships scripts for and sync-tool does not read. */
export function unsupportedProduct(product: "h2" | "db2"): string {
  const name = product === "h2" ? "H2" : "DB2";
  return `${name} is not supported by sync-tool, which writes no scripts for it either (prepare --generate-ddl), wanted MySQL, MariaDB, PostgreSQL, SQL Server or Oracle: move the data to one of them first, or migrate with WSO2's client while the source is stopped`;
}
