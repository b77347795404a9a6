/**
 * Java's own keystore format, versions 1 and 2, as the JDK's `sun.security.provider.JavaKeyStore` and `KeyProtector`
 * write it. Both passwords are checked by a SHA-1 digest, so a wrong one is known for certain.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { KeystoreContent, KeystoreEntry } from "./keystore-entry.ts";

const MAGIC = 0xfeedfeed;
const DIGEST_BYTES = 20;
const PRIVATE_KEY_ENTRY = 1;
const CERTIFICATE_ENTRY = 2;
/** The word that the JDK mixes into the digest of the whole file. */
const INTEGRITY_SALT = "Mighty Aphrodite";
/** DER of the algorithm identifier 1.3.6.1.4.1.42.2.17.1.1 of Sun's key protector, without its parameters. */
const KEY_PROTECTOR_OID = Buffer.from("060a2b060104012a02110101", "hex");

/** Whether the file begins as a JKS keystore does. */
export function isJks(file: Buffer): boolean {
  return file.length > 12 && file.readUInt32BE(0) === MAGIC;
}

/** Reads a JKS file and checks the store password; the private keys stay closed until their password is given. */
export function readJks(file: Buffer, storePassword: string): KeystoreContent {
  if (!isJks(file)) return { problem: "format" };
  const body = file.subarray(0, -DIGEST_BYTES);
  let entries: readonly KeystoreEntry[];
  try {
    entries = readEntries(body);
  } catch (error) {
    if (error instanceof RangeError) return { problem: "format" };
    throw error;
  }
  const digest = sha1(passwordBytes(storePassword), Buffer.from(INTEGRITY_SALT), body);
  return timingSafeEqual(digest, file.subarray(-DIGEST_BYTES)) ? { entries } : { problem: "password" };
}

function readEntries(body: Buffer): readonly KeystoreEntry[] {
  const reader = bodyReader(body);
  reader.uint32();
  const version = reader.uint32();
  if (version !== 1 && version !== 2) throw new RangeError("unknown version");
  const readCertificate = (): Uint8Array => {
    if (version === 2) reader.text(); // the certificate type, always X.509
    return reader.bytes(reader.uint32());
  };
  return Array.from({ length: checkedCount(reader.uint32(), body) }, () => {
    const tag = reader.uint32();
    const alias = reader.text();
    reader.bytes(8); // the date of creation
    if (tag === CERTIFICATE_ENTRY) return { alias, certificates: [readCertificate()] };
    if (tag !== PRIVATE_KEY_ENTRY) throw new RangeError("unknown entry");
    const protectedKey = reader.bytes(reader.uint32());
    const certificates = Array.from({ length: checkedCount(reader.uint32(), body) }, readCertificate);
    return { alias, certificates, openPrivateKey: (password: string) => unprotect(protectedKey, password) };
  });
}

/** A damaged count must not make an array of four thousand million places. */
function checkedCount(count: number, body: Buffer): number {
  if (count > body.length) throw new RangeError("count beyond the file");
  return count;
}

/** Reads big-endian fields in order; beyond the end it throws RangeError, as Buffer does. */
function bodyReader(body: Buffer) {
  let at = 0;
  const bytes = (length: number): Buffer => {
    if (at + length > body.length) throw new RangeError("beyond the end");
    at += length;
    return body.subarray(at - length, at);
  };
  const uint32 = (): number => bytes(4).readUInt32BE();
  return { bytes, uint32, text: () => bytes(bytes(2).readUInt16BE()).toString("utf8") };
}

/** Opens Sun's key protector: 20 bytes of salt, the key XORed with a chain of SHA-1 digests, 20 bytes of check. */
function unprotect(protectedKey: Buffer, password: string): Uint8Array | undefined {
  if (!protectedKey.subarray(0, 64).includes(KEY_PROTECTOR_OID)) return undefined;
  const outer = derContent(protectedKey, 0);
  const sealed = derContent(protectedKey, derContent(protectedKey, outer.start).end);
  const salt = protectedKey.subarray(sealed.start, sealed.start + DIGEST_BYTES);
  const cipher = protectedKey.subarray(sealed.start + DIGEST_BYTES, sealed.end - DIGEST_BYTES);
  const check = protectedKey.subarray(sealed.end - DIGEST_BYTES, sealed.end);

  const secret = passwordBytes(password);
  const key = Buffer.from(cipher);
  let block: Buffer = salt;
  for (let at = 0; at < key.length; at += DIGEST_BYTES) {
    block = sha1(secret, block);
    for (const [i, byte] of block.subarray(0, key.length - at).entries()) {
      key[at + i] = (key[at + i] ?? 0) ^ byte;
    }
  }
  return check.length === DIGEST_BYTES && timingSafeEqual(sha1(secret, key), check) ? key : undefined;
}

/** Bounds of the content of the DER element at an offset. */
function derContent(der: Buffer, at: number): { readonly start: number; readonly end: number } {
  const first = der.readUInt8(at + 1);
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
  const start = at + 2 + lengthBytes;
  return { start, end: start + length };
}

/** Java gives passwords to JKS as UTF-16, high byte first, without a byte order mark. */
function passwordBytes(password: string): Buffer {
  return Buffer.from(password, "utf16le").swap16();
}

function sha1(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash("sha1");
  for (const part of parts) hash.update(part);
  return hash.digest();
}
