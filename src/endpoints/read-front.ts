import { isIP, isIPv6 } from "node:net";
import { nearestName } from "../config/nearest-name.ts";
import { didYouMean, quoteFound } from "../config/problem.ts";
import { SyncError } from "../errors.ts";
import { ENDPOINT_GROUPS } from "./endpoint-list.ts";
import { FORMATS } from "./formats.ts";
import type { Front, Upstream } from "./front.ts";

/** What the command line says, unchecked. */
export interface FrontWords {
  readonly format: string;
  readonly upstream: readonly string[];
  readonly to?: string;
  readonly with?: string;
  readonly without?: string;
  readonly hostname?: string;
  readonly listen?: string;
  readonly certificate?: string;
}

const DEFAULT_CERTIFICATE = "/etc/ssl/identity/tls.crt";

/** Checks the words and gives what a format needs. @throws USAGE_INVALID with every mistake. */
export function readFront(words: FrontWords): Front {
  const problems: string[] = [];
  if (!FORMAT_NAMES.includes(words.format))
    problems.push(unknownName("--format", words.format, FORMAT_NAMES));
  const side = words.to ?? "blue";
  if (side !== "blue" && side !== "green") problems.push(unknownName("--to", side, ["blue", "green"]));
  const upstreams = readUpstreams(words.upstream, problems);
  const groups = readGroups(words, problems);
  const listen = readPort(words.listen ?? "443");
  if (listen === undefined) problems.push(`--listen is ${quoteFound(words.listen ?? "")}; wanted is a port`);
  const { hostname, certificate = DEFAULT_CERTIFICATE } = words;
  if (hostname !== undefined && (isIP(hostname) !== 0 || !HOST.test(hostname)))
    problems.push(`--hostname is ${quoteFound(hostname)}; wanted is the public name of Identity Server`);
  // It is written into files of other programs: nothing that means something there.
  if (!/^\/[A-Za-z0-9._/@+-]+[.]crt$/.test(certificate))
    problems.push(
      `--certificate is ${quoteFound(certificate)}; wanted is a whole path that ends in .crt, of plain characters`,
    );
  for (const name of ["listen", "certificate"] as const)
    if (KUBERNETES.includes(words.format) && words[name] !== undefined)
      problems.push(
        `--${name} means nothing for ${words.format}: its certificate is the Secret identity-tls`,
      );
  if (problems.length > 0 || listen === undefined) throw usage(problems);
  return {
    side: side === "green" ? "green" : "blue",
    upstreams,
    groups,
    ...(hostname === undefined ? {} : { hostname }),
    listen,
    certificate,
    certificateKey: certificate.replace(/[.]crt$/, ".key"),
  };
}

export const FORMAT_NAMES = Object.keys(FORMATS);
const KUBERNETES: readonly string[] = ["ingress-nginx", "gateway-api"];
const HOST = /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?([.][A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$/;

function readUpstreams(words: readonly string[], problems: string[]): readonly Upstream[] {
  if (words.length === 0)
    problems.push("--upstream is missing; wanted is HOST:PORT of each Identity Server node, e.g. is1:9443");
  const upstreams = words.flatMap((word): readonly Upstream[] => {
    const [, bracketed, plain, digits = ""] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(word) ?? [];
    const port = readPort(digits);
    const host = bracketed ?? plain ?? "";
    if (port !== undefined && (bracketed === undefined ? HOST.test(host) : isIPv6(host)))
      return [{ host, port }];
    problems.push(
      `--upstream is ${quoteFound(word)}; wanted is HOST:PORT, e.g. is1.example.com:9443 or [::1]:9443`,
    );
    return [];
  });
  const keys = upstreams.map(({ host, port }) => `${host.toLowerCase()} ${port}`);
  for (const word of words.filter(
    (_, i) => keys.indexOf(keys[i] ?? "") !== i && keys.length === words.length,
  ))
    problems.push(`--upstream names ${quoteFound(word)} twice`);
  return upstreams;
}

function readGroups(words: FrontWords, problems: string[]): Front["groups"] {
  const list = (flag: "with" | "without", known: readonly string[]): readonly string[] => {
    const names = (words[flag] ?? "").split(",").map((name) => name.trim());
    if (words[flag] === undefined) return [];
    for (const name of names.filter((one) => !known.includes(one)))
      problems.push(
        flag === "without" && name === "login"
          ? "--without names login, which every login needs"
          : unknownName(`--${flag}`, name, known),
      );
    return names;
  };
  const names = (isExtra: boolean): readonly string[] =>
    ENDPOINT_GROUPS.filter((group) => (group.isExtra ?? false) === isExtra).map(({ name }) => name);
  const added = list("with", names(true));
  const left = list(
    "without",
    names(false).filter((name) => name !== "login"),
  );
  return ENDPOINT_GROUPS.map((group) => ({
    ...group,
    isOpen: group.isExtra ? added.includes(group.name) : !left.includes(group.name),
  }));
}

function readPort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

function unknownName(flag: string, found: string, known: readonly string[]): string {
  return `${flag} names ${quoteFound(found)}; known are ${known.join(", ")}${didYouMean(nearestName(found, known))}`;
}

function usage(problems: readonly string[]): SyncError {
  return new SyncError("USAGE_INVALID", {
    what:
      problems.length === 1
        ? (problems[0] ?? "")
        : `${problems.length} options are wrong:\n${problems.map((text) => `  - ${text}`).join("\n")}`,
    next: "See `sync-tool endpoints --help`",
  });
}
