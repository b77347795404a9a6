/** Opens AES ciphertext of WSO2's symmetric providers. */
import { createDecipheriv, type KeyObject } from "node:crypto";
import { plausibleText } from "./plain-text.ts";

const TAG_BYTES = 16;

/**
 * AES/GCM: the last 16 bytes are the tag, always; any IV length (16 bytes in IS 5.11.0, 128 after its updates).
 * An empty ciphertext is an empty plaintext, without a tag.
 */
export function openGcm(cipher: Buffer, iv: Buffer, keys: readonly KeyObject[]): string | undefined {
  if (cipher.length === 0) return keys.length === 0 ? undefined : "";
  if (cipher.length < TAG_BYTES) return undefined;
  return firstText(keys, (key) => {
    const decipher = createDecipheriv(gcmName(key), key, iv, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(cipher.subarray(-TAG_BYTES));
    return [decipher.update(cipher.subarray(0, -TAG_BYTES)), decipher.final()];
  });
}

/** AES/ECB with PKCS#5 padding: `t` = `AES`, and the bare values of IS 5.1 to 5.6 with symmetric encryption. */
export function openEcb(cipher: Buffer, keys: readonly KeyObject[]): string | undefined {
  if (cipher.length === 0) return keys.length === 0 ? undefined : "";
  return firstText(keys, (key) => {
    const decipher = createDecipheriv(`aes-${bitsOf(key)}-ecb`, key, null);
    return [decipher.update(cipher), decipher.final()];
  });
}

/** Node's name of AES/GCM for the length of a key. */
export function gcmName(key: KeyObject): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  return `aes-${bitsOf(key)}-gcm`;
}

function bitsOf(key: KeyObject): 128 | 192 | 256 {
  switch (key.symmetricKeySize) {
    case 16:
      return 128;
    case 24:
      return 192;
    case 32:
      return 256;
    default:
      throw new Error("AES key of a length that the configuration does not let through");
  }
}

function firstText(
  keys: readonly KeyObject[],
  open: (key: KeyObject) => readonly Buffer[],
): string | undefined {
  for (const key of keys) {
    const parts = attempt(() => open(key));
    const text = parts && plausibleText(Buffer.concat(parts));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** OpenSSL throws on a wrong tag, padding or block length: made with another key, or damaged. */
function attempt<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    const isOpenSsl =
      error instanceof Error && ("code" in error || /unable to authenticate/i.test(error.message));
    if (isOpenSsl) return undefined;
    throw error;
  }
}
