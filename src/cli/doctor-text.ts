/** What `doctor` found, for a person at a terminal and as Markdown for a change request. */
import type { ConnectionSettings } from "../config/sync-config.ts";
import type { CheckResult } from "../doctor/check.ts";

/** A server that a check is about, and who asked it. */
export interface CheckedServer {
  readonly side: "source" | "target";
  /** Host and port, several of a failover list, or a socket; as messages show them. */
  readonly host: string;
  readonly user: string;
}

/** A check's result, and of which pair of databases. */
export interface SchemaCheck extends CheckResult {
  readonly schema: string;
  /** Both where the check compares them. */
  readonly servers: readonly CheckedServer[];
}

/** By the id: "source.grants-run" is about one server, "tables.match" about both. */
export function serversOf(
  { id }: Pick<CheckResult, "id">,
  settings: Readonly<Record<"source" | "target", ConnectionSettings>>,
): readonly CheckedServer[] {
  const sides = (["source", "target"] as const).filter((side) => id.startsWith(`${side}.`));
  return (sides.length === 0 ? (["source", "target"] as const) : sides).map((side) => ({
    side,
    host: placeOf(settings[side]),
    user: settings[side].user,
  }));
}

const placeOf = ({ socketPath, hosts }: ConnectionSettings): string =>
  socketPath ?? hosts.map(({ host, port }) => `${host}:${port}`).join(",");

const serverText = ({ user, host }: CheckedServer): string => `${user}@${host}`;

const ORDER = ["fail", "warn", "unknown", "ok"] as const;
const MARKS = { ok: "ok", warn: "warn", fail: "FAIL", unknown: "unknown" } as const;

/** What is not well comes first; checks of a kind stay in their order. */
const worstFirst = (results: readonly SchemaCheck[]): readonly SchemaCheck[] =>
  ORDER.flatMap((status) => results.filter((one) => one.status === status));

/** One line per check, in columns; below those that are not well, what is wanted and what mends it. */
export function formatChecks(results: readonly SchemaCheck[]): string {
  const names = results.map(({ schema, id }) => `${schema} ${id}:`);
  const servers = results.map((one) => one.servers.map(serverText).join(" "));
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length));
  const [nameWidth, serverWidth] = [widest(names), widest(servers)];
  const lines = worstFirst(results).flatMap((one) => [
    [
      MARKS[one.status].padEnd(7),
      `${one.schema} ${one.id}:`.padEnd(nameWidth),
      one.servers.map(serverText).join(" ").padEnd(serverWidth),
      `${one.title}: ${one.found}`,
    ].join(" "),
    ...(one.status === "ok" ? [] : [`          wanted: ${one.wanted}`]),
    ...one.mend.map(({ on, text }) =>
      on === "elsewhere" ? `          mend: ${indent(text)}` : `          on the ${on}: ${indent(text)};`,
    ),
  ]);
  return [...lines, countText(results)].join("\n");
}

const indent = (text: string): string => text.replaceAll("\n", "\n            ");

function countText(results: readonly SchemaCheck[]): string {
  const count = (status: CheckResult["status"]): number =>
    results.filter((one) => one.status === status).length;
  return `${count("ok")} ok, ${count("warn")} warnings, ${count("fail")} failed, ${count("unknown")} unknown`;
}

/** A document to attach to a change request; `at`: when it was found. */
export function checksAsMarkdown(results: readonly SchemaCheck[], at: string): string {
  const rows = worstFirst(results).map((one) =>
    [
      MARKS[one.status],
      `${one.schema} ${one.id}`,
      one.servers.map((server) => `${server.side}: ${serverText(server)}`).join(", "),
      one.title,
      one.found,
    ].map(cell),
  );
  const mends = worstFirst(results)
    .filter(({ status }) => status !== "ok")
    .flatMap(({ schema, id, wanted, mend }) => [
      `### ${line(`${schema} ${id}`)}`,
      "",
      `Wanted: ${line(wanted)}`,
      "",
      ...mend.flatMap(({ on, text }) =>
        on === "elsewhere" ? [line(text), ""] : [`On the ${on}:`, "", ...fenced(`${text};`), ""],
      ),
    ]);
  return [
    "# sync-tool doctor",
    "",
    `${at}: ${countText(results)}.`,
    "",
    "| Status | Check | Server | About | Found |",
    "|---|---|---|---|---|",
    ...rows.map((cells) => `| ${cells.join(" | ")} |`),
    ...(mends.length === 0 ? [] : ["", "## What mends it", "", ...mends]),
    "",
  ].join("\n");
}

/** Names of tables and words of servers are no markup. */
const line = (text: string): string => text.replace(/\s+/g, " ").replace(/[\\`*_[\]<>#]/g, "\\$&");
const cell = (text: string): string => line(text).replaceAll("|", "\\|");

/** Longer than any fence in the text. */
function fenced(text: string): readonly string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return [`${fence}sql`, text, fence];
}
