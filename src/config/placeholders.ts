/**
 * Placeholders of WSO2's configuration files: `$env{NAME}`, `$sys{name}` (here: `-D name=value`), `$ref{table.key}` of
 * deployment.toml and `$secret{alias}` from its `[secrets]`.
 */
import { nearestName } from "./nearest-name.ts";
import { firstLetters } from "./problem.ts";

export interface PlaceholderSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sys: ReadonlyMap<string, string>;
  /** The document that `$ref` and `$secret` look into. */
  readonly document: Readonly<Record<string, unknown>>;
  /** Where `$env` was looked for, for messages: `the environment or conf/.env`. */
  readonly envPlace: string;
}

export interface Resolved {
  readonly text: string;
  /** Sentences that name the placeholder and never a value. */
  readonly problems: readonly string[];
}

export type Resolve = (text: string) => Resolved;

const PLACEHOLDER = /\$(env|sys|ref|secret)\{([^}]*)\}/g;

export function hasPlaceholder(text: string): boolean {
  return text.search(PLACEHOLDER) >= 0;
}

/** The result resolves placeholders anywhere in a text, also those inside values that `$ref` and `$secret` lead to. */
export function placeholderResolver(sources: PlaceholderSources): Resolve {
  return (text) => {
    const problems: string[] = [];
    return { text: resolve(text, []), problems };

    function resolve(value: string, path: readonly string[]): string {
      return value.replace(PLACEHOLDER, (placeholder, kind: string, rawName: string) => {
        const name = rawName.trim();
        if (path.includes(placeholder)) {
          problems.push(`${[...path, placeholder].join(" -> ")} leads back to itself`);
          return "";
        }
        const found = lookUp(kind, name);
        if (typeof found === "string") {
          // Values of the environment are taken as they are: a password may look like a placeholder.
          return kind === "env" || kind === "sys" ? found : resolve(found, [...path, placeholder]);
        }
        problems.push(`$${kind}{${isShown(kind, name) ? name : firstLetters(name)}} ${found.problem}`);
        return "";
      });
    }
  };

  /** A secret may stand where a name belongs: shown are names that are known, or near to one, or look like nothing else. */
  function isShown(kind: string, name: string): boolean {
    const known =
      kind === "env"
        ? Object.keys(sources.env)
        : kind === "sys"
          ? [...sources.sys.keys()]
          : Object.keys(kind === "secret" ? tableOf(sources.document, "secrets") : sources.document);
    if (nearestName(name.split(".")[0] ?? "", known) !== undefined) return true;
    return kind === "env"
      ? /^[A-Z][A-Z_]*\d{0,2}$/.test(name)
      : kind === "sys" && /^[a-z]\w*(\.[a-z]\w*)+$/.test(name);
  }

  function lookUp(kind: string, name: string): string | { problem: string } {
    if (kind === "env") return sources.env[name] ?? { problem: `is set neither in ${sources.envPlace}` };
    if (kind === "sys")
      return (
        sources.sys.get(name) ?? {
          problem: `is not set, wanted -D ${isShown(kind, name) ? name : "name"}=VALUE`,
        }
      );
    if (kind === "secret") return readSecret(sources.document, name);
    const value = valueAt(sources.document, name.split("."));
    if (typeof value === "string") return value;
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    return { problem: "names no value in deployment.toml" };
  }
}

/**
 * WSO2 writes plain text in brackets, `alias = "[text]"`; its cipher tool then replaces it by encrypted Base64 without
 * brackets, which takes the server's keystore to read.
 */
function readSecret(
  document: Readonly<Record<string, unknown>>,
  alias: string,
): string | { problem: string } {
  const value = valueAt(document, ["secrets", alias]);
  if (typeof value !== "string") return { problem: "names no alias in [secrets]" };
  const plain = /^\[(.*)\]$/s.exec(value)?.[1];
  if (plain !== undefined) return plain;
  if (value.length >= 64 && /^[A-Za-z0-9+/=\s]+$/.test(value)) {
    return {
      problem:
        "is encrypted by WSO2's cipher tool, wanted its plain text in brackets, or $env{NAME} in its place",
    };
  }
  return value;
}

function tableOf(document: Readonly<Record<string, unknown>>, name: string): object {
  const table = valueAt(document, [name]);
  return typeof table === "object" && table !== null ? table : {};
}

function valueAt(document: Readonly<Record<string, unknown>>, path: readonly string[]): unknown {
  let value: unknown = document;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}
