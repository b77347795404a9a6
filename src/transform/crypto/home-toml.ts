/** Token settings of servers from 5.9.0 on: deployment.toml over the product's own defaults in default.json. */
import { join } from "node:path";
import { parse, TomlError } from "smol-toml";
import { placeholderResolver, type Resolve } from "../../config/placeholders.ts";
import {
  encryptionOf,
  type HomeFile,
  homePath,
  keystoreOf,
  processorOf,
  readHomeFile,
} from "./home-values.ts";
import type { SideKeySettings } from "./key-config.ts";
import type { KeystoreSettings } from "./keystore.ts";
import type { Processor } from "./profile.ts";
import { OAEP_SHA1 } from "./write-stored.ts";

/** Where the server keeps its keystores. */
const SECURITY_FOLDER = "repository/resources/security";

/** What `$env{NAME}` and `$sys{name}` stand for. */
export interface PlaceholderValues {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly sys?: ReadonlyMap<string, string>;
}

/** Keys of the form `a.b.c`, as default.json writes them, to their texts. */
type FlatSettings = ReadonlyMap<string, string>;

/** Reads deployment.toml; `open` makes the reporter of a file. Undefined when there is no such file. */
export function readHomeToml(
  home: string,
  { env = {}, sys = new Map() }: PlaceholderValues,
  open: (path: string) => HomeFile,
): SideKeySettings | undefined {
  const file = open(join(home, "repository/conf/deployment.toml"));
  const text = readHomeFile(file);
  if (text === undefined) return undefined;
  const document = parseToml(text, file);
  const resolve = placeholderResolver({ env, sys, document, envPlace: "the environment or a .env file" });
  const defaultsFile = open(join(home, "repository/resources/conf/default.json"));
  const settings = new Map([
    ...flatten(parseJson(readHomeFile(defaultsFile) ?? "{}", defaultsFile)),
    ...flatten(document),
  ]);
  const read = reader(settings, resolve, file);
  const processor = tokenProcessor(settings, read, file);
  const hashAlgorithm = read("oauth.hash_token_algorithm");
  return {
    ...(processor === undefined ? {} : { processor }),
    ...(hashAlgorithm === undefined ? {} : { hashAlgorithm }),
    ...encryptionSettings(read, file),
    keystores: keystores(home, read, file),
  };
}

type ReadText = (key: string) => string | undefined;

/** Reads one setting with its placeholders replaced; one that cannot be resolved is reported without its text. */
function reader(settings: FlatSettings, resolve: Resolve, file: HomeFile): ReadText {
  const read = (key: string, depth: number): string | undefined => {
    const raw = settings.get(key);
    if (raw === undefined) return undefined;
    const reference = /^\$ref\{([^}]+)\}$/.exec(raw)?.[1];
    // default.json chains references two deep; the bound stops a circle.
    if (reference !== undefined && depth < 8) return read(reference, depth + 1);
    const { text, problems } = resolve(raw);
    for (const problem of problems) file.report(key, problem);
    return problems.length === 0 ? text : undefined;
  };
  return (key) => read(key, 0);
}

/**
 * From 5.11.0 the class wins when it is set; without it `hash_tokens_and_secrets` chooses the hashing processor.
 * `token_storage_method` is the shorter spelling that WSO2's 5.11.0 documentation came to recommend.
 */
function tokenProcessor(settings: FlatSettings, read: ReadText, file: HomeFile): Processor | undefined {
  const key = "oauth.extensions.token_persistence_processor";
  const className = read(key);
  if (className !== undefined) return processorOf(className, file, key);
  if (settings.has(key)) return undefined; // its placeholder is reported
  const isHashed =
    read("oauth.token_storage_method") === "hashed" || read("oauth.hash_tokens_and_secrets") === "true";
  return isHashed ? "hashed" : "plain";
}

/** 5.9.0 and 5.10.0 know no `encryption.*`: their default is the keystore. */
function encryptionSettings(
  read: ReadText,
  file: HomeFile,
): Pick<SideKeySettings, "encryption" | "symmetricKeys"> {
  const provider = read("encryption.internal_crypto_provider");
  const encryption = provider === undefined ? undefined : encryptionOf(provider);
  if (provider !== undefined && encryption === undefined) {
    file.report("encryption.internal_crypto_provider", `${provider} is not one of WSO2's own providers`);
  }
  if (encryption === "asymmetric") {
    checkTransformation(read, file);
    return { encryption }; // the key of default.json is still there and nobody uses it
  }
  const key = read("encryption.key");
  if (key === undefined) return { encryption: encryption ?? "asymmetric" };
  return { encryption: "symmetric", symmetricKeys: [{ text: key }] };
}

/** Every envelope is read whatever its transformation; what is written is OAEP, which a server set to RSA reads too. */
function checkTransformation(read: ReadText, file: HomeFile): void {
  const key = "system.parameter.org.wso2.CipherTransformation";
  const transformation = read(key);
  if (transformation !== undefined && !/^RSA(\/|$)/i.test(transformation)) {
    file.report(
      key,
      `${transformation} does not go with the keystore based provider, which needs ${OAEP_SHA1}`,
    );
  }
}

/** The internal keystore first, for it encrypts from 5.7.0 on; then the primary one, which did before. */
function keystores(home: string, read: ReadText, file: HomeFile): readonly KeystoreSettings[] {
  const primary = keystore("keystore.primary", home, read, file, undefined);
  const internal = keystore("keystore.internal", home, read, file, primary);
  return [internal, primary].filter(
    (one, index, all): one is KeystoreSettings =>
      one !== undefined && all.findIndex((other) => isSame(other, one)) === index,
  );
}

function isSame(one: KeystoreSettings | undefined, other: KeystoreSettings): boolean {
  return one?.path === other.path && one.alias.toLowerCase() === other.alias.toLowerCase();
}

function keystore(
  table: string,
  home: string,
  read: ReadText,
  file: HomeFile,
  fallback: KeystoreSettings | undefined,
): KeystoreSettings | undefined {
  const name = read(`${table}.file_name`) ?? read(`${table}.name`);
  const storePassword = read(`${table}.password`) ?? fallback?.storePassword;
  if (name === undefined && fallback !== undefined) return fallback;
  if (name === undefined && storePassword === undefined) return undefined;
  return keystoreOf(
    {
      path: homePath(home, name ?? "wso2carbon.jks", SECURITY_FOLDER),
      alias: read(`${table}.alias`) ?? fallback?.alias ?? "wso2carbon",
      storePassword,
      keyPassword: read(`${table}.key_password`),
    },
    file,
    table,
  );
}

function parseToml(text: string, file: HomeFile): Readonly<Record<string, unknown>> {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The message of the parser quotes the line, which may hold a password.
    file.report("", `is not valid TOML at line ${error.line}`);
    return {};
  }
}

function parseJson(text: string, file: HomeFile): unknown {
  try {
    return JSON.parse(text);
  } catch {
    file.report("", "is not valid JSON");
    return {};
  }
}

function flatten(value: unknown, prefix = ""): readonly (readonly [string, string])[] {
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") {
    return [[prefix, String(value)]];
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    flatten(inner, prefix === "" ? key : `${prefix}.${key}`),
  );
}
