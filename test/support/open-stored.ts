/** Opens what a 5.11.0 server would open, with node:crypto alone: the product's own readers could share a fault. */
import { constants, createDecipheriv, type KeyObject, privateDecrypt } from "node:crypto";

const json = (base64: string): Record<string, string> =>
  JSON.parse(Buffer.from(base64, "base64").toString("utf8")) as Record<string, string>;
const bytes = (base64: string | undefined): Buffer => Buffer.from(base64 ?? "", "base64");

/** The plaintext of an AES/GCM envelope; throws when the tag does not fit. */
export function openSymmetric(value: string, key: KeyObject): string {
  const envelope = json(value);
  if (envelope["t"] !== "AES/GCM/NoPadding") throw new Error("not an AES/GCM envelope");
  const { cipher, initializationVector } = json(envelope["c"] ?? "");
  const sealed = bytes(cipher);
  const size = (key.symmetricKeySize ?? 0) * 8;
  const decipher = createDecipheriv(`aes-${size}-gcm` as "aes-256-gcm", key, bytes(initializationVector));
  decipher.setAuthTag(sealed.subarray(-16));
  return decipher.update(sealed.subarray(0, -16), undefined, "utf8") + decipher.final("utf8");
}

/** The plaintext of an RSA-OAEP (SHA-1) envelope. */
export function openAsymmetric(value: string, key: KeyObject): string {
  const envelope = json(value);
  if (envelope["t"] !== "RSA/ECB/OAEPwithSHA1andMGF1Padding") throw new Error("not an OAEP envelope");
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return privateDecrypt({ key, padding, oaepHash: "sha1" }, bytes(envelope["c"])).toString("utf8");
}
