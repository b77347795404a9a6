/** Token settings of servers before 5.9.0: carbon.xml, identity.xml and symmetric-key.properties. */
import { join } from "node:path";
import { XMLParser } from "fast-xml-parser";
import {
  encryptionOf,
  type HomeFile,
  homePath,
  keystoreOf,
  processorOf,
  readHomeFile,
} from "./home-values.ts";
import type { SideKeySettings, SymmetricKeySettings } from "./key-config.ts";
import type { KeystoreSettings } from "./keystore.ts";

/** An attribute that says: the text is a stand-in, the real one is in WSO2's Secure Vault. */
const SECRET_ALIAS = "@svns:secretAlias";

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  alwaysCreateTextNode: true,
  parseTagValue: false, // passwords and keys made of digits stay text
  processEntities: true,
});

type XmlNode = Readonly<Record<string, unknown>>;

/** Reads carbon.xml and identity.xml; undefined when there is no carbon.xml. */
export function readHomeXml(home: string, open: (path: string) => HomeFile): SideKeySettings | undefined {
  const carbonFile = open(join(home, "repository/conf/carbon.xml"));
  const carbonText = readHomeFile(carbonFile);
  if (carbonText === undefined) return undefined;
  const carbon = xmlReader(carbonText, carbonFile);

  const stores = [keystore("InternalKeyStore", home, carbon), keystore("KeyStore", home, carbon)];
  const provider = carbon.text("Server/CryptoService/InternalCryptoProviderClassName");
  const secret = carbon.text("Server/CryptoService/Secret");
  const symmetricKeys: readonly SymmetricKeySettings[] = [
    ...(secret === undefined ? [] : [{ text: secret }]),
    ...legacySymmetricKey(home, carbon, open),
  ];
  return {
    ...tokenSettings(home, open),
    encryption: (provider && encryptionOf(provider)) || "asymmetric",
    keystores: distinct(stores),
    symmetricKeys,
  };
}

interface XmlReader {
  readonly file: HomeFile;
  /** Trimmed text at a path of element names; undefined when absent, blank, or out of reach (which is reported). */
  text(path: string): string | undefined;
}

function xmlReader(text: string, file: HomeFile): XmlReader {
  const root = parseXml(text, file);
  return {
    file,
    text: (path) => {
      const node = nodeAt(root, path);
      if (node === undefined) return undefined;
      if (node[SECRET_ALIAS] !== undefined) {
        file.report(path, "is in the Secure Vault of the server; give it in sync.properties");
        return undefined;
      }
      const raw = String(node["#text"] ?? "").trim();
      return raw === "" ? undefined : raw;
    },
  };
}

function parseXml(text: string, file: HomeFile): unknown {
  try {
    return parser.parse(text, true);
  } catch {
    file.report("", "is not valid XML");
    return {};
  }
}

/** The first element at a path. Prefixes of namespaces are taken as part of the name; WSO2's files use none here. */
function nodeAt(root: unknown, path: string): XmlNode | undefined {
  let node: unknown = root;
  for (const name of path.split("/")) {
    const inner = typeof node === "object" && node !== null ? (node as XmlNode)[name] : undefined;
    node = Array.isArray(inner) ? inner[0] : inner;
  }
  return typeof node === "object" && node !== null ? (node as XmlNode) : undefined;
}

function keystore(
  element: "InternalKeyStore" | "KeyStore",
  home: string,
  { text, file }: XmlReader,
): KeystoreSettings | undefined {
  const path = `Server/Security/${element}`;
  const location = text(`${path}/Location`);
  if (location === undefined) return undefined;
  const texts = {
    path: homePath(home, location),
    alias: text(`${path}/KeyAlias`),
    storePassword: text(`${path}/Password`),
    keyPassword: text(`${path}/KeyPassword`),
  };
  return keystoreOf(texts, file, path);
}

function distinct(stores: readonly (KeystoreSettings | undefined)[]): readonly KeystoreSettings[] {
  const byKey = stores.flatMap((one) =>
    one ? [[`${one.path}\0${one.alias.toLowerCase()}`, one] as const] : [],
  );
  return [...new Map(byKey.toReversed()).values()].toReversed();
}

/** identity.xml lies in conf/ up to 5.0.0 and in conf/identity/ after. */
function tokenSettings(
  home: string,
  open: (path: string) => HomeFile,
): Pick<SideKeySettings, "processor" | "hashAlgorithm"> {
  for (const path of ["repository/conf/identity/identity.xml", "repository/conf/identity.xml"]) {
    const file = open(join(home, path));
    const content = readHomeFile(file);
    if (content === undefined) continue;
    const { text } = xmlReader(content, file);
    const key = "Server/OAuth/TokenPersistenceProcessor";
    const processor = processorOf(text(key) ?? "", file, key);
    const hashAlgorithm = text("Server/OAuth/HashAlgorithm");
    return { ...(processor && { processor }), ...(hashAlgorithm && { hashAlgorithm }) };
  }
  open(join(home, "repository/conf/identity/identity.xml")).report(
    "",
    "is missing; it says how tokens are stored",
  );
  return {};
}

/** Symmetric encryption of 5.1.0 to 5.6.0: bare AES with a key of its own file. */
function legacySymmetricKey(
  home: string,
  carbon: XmlReader,
  open: (path: string) => HomeFile,
): readonly SymmetricKeySettings[] {
  if (carbon.text("Server/SymmetricEncryption/IsEnabled") !== "true") return [];
  const file = open(join(home, "repository/resources/security/symmetric-key.properties"));
  const key = /^[ \t]*symmetric\.key[ \t]*[=:][ \t]*(.*?)[ \t\r]*$/m.exec(readHomeFile(file) ?? "")?.[1];
  if (key !== undefined && key !== "" && !key.startsWith("secretAlias:")) return [{ text: key }];
  file.report(
    "symmetric.key",
    "is missing or in the Secure Vault; give the symmetric key in sync.properties",
  );
  return [];
}
