/**
 * PKCS#12 keystores, both those of JDK 17 (PBES2 with AES-256) and older ones (3DES, RC2), which OpenSSL 3 refuses to
 * open. Certificates and keys of other kinds than RSA are handed over as they are and judged by the caller.
 */
// biome-ignore lint/correctness/noUnresolvedImports: CommonJS; Node makes its module.exports the default export
import forge from "node-forge";
import type { KeystoreContent, KeystoreEntry } from "./keystore-entry.ts";
import { highestIterations, MAX_ITERATIONS } from "./pkcs12-iterations.ts";

const { asn1, pki } = forge;
const SEQUENCE_TAG = 0x30;

/** Whether the file begins as DER does; every PKCS#12 file is one DER sequence. */
export function isPkcs12(file: Buffer): boolean {
  return file.length > 4 && file[0] === SEQUENCE_TAG;
}

/**
 * Reads a PKCS#12 file. The format protects the keys with the store password; a key password that differs is not
 * something Java's keytool can write, so `openPrivateKey` takes either password that opened the store.
 */
export function readPkcs12(file: Buffer, storePassword: string): KeystoreContent {
  let parsed: forge.asn1.Asn1;
  try {
    parsed = asn1.fromDer(forge.util.createBuffer(file.toString("binary")));
  } catch {
    return { problem: "format" };
  }
  if (highestIterations(parsed) > MAX_ITERATIONS) return { problem: "iterations" };
  try {
    const store = forge.pkcs12.pkcs12FromAsn1(parsed, false, storePassword);
    return { entries: entriesOf(store.safeContents.flatMap((content) => content.safeBags)) };
  } catch (error) {
    // node-forge has no error codes. It checks the MAC before anything else, and this is what it says then; the
    // test of a wrong password notices when a new release says something else.
    const isPassword = error instanceof Error && /invalid password|wrong password/i.test(error.message);
    return { problem: isPassword ? "password" : "unsupported" };
  }
}

function entriesOf(bags: readonly forge.pkcs12.Bag[]): readonly KeystoreEntry[] {
  const certificates = bags.filter((bag) => bag.type === pki.oids["certBag"]);
  const keys = bags.filter(
    (bag) => bag.type === pki.oids["pkcs8ShroudedKeyBag"] || bag.type === pki.oids["keyBag"],
  );
  let unnamed = 0;
  // Java numbers entries that have no friendly name.
  const aliasOf = (bag: forge.pkcs12.Bag): string => attribute(bag, "friendlyName") ?? String(++unnamed);

  const keyEntries = keys.map((bag) => {
    const id = attribute(bag, "localKeyId");
    const own = certificates.filter((other) => id !== undefined && attribute(other, "localKeyId") === id);
    const pkcs8 = privateKeyDer(bag);
    return { alias: aliasOf(bag), certificates: own.map(certificateDer), openPrivateKey: () => pkcs8 };
  });
  const trusted = certificates.filter(
    (bag) => attribute(bag, "localKeyId") === undefined && attribute(bag, "friendlyName") !== undefined,
  );
  return [
    ...keyEntries,
    ...trusted.map((bag) => ({ alias: aliasOf(bag), certificates: [certificateDer(bag)] })),
  ];
}

function attribute(bag: forge.pkcs12.Bag, name: "friendlyName" | "localKeyId"): string | undefined {
  const attributes = bag.attributes as Readonly<Record<string, readonly string[] | undefined>> | undefined;
  return attributes?.[name]?.[0];
}

/** PKCS#8 DER. node-forge leaves `key` null when it is not an RSA key and keeps the structure in `asn1`. */
function privateKeyDer(bag: forge.pkcs12.Bag): Uint8Array {
  const structure = bag.key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(bag.key)) : bag.asn1;
  return Buffer.from(asn1.toDer(structure).getBytes(), "binary");
}

function certificateDer(bag: forge.pkcs12.Bag): Uint8Array {
  const structure = bag.cert ? pki.certificateToAsn1(bag.cert) : bag.asn1;
  return Buffer.from(asn1.toDer(structure).getBytes(), "binary");
}
