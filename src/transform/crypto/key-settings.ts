/** From the keys `source.*` and `target.*` of sync.properties, and the servers' home directories, to key settings. */
import { dirname, isAbsolute, join } from "node:path";
import type { RawSetting, SyncConfig } from "../../config/sync-config.ts";
import { SyncError } from "../../errors.ts";
import { readHomeKeys } from "./home-config.ts";
import type { PlaceholderValues } from "./home-toml.ts";
import type { KeySettings, SideKeySettings, SymmetricKeySettings } from "./key-config.ts";
import type { KeystoreSettings } from "./keystore.ts";

type Side = "source" | "target";

/**
 * Reads how both servers store tokens. A setting given in sync.properties wins over the home directory's; keystores
 * given there replace all of the home's, and so do symmetric keys. Relative paths start from sync.properties.
 * @throws SyncError KEY_INVALID that lists every problem; no secret is in it.
 */
export function readKeySettings(
  config: Pick<SyncConfig, "extra" | "files">,
  placeholders: PlaceholderValues = {},
): KeySettings {
  const problems: string[] = [];
  const source = readSide("source", config, placeholders, problems);
  const target = readSide("target", config, placeholders, problems);
  if (problems.length === 0) return { source, target };
  throw new SyncError("KEY_INVALID", {
    what: `${problems.length === 1 ? "1 problem" : `${problems.length} problems`} with the settings of keys:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    next: "Correct the settings named above; nothing has been connected to or written",
  });
}

function readSide(
  side: Side,
  { extra, files }: Pick<SyncConfig, "extra" | "files">,
  placeholders: PlaceholderValues,
  problems: string[],
): SideKeySettings {
  const folder = dirname(files.properties);
  const path = (text: string): string => (isAbsolute(text) ? text : join(folder, text));
  const get = (key: string): string | undefined => extra.get(`${side}.${key}`)?.value;
  const choice = <T extends string>(key: string, choices: readonly T[]): T | undefined => {
    const setting = extra.get(`${side}.${key}`);
    const found = choices.find((one) => one === setting?.value);
    if (setting !== undefined && found === undefined) {
      problems.push(`${placeOf(setting)}${side}.${key}: wanted one of ${choices.join(", ")}`);
    }
    return found;
  };
  const home = get("home");
  const fromHome = home === undefined ? undefined : readHomeKeys(path(home), placeholders);
  const processor = choice("tokenProcessor", ["plain", "hashed", "encrypted"]);
  const hashAlgorithm = get("hashAlgorithm");
  const mixedRows = side === "source" ? choice("mixedRows", ["true", "false"]) : undefined;
  const encryption = side === "target" ? choice("encryption", ["symmetric", "asymmetric"]) : undefined;
  const certificate = side === "source" ? get("certificate") : undefined;
  const keystores = readKeystores(side, extra, path, problems);
  const symmetricKeys = readSymmetricKeys(side, extra);
  // What the home directory says badly does not matter where it is not asked.
  const isGiven = (key: string): boolean =>
    (processor !== undefined && /processor/i.test(key)) ||
    (hashAlgorithm !== undefined && /hash/i.test(key)) ||
    (keystores.length > 0 && /keystore/i.test(key)) ||
    (symmetricKeys.length > 0 && /encryption|symmetric/i.test(key));
  for (const { file, key, what } of fromHome?.problems ?? []) {
    if (!isGiven(key)) problems.push(`${file}: ${key === "" ? "" : `${key}: `}${what}`);
  }
  return {
    ...fromHome?.settings,
    ...(processor === undefined ? {} : { processor }),
    ...(hashAlgorithm === undefined ? {} : { hashAlgorithm }),
    ...(mixedRows === undefined ? {} : { mixedRows: mixedRows === "true" }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(certificate === undefined ? {} : { certificate: path(certificate) }),
    ...(keystores.length === 0 ? {} : { keystores }),
    ...(symmetricKeys.length === 0 ? {} : { symmetricKeys }),
  };
}

function readKeystores(
  side: Side,
  extra: SyncConfig["extra"],
  path: (text: string) => string,
  problems: string[],
): readonly KeystoreSettings[] {
  const prefixes = new Set(
    [...extra.keys()].flatMap(
      (key) => new RegExp(`^${side}\\.keystore(\\.\\d+)?(?=\\.\\D)`).exec(key)?.[0] ?? [],
    ),
  );
  return [...prefixes].flatMap((prefix) => {
    const get = (name: string): string | undefined => extra.get(`${prefix}.${name}`)?.value;
    const [file, alias, storePassword] = [get("path"), get("alias"), get("storePassword")];
    const missing = Object.entries({ path: file, alias, storePassword }).filter(([, value]) => !value);
    for (const [name] of missing) problems.push(`${prefix}.${name}: missing, a keystore needs it`);
    if (!file || !alias || !storePassword) return [];
    const [type, keyPassword] = [get("type"), get("keyPassword")];
    return {
      path: path(file),
      alias,
      storePassword,
      ...(type === undefined ? {} : { type }),
      ...(keyPassword === undefined ? {} : { keyPassword }),
    };
  });
}

const BASE64 = "base64:";

function readSymmetricKeys(side: Side, extra: SyncConfig["extra"]): readonly SymmetricKeySettings[] {
  return [...extra]
    .filter(([key]) => key.startsWith(`${side}.symmetricKey`))
    .map(([, { value }]) =>
      value.startsWith(BASE64) ? { text: value.slice(BASE64.length), encoding: "base64" } : { text: value },
    );
}

function placeOf({ file, line }: RawSetting): string {
  return file.startsWith("-D ") ? "" : `${file}${line === undefined ? "" : `:${line}`}: `;
}
