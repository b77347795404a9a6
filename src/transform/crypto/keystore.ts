/** Opens the RSA key pair that a WSO2 server encrypts with, out of the keystore file it uses. */
import { createHash, createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { SyncError } from "../../errors.ts";
import type { KeystoreContent, KeystoreEntry } from "./keystore-entry.ts";
import { isJks, readJks } from "./keystore-jks.ts";
import { isPkcs12, readPkcs12 } from "./keystore-pkcs12.ts";
import { MAX_ITERATIONS } from "./pkcs12-iterations.ts";

export interface KeystoreSettings {
  readonly path: string;
  /** `JKS` or `PKCS12`, in any case. Left out: told by the content of the file. */
  readonly type?: string;
  /** Compared without regard to case, as Java does. */
  readonly alias: string;
  readonly storePassword: string;
  /** Default: the store password. */
  readonly keyPassword?: string;
}

/** An opened RSA key pair. It may be sent to a worker thread; printing it shows no key material. */
export interface RsaKey {
  readonly privateKey: KeyObject;
  readonly certificateDer: Uint8Array;
  /** SHA-1 of the certificate, upper-case hex: what `tp` of an envelope holds. */
  readonly thumbprint: string;
  /** Length of the modulus in bytes, which is the length of every ciphertext. */
  readonly modulusBytes: number;
}

/** The public half alone: enough to encrypt with, as a server's certificate gives it. */
export interface RsaCertificate extends Omit<RsaKey, "privateKey"> {
  readonly publicKey: KeyObject;
}

/**
 * Opens a certificate, PEM or DER.
 * @throws SyncError KEY_INVALID that names the file.
 */
export function openCertificate(path: string): RsaCertificate {
  const file = readKeystoreFile(path);
  try {
    const { publicKey, raw } = new X509Certificate(file);
    const { modulusLength } = publicKey.asymmetricKeyDetails ?? {};
    if (publicKey.asymmetricKeyType === "rsa" && modulusLength !== undefined)
      return {
        publicKey,
        certificateDer: raw,
        thumbprint: createHash("sha1").update(raw).digest("hex").toUpperCase(),
        modulusBytes: modulusLength / 8,
      };
  } catch {
    // Said below: what OpenSSL says of a file is of no use to an operator.
  }
  throw invalid(
    `The file ${path} is no RSA certificate, in PEM or DER`,
    "Export the server's certificate: `keytool -exportcert -rfc -alias ALIAS -keystore FILE`",
  );
}

type StoreType = "JKS" | "PKCS12";
const STORE_TYPES: Readonly<Record<string, StoreType>> = { JKS: "JKS", PKCS12: "PKCS12", P12: "PKCS12" };

/**
 * Opens the key pair under an alias.
 * @throws SyncError KEY_INVALID that names the file, the alias and what does not fit, never a password.
 */
export function openKeystore(settings: KeystoreSettings): RsaKey {
  const file = readKeystoreFile(settings.path);
  const entries = openedEntries(settings, readContent(settings, file));
  const entry = findEntry(settings, entries);
  return rsaKeyOf(settings, entry);
}

function readKeystoreFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? "unknown error";
    throw invalid(
      `The keystore ${path} cannot be read (${code})`,
      "Check the path and the permissions of the file",
      cause,
    );
  }
}

function readContent({ path, type, storePassword }: KeystoreSettings, file: Buffer): KeystoreContent {
  const found: StoreType | undefined = isJks(file) ? "JKS" : isPkcs12(file) ? "PKCS12" : undefined;
  const wanted = type === undefined ? found : STORE_TYPES[type.toUpperCase()];
  if (type !== undefined && wanted === undefined) {
    throw invalid(`The keystore type ${type} of ${path} is not supported`, CONVERT);
  }
  if (found === undefined) throw invalid(`The file ${path} is neither a JKS nor a PKCS12 keystore`, CONVERT);
  if (wanted !== found) {
    throw invalid(`The keystore ${path} is of type ${found}, not ${wanted}`, `Set its type to ${found}`);
  }
  return found === "JKS" ? readJks(file, storePassword) : readPkcs12(file, storePassword);
}

const CONVERT =
  "Give a JKS or PKCS12 keystore; `keytool -importkeystore -deststoretype PKCS12` converts other types";

function openedEntries({ path }: KeystoreSettings, content: KeystoreContent): readonly KeystoreEntry[] {
  if ("entries" in content) return content.entries;
  switch (content.problem) {
    case "password":
      throw invalid(
        `The store password does not open the keystore ${path}`,
        "Give the store password that the WSO2 server uses for this file",
      );
    case "format":
      throw invalid(`The keystore ${path} is damaged`, "Copy the file again, in binary mode");
    case "iterations":
      throw invalid(
        `The keystore ${path} asks for more than ${MAX_ITERATIONS} iterations to open it, as no Java server would`,
        "Copy the server's own file again, or make it anew with `keytool -importkeystore -deststoretype PKCS12`",
      );
    case "unsupported":
      throw invalid(`The keystore ${path} holds something that cannot be read`, CONVERT);
  }
}

function findEntry({ path, alias }: KeystoreSettings, entries: readonly KeystoreEntry[]): KeystoreEntry {
  const entry = entries.find((candidate) => candidate.alias.toLowerCase() === alias.toLowerCase());
  if (entry !== undefined) return entry;
  const names = entries.map((candidate) => candidate.alias).join(", ");
  throw invalid(
    `The keystore ${path} has no alias ${alias}; ${names === "" ? "it is empty" : `it has ${names}`}`,
    "Set the alias of the key that the WSO2 server encrypts with",
  );
}

function rsaKeyOf(settings: KeystoreSettings, entry: KeystoreEntry): RsaKey {
  const where = `Alias ${entry.alias} of the keystore ${settings.path}`;
  const [certificateDer] = entry.certificates;
  if (entry.openPrivateKey === undefined) {
    throw invalid(`${where} is a certificate without a private key`, "Name the alias of a private key");
  }
  const pkcs8 = entry.openPrivateKey(settings.keyPassword ?? settings.storePassword);
  if (pkcs8 === undefined) {
    throw invalid(
      `The key password does not open alias ${entry.alias} of the keystore ${settings.path}`,
      KEY_PASSWORD,
    );
  }
  const privateKey = parsePrivateKey(pkcs8);
  if (privateKey === undefined) throw invalid(`${where} holds a private key that cannot be read`, CONVERT);
  const modulusBits = privateKey.asymmetricKeyDetails?.modulusLength;
  if (privateKey.asymmetricKeyType !== "rsa" || modulusBits === undefined) {
    throw invalid(
      `${where} is a key of kind ${privateKey.asymmetricKeyType}, not RSA`,
      "Name the alias of an RSA key",
    );
  }
  if (certificateDer === undefined || !new X509Certificate(certificateDer).checkPrivateKey(privateKey)) {
    throw invalid(
      `${where} has no certificate that belongs to its private key`,
      "Import the key with its certificate",
    );
  }
  return {
    privateKey,
    certificateDer,
    thumbprint: createHash("sha1").update(certificateDer).digest("hex").toUpperCase(),
    modulusBytes: Math.ceil(modulusBits / 8),
  };
}

function parsePrivateKey(pkcs8: Uint8Array): KeyObject | undefined {
  try {
    return createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
  } catch {
    return undefined;
  }
}

const KEY_PASSWORD = "Give the key password; where none is given the store password is tried";

function invalid(what: string, next: string, cause?: unknown): SyncError {
  return new SyncError("KEY_INVALID", { what, next, ...(cause === undefined ? {} : { cause }) });
}
