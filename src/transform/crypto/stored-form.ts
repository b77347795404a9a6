/**
 * Tells in which form a token, code or TOTP secret is stored, by its content alone: updates move WSO2's components
 * inside one server version, and a table may hold rows of several forms after a key rotation.
 */
import { decodeBase64 } from "./base64.ts";

export type StoredForm =
  | { readonly kind: "plain" }
  /** Lower-case hex of the length of a digest: IS 5.5.0 and 5.6.0. A plain token may look the same. */
  | { readonly kind: "hash-hex"; readonly hash: string }
  /** IS 5.7.0 and later. */
  | { readonly kind: "hash-json"; readonly hash: string; readonly algorithm: string }
  /** Base64 of ciphertext alone, as long as an RSA modulus. May also be AES. */
  | { readonly kind: "bare-rsa"; readonly cipher: Buffer }
  /** Base64 of whole AES blocks. A plain token may look the same. */
  | { readonly kind: "bare-aes"; readonly cipher: Buffer }
  | {
      readonly kind: "rsa-envelope";
      readonly cipher: Buffer;
      readonly transformation: string;
      /** Upper-case hex; information only, some kernels name the wrong keystore. */
      readonly thumbprint: string | undefined;
    }
  /** `cipher` ends with the 16 bytes of the tag; it is empty for an empty plaintext. */
  | { readonly kind: "gcm-envelope"; readonly cipher: Buffer; readonly iv: Buffer }
  | { readonly kind: "aes-envelope"; readonly cipher: Buffer }
  /** An envelope whose content does not fit its own transformation, or with one that is not known. */
  | { readonly kind: "broken-envelope" };

const AES_BLOCK_BYTES = 16;
/** Moduli of 1024, 2048, 3072 and 4096 bits: taken for RSA even when no key of that length is at hand. */
const COMMON_MODULUS_BYTES: readonly number[] = [128, 256, 384, 512];
/** Hex digits of MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512. */
const DIGEST_HEX_LENGTHS: readonly number[] = [32, 40, 56, 64, 96, 128];

/** Recognises a stored value; `modulusBytes` are the lengths of the keys at hand. */
export function recogniseStored(value: string, modulusBytes: readonly number[] = []): StoredForm {
  if (value.startsWith("{")) return hashJson(value) ?? { kind: "plain" };
  if (DIGEST_HEX_LENGTHS.includes(value.length) && /^[0-9a-f]+$/.test(value)) {
    return { kind: "hash-hex", hash: value };
  }
  const bytes = decodeBase64(value);
  if (bytes === undefined || bytes.length === 0) return { kind: "plain" };
  const envelope = parseObject(bytes);
  if (envelope !== undefined && typeof envelope["c"] === "string")
    return openEnvelope(envelope["c"], envelope);
  if (COMMON_MODULUS_BYTES.includes(bytes.length) || modulusBytes.includes(bytes.length)) {
    return { kind: "bare-rsa", cipher: bytes };
  }
  return bytes.length % AES_BLOCK_BYTES === 0 ? { kind: "bare-aes", cipher: bytes } : { kind: "plain" };
}

function hashJson(value: string): StoredForm | undefined {
  const { hash, algorithm } = parseObject(Buffer.from(value)) ?? {};
  if (typeof hash !== "string" || typeof algorithm !== "string") return undefined;
  return { kind: "hash-json", hash, algorithm };
}

const OPENING_BRACE = 0x7b;

type JsonObject = Readonly<Record<string, unknown>>;

function parseObject(bytes: Buffer): JsonObject | undefined {
  if (bytes[0] !== OPENING_BRACE) return undefined;
  try {
    return JSON.parse(bytes.toString("utf8")) as JsonObject;
  } catch {
    return undefined;
  }
}

/** The envelope's members: `c` ciphertext, `t` JCA transformation, `tp` thumbprint; `iv` is a copy nobody reads. */
function openEnvelope(c: string, { t, tp }: JsonObject): StoredForm {
  const transformation = typeof t === "string" ? t : "RSA"; // absent `t` means raw RSA
  const cipher = decodeBase64(c);
  if (cipher === undefined) return { kind: "broken-envelope" };
  switch (transformation.toUpperCase().split("/", 2).join("/")) {
    case "AES/GCM":
      return openGcm(cipher);
    case "AES":
    case "AES/ECB":
      return { kind: "aes-envelope", cipher };
    default: {
      if (!/^RSA(\/|$)/i.test(transformation)) return { kind: "broken-envelope" };
      const thumbprint = typeof tp === "string" ? tp.toUpperCase() : undefined;
      return { kind: "rsa-envelope", cipher, transformation, thumbprint };
    }
  }
}

/** AES/GCM nests another JSON object with the ciphertext and the IV that the server really uses. */
function openGcm(bytes: Buffer): StoredForm {
  const inner = parseObject(bytes);
  if (inner === undefined) return { kind: "broken-envelope" };
  const { cipher, initializationVector } = inner;
  const cipherBytes = typeof cipher === "string" ? decodeBase64(cipher) : undefined;
  const iv = typeof initializationVector === "string" ? decodeBase64(initializationVector) : undefined;
  if (cipherBytes === undefined || iv === undefined || iv.length === 0) return { kind: "broken-envelope" };
  return { kind: "gcm-envelope", cipher: cipherBytes, iv };
}
