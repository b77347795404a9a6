/**
 * Decodes standard Base64 with padding and without line breaks, the only form WSO2 writes; undefined for anything
 * else. Node's own decoder skips what it does not know, which would make ciphertext of any text.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  // Rejects set bits behind the last byte, which no encoder writes.
  return bytes.toString("base64") === text ? bytes : undefined;
}
