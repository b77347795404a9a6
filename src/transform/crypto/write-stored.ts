/** Writes a value in the encrypted forms that WSO2 IS 5.11.0 reads and writes. */
import { constants, createCipheriv, type KeyObject, publicEncrypt, randomBytes } from "node:crypto";
import { gcmName } from "./aes-open.ts";
import { encryptingKey } from "./encrypting-key.ts";
import type { RsaCertificate, RsaKey } from "./keystore.ts";
import { encryptRaw } from "./raw-rsa.ts";

/** The transformation of the servers from 5.5.0 to 5.10.0, spelt as they write it. */
export const OAEP_SHA1 = "RSA/ECB/OAEPwithSHA1andMGF1Padding";
const AES_GCM = "AES/GCM/NoPadding";
const IV_BYTES = 16;
const TAG_BYTES = 16;
const OAEP_SHA1_OVERHEAD = 42;

/** AES/GCM envelope, member by member as crypto-service 1.1.9 writes it; the IV is random, so each call differs. */
export function writeSymmetric(plain: string, key: KeyObject): string {
  const iv = randomBytes(IV_BYTES);
  const initializationVector = iv.toString("base64");
  const inner = JSON.stringify({ cipher: sealGcm(plain, key, iv).toString("base64"), initializationVector });
  return toBase64(JSON.stringify({ c: toBase64(inner), t: AES_GCM, iv: initializationVector }));
}

/** The server leaves the ciphertext of an empty text empty, without a tag. */
function sealGcm(plain: string, key: KeyObject, iv: Buffer): Buffer {
  if (plain === "") return Buffer.alloc(0);
  const cipher = createCipheriv(gcmName(key), key, iv, { authTagLength: TAG_BYTES });
  return Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
}

/**
 * OAEP (SHA-1) envelope as the key store based provider writes it, or undefined when the text is longer than the key
 * allows: modulus length less 42 bytes. OAEP is randomised, so each call differs.
 */
export function writeAsymmetric(plain: string, key: RsaKey | RsaCertificate): string | undefined {
  const text = Buffer.from(plain, "utf8");
  if (text.length > key.modulusBytes - OAEP_SHA1_OVERHEAD) return undefined;
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const seal = (): Buffer => publicEncrypt({ key: encryptingKey(key), padding, oaepHash: "sha1" }, text);
  const c = plain === "" ? "" : seal().toString("base64");
  const json = JSON.stringify({ c, t: OAEP_SHA1, tp: key.thumbprint, tpd: "SHA-1" });
  // This envelope comes from a Gson that escapes for HTML; of the characters it escapes only `=` occurs here.
  return toBase64(json.replaceAll("=", "\\u003d"));
}

/**
 * Raw RSA as the servers up to 5.4.1 write it: the same text gives the same ciphertext, which is how they look a token up.
 * Undefined when the text is not shorter than the modulus.
 */
export function writeRawRsa(plain: string, key: RsaKey | RsaCertificate): string | undefined {
  if (Buffer.byteLength(plain, "utf8") >= key.modulusBytes) return undefined;
  return encryptRaw(plain, key).toString("base64");
}

function toBase64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
