/** What the readers of a WSO2 server's home directory share: findings that are collected, and text resolved or not. */
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { KeystoreSettings } from "./keystore.ts";
import type { Processor } from "./profile.ts";

/** Something in the home directory that cannot be used; never a value of it. */
export interface HomeProblem {
  readonly file: string;
  /** The setting as the file spells it. */
  readonly key: string;
  readonly what: string;
}

/** Collects the problems of one file. */
export interface HomeFile {
  readonly path: string;
  report(key: string, what: string): void;
}

/** The file's text, or undefined when there is none; one that is there but unreadable is a problem. */
export function readHomeFile(file: HomeFile): string | undefined {
  if (!existsSync(file.path)) return undefined;
  try {
    return readFileSync(file.path, "utf8");
  } catch (error) {
    file.report("", `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})`);
    return undefined;
  }
}

/** The processor behind a class name of `org.wso2.carbon.identity.oauth.tokenprocessor`; blank means plain. */
export function processorOf(className: string, file: HomeFile, key: string): Processor | undefined {
  switch (className.trim().split(".").at(-1)) {
    case "":
    case "PlainTextPersistenceProcessor":
      return "plain";
    case "EncryptionDecryptionPersistenceProcessor":
      return "encrypted";
    case "HashingPersistenceProcessor":
      return "hashed";
    default:
      file.report(
        key,
        `${className} is not one of WSO2's own processors; say how it stores tokens in sync.properties`,
      );
      return undefined;
  }
}

/** Whether a class name is that of the symmetric or the keystore based provider; undefined for neither. */
export function encryptionOf(className: string): "symmetric" | "asymmetric" | undefined {
  if (className.endsWith("SymmetricKeyInternalCryptoProvider")) return "symmetric";
  return className.endsWith("KeyStoreBasedInternalCryptoProvider") ? "asymmetric" : undefined;
}

/** Raw texts of a keystore's settings, with the names they have in the file. */
export interface KeystoreTexts {
  readonly path: string;
  readonly alias: string | undefined;
  readonly storePassword: string | undefined;
  readonly keyPassword: string | undefined;
}

/**
 * A keystore's settings, or undefined with the missing ones reported. The type is left to the content of the file:
 * Java opens JKS and PKCS#12 under either name, so what the server is configured with says little.
 */
export function keystoreOf(texts: KeystoreTexts, file: HomeFile, key: string): KeystoreSettings | undefined {
  const { path, alias, storePassword, keyPassword } = texts;
  if (alias === undefined) file.report(key, "has no alias that can be read");
  if (storePassword === undefined) file.report(key, "has no password that can be read");
  if (alias === undefined || storePassword === undefined) return undefined;
  return { path, alias, storePassword, ...(keyPassword === undefined ? {} : { keyPassword }) };
}

/** A path below the home directory, unless it is absolute; `${carbon.home}` is that directory. */
export function homePath(home: string, text: string, folder = ""): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: WSO2's files hold it in just this form
  const path = text.replaceAll("${carbon.home}", home);
  return isAbsolute(path) || path.startsWith(home) ? path : join(home, folder, path);
}
