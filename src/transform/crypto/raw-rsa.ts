/**
 * RSA without padding, as BouncyCastle's plain "RSA" does it, and PKCS#1 v1.5 taken off by hand: Node 20 refuses
 * RSA_PKCS1_PADDING for decryption because of its timing (CVE-2023-46809), which matters to a server that answers
 * strangers and not to a reader of its own database.
 */
import { constants, privateDecrypt, publicEncrypt } from "node:crypto";
import { encryptingKey } from "./encrypting-key.ts";
import type { RsaCertificate, RsaKey } from "./keystore.ts";

/** The block of modulus length that was encrypted, or undefined when the ciphertext does not fit the key. */
export function decryptRsaBlock(cipher: Buffer, key: RsaKey): Buffer | undefined {
  if (cipher.length !== key.modulusBytes) return undefined;
  try {
    return privateDecrypt({ key: key.privateKey, padding: constants.RSA_NO_PADDING }, cipher);
  } catch {
    return undefined; // the ciphertext is not below the modulus
  }
}

/** What raw RSA yields: the block without its leading zeros. */
export function unpadRaw(block: Buffer): Buffer {
  const start = block.findIndex((byte) => byte !== 0);
  return start === -1 ? Buffer.alloc(0) : block.subarray(start);
}

const PKCS1_MIN_PADDING = 8;

/** The message of a PKCS#1 v1.5 block `00 02 <8 or more non-zero bytes> 00 message`, or undefined. */
export function unpadPkcs1(block: Buffer): Buffer | undefined {
  if (block[0] !== 0 || block[1] !== 2) return undefined;
  const separator = block.indexOf(0, 2);
  return separator < 2 + PKCS1_MIN_PADDING ? undefined : block.subarray(separator + 1);
}

/** Raw RSA encryption: the same text always gives the same ciphertext. The text must be shorter than the modulus. */
export function encryptRaw(plain: string, key: RsaKey | RsaCertificate): Buffer {
  const text = Buffer.from(plain, "utf8");
  const block = Buffer.concat([Buffer.alloc(key.modulusBytes - text.length), text]);
  return publicEncrypt({ key: encryptingKey(key), padding: constants.RSA_NO_PADDING }, block);
}
