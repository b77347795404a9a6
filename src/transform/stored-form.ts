/**
 * Tells by its look in which form the server stored a token, code or secret. Used where no keys are configured, to
 * refuse what cannot be treated as plain text; reading the other forms is the business of `crypto/`.
 */
export type StoredForm = "plain" | "encrypted" | "hashed";

/** Base64 lengths of what an RSA key of 1024, 2048, 3072 or 4096 bits gives. */
const RSA_LENGTHS: ReadonlySet<number> = new Set([172, 344, 512, 684]);

/**
 * The form of a stored value. `hash` is the value's own hash column, if it has one: a server that stores hashes
 * only writes the same text into both columns.
 *
 * - hashed: equal to its hash column, or `{"hash":...}`
 * - encrypted: Base64 of a JSON object with text `c` (WSO2's self-contained form, 5.5.0 on), or Base64 exactly as long
 *   as an RSA cipher text (the bare form)
 * - plain: all else. AES without an envelope (symmetric encryption of 5.1.0-5.6.0) has no mark and counts as plain.
 */
export function storedForm(value: string, hash?: string | null): StoredForm {
  if (value === "") return "plain";
  if (value === hash || typeof jsonObject(value)?.["hash"] === "string") return "hashed";
  const bytes = base64Bytes(value);
  if (bytes === undefined) return "plain";
  if (RSA_LENGTHS.has(value.length) || isEnvelope(bytes)) return "encrypted";
  return "plain";
}

/** True when the value is stored encrypted or hashed, so that it cannot be used as the token itself. */
export function looksEncrypted(value: string, hash?: string | null): boolean {
  return storedForm(value, hash) !== "plain";
}

/** The JSON object that `text` is, or undefined. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

function isEnvelope(bytes: Buffer): boolean {
  return typeof jsonObject(bytes.toString("utf8"))?.["c"] === "string";
}

function base64Bytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64");
  // Buffer passes over what is not Base64; only canonical text comes back the same.
  return bytes.toString("base64") === text ? bytes : undefined;
}
